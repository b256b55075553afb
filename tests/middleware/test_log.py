"""The log link and the tracing link: what they say of a call, and what never stands in it."""

from __future__ import annotations

import logging
import sys

import pytest

from infisical import HttpRequest, InfisicalClient, InfisicalNetworkError, Jwt, UniversalAuth
from infisical.executors import ScriptedExecutor
from infisical.middleware.tracing import tracing
from tests.wire import answer

MADE = answer({"secret": {"id": "1", "secretKey": "S3CRET_NAME", "secretValue": "s3cr3t-value"}})
SICK = answer({"reqId": "req-1", "message": "s3cr3t-value is bad", "error": "Sick"}, 503)
MISSING = answer({"reqId": "req-2", "message": "no", "error": "NotFound"}, 404)
TEMPLATE = "/api/v4/secrets/{secretName}"


def ask(*script, write: bool = True, **settings):
    """One call whose clock goes on by half a second at each look."""
    ticks = iter(number / 2 for number in range(1000))
    client = InfisicalClient(
        executor=ScriptedExecutor(*script),
        auth=Jwt("t0ken"),
        clock=lambda: next(ticks),
        sleep=lambda _: None,
        **settings,
    )
    where = {"secret_name": "S3CRET_NAME", "project_id": "p", "environment": "dev"}
    if write:
        return client.secrets.create(secret_value="s3cr3t-value", **where)
    return client.secrets.get_by_name(**where)


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ([MADE], ("INFO", f"GET {TEMPLATE}: 200 in", "attempts: 1, request id: -")),
        ([SICK, MADE], ("INFO", f"GET {TEMPLATE}: 200 in", "attempts: 2, request id: -")),
        ([SICK] * 4, ("WARNING", f"GET {TEMPLATE}: 503 in", "attempts: 4, request id: req-1")),
        ([MISSING], ("INFO", f"GET {TEMPLATE}: 404 in", "attempts: 1, request id: req-2")),
        (
            [InfisicalNetworkError("no", reason="tls")],
            ("WARNING", f"GET {TEMPLATE}: InfisicalNetworkError (tls) in", "attempts: 1, request id: -"),
        ),
    ],
)
def test_a_call_is_one_line_of_the_log(caplog, script, line):
    caplog.set_level(logging.INFO, "infisical")
    ask(*script, write=False)
    [record] = caplog.records
    level, beginning, end = line

    assert (record.levelname, record.name) == (level, "infisical")
    assert record.getMessage().startswith(beginning)
    assert record.getMessage().endswith(end)


def test_no_name_value_or_token_stands_in_the_log(caplog):
    caplog.set_level(logging.DEBUG)
    ask(MADE)
    ask(SICK)
    written = "".join(record.getMessage() for record in caplog.records if record.name == "infisical")

    assert [secret for secret in ("S3CRET_NAME", "s3cr3t-value", "t0ken") if secret in written] == []
    assert written.count(TEMPLATE) == 2


@pytest.mark.parametrize("bad", ['"a\\nb"', "7", f'"{"x" * 200}"'])
def test_an_id_that_could_break_a_line_is_left_out(caplog, bad):
    caplog.set_level(logging.INFO, "infisical")
    ask(answer(f'{{"reqId": {bad}, "message": "no", "error": "NotFound"}}'.encode(), 404))

    assert caplog.records[0].getMessage().endswith("request id: -")


TOKEN = "tok-3n-of-the-session"


def logged(caplog, *script, **settings):
    """One call with INFO on, and the id that its last line shows."""
    caplog.set_level(logging.INFO, "infisical")
    settings.setdefault("auth", Jwt(TOKEN))
    client = InfisicalClient(executor=ScriptedExecutor(*script), sleep=lambda _: None, **settings)
    client.secrets.create(secret_name="K", secret_value="s3cr3t-value", project_id="p", environment="dev")
    return [record.getMessage().partition("request id: ")[2] for record in caplog.records]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("req-42", "req-42"),
        (TOKEN, "[redacted]"),
        (f"Bearer {TOKEN}", "Bearer [redacted]"),
        (f"req-{TOKEN}-1", "req-[redacted]-1"),
        ("s3cr3t-value", "[redacted]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[redacted]"),
    ],
)
def test_an_id_in_which_the_server_sends_a_secret_back_is_masked(caplog, sent, shown, status):
    body = {"secret": {"id": "1", "secretKey": "K", "secretValue": "v"}, "message": "m"}

    assert logged(caplog, answer(body, status, x_request_id=sent), retry=None) == [shown]


