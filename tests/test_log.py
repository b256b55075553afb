"""The log link and the tracing link: what they say of a call, and what never stands in it."""

from __future__ import annotations

import logging

import pytest

from infisical import InfisicalClient, InfisicalNetworkError, Jwt
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

    def made(*script, **how):
        ask(*script, middleware=[tracing(provider)], **how)
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