def test_the_same_for_an_id_in_a_body(caplog):
    body = {"reqId": f"{TOKEN}", "message": "m", "error": "Kind"}

    assert logged(caplog, answer(body, 400)) == ["[redacted]"]


def test_a_token_obtained_during_the_call_is_masked_in_the_log_and_in_the_error(caplog):
    caplog.set_level(logging.INFO, "infisical")
    said = answer({"message": "bad T2-obtained", "error": "Kind"}, 400, x_request_id="T2-obtained")
    refused = answer({"message": "no", "error": "TokenError"}, 403)
    script = [answer({"accessToken": "T1-obtained"}), refused, answer({"accessToken": "T2-obtained"}), said]
    client = InfisicalClient(executor=ScriptedExecutor(*script))
    client.login(UniversalAuth("i", "s3cr3t")).unwrap()
    error = client.secrets.list(project_id="p", environment="dev").failure()

    assert (error.message, error.request_id) == ("bad [redacted]", "[redacted]")
    assert caplog.records[-1].getMessage().endswith("request id: [redacted]")


LOGIN = "/api/v1/auth/universal-auth/login"


def lines(caplog):
    return [record.getMessage().partition(" in ")[0] for record in caplog.records if record.levelname == "INFO"]


def test_a_renewals_login_is_a_line_of_its_own(caplog):
    now = [0.0]
    script = [answer({"accessToken": f"T{n}", "expiresIn": 100}, x_request_id=f"T{n}") for n in (1, 2)]
    executor = ScriptedExecutor(script[0], script[1], answer({"secrets": []}))
    client = InfisicalClient(executor=executor, clock=lambda: now[0])
    client.login(UniversalAuth("i", "s")).unwrap()
    caplog.set_level(logging.INFO, "infisical")
    now[0] = 99.0
    client.secrets.list(project_id="p", environment="dev").unwrap()

    assert lines(caplog) == [f"POST {LOGIN}: 200", "GET /api/v4/secrets: 200"]
    assert caplog.records[0].getMessage().endswith("request id: [redacted]")


def test_a_first_login_that_waited_for_the_call_is_a_line_too(caplog):
    caplog.set_level(logging.INFO, "infisical")
    executor = ScriptedExecutor(answer({"accessToken": "T"}), answer({"secrets": []}))
    InfisicalClient(executor=executor, auth=UniversalAuth("i", "s")).secrets.list(project_id="p", environment="dev")

    assert lines(caplog) == [f"POST {LOGIN}: 200", "GET /api/v4/secrets: 200"]


def test_an_application_that_has_set_up_no_logging_sees_nothing(capsys):
    ask(InfisicalNetworkError("no", reason="tls"))

    assert capsys.readouterr() == ("", "")


# ---- spans
@pytest.fixture
def spans():
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))

    def made(*script, before=(), **how):
        ask(*script, middleware=[*before, tracing(provider)], **how)
        return exporter.get_finished_spans()

    return made


def test_a_call_is_one_span_by_the_conventions(spans):
    [span] = spans(SICK, MADE, write=False)

    assert (span.name, span.kind.name, span.status.status_code.name) == (f"GET {TEMPLATE}", "CLIENT", "UNSET")
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "server.address": "app.infisical.com",
        "server.port": 443,
        "url.scheme": "https",
        "url.template": TEMPLATE,
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
    }


@pytest.mark.parametrize(
    ("script", "kind"), [(MISSING, "404"), (InfisicalNetworkError("s3cr3t-value", reason="tls"), "tls")]
)
def test_a_failure_is_a_span_with_its_kind_and_no_message(spans, script, kind):
    [span] = spans(script)

    assert (span.attributes["error.type"], span.status.status_code.name) == (kind, "ERROR")
    assert [secret for secret in ("S3CRET_NAME", "s3cr3t-value", "t0ken") if secret in span.to_json()] == []


def test_without_opentelemetry_the_middleware_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(ImportError, match=r"tracing needs OpenTelemetry: pip install 'infisical-functional\[otel\]'"):
        tracing()


def test_an_http_request_of_no_endpoint_is_a_span_by_its_method_and_server(spans):
    def bare(request, following):
        return (yield from following(HttpRequest("GET", "http://vault.test/s3cr3t-path")))

    [span] = spans(MADE, before=[bare])

    assert (span.name, dict(span.attributes)) == (
        "GET",
        {
            "http.request.method": "GET",
            "server.address": "vault.test",
            "server.port": 80,
            "url.scheme": "http",
            "http.response.status_code": 200,
        },
    )
