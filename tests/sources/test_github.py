"""GitHub Actions: the token of a job, from the endpoint that the runner names."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import AsyncInfisicalClient, AuthenticationError, HttpRequest, InfisicalClient, InfisicalNetworkError
from infisical.executors import CassetteExecutor
from infisical.executors.memory import AsyncMemoryExecutor, MemoryExecutor
from infisical.memory import declare_keys
from infisical.server.serve import serving
from infisical.sources import Platform, github_actions
from infisical.sources.github import _add_audience
from infisical.testing.memory import MemoryClient
from infisical.testing.platforms import FakeGitHub, FakeOidcIssuer
from tests.sources.attempts import ACME, GRANTED, each_client
from tests.wire import answer

URL = "https://pipelines.example.com/idtoken?api-version=2.0"
REQUEST_TOKEN = "hush-request-token"
ENVIRON = {"ACTIONS_ID_TOKEN_REQUEST_URL": URL, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": REQUEST_TOKEN}
TOKEN = answer({"count": 5, "value": "a.b.c"})
HINT = (
    "the job is not a GitHub Actions job, or its workflow lacks `permissions: id-token: write` (a pull request from a "
    "fork never has it)"
)


def source(audience: str | None = None, environ: dict[str, str] = ENVIRON, **options: Any) -> Any:
    return github_actions("identity", audience, platform=Platform(environ=environ), **options)


# ---- what is sent
@each_client
@pytest.mark.parametrize(
    ("audience", "query"),
    [
        (None, ""),
        ("infisical", "&audience=infisical"),
        ("https://app/?a=1&b=ü c", "&audience=https%3A%2F%2Fapp%2F%3Fa%3D1%26b%3D%C3%BC%20c"),
    ],
)
def test_the_token_of_the_job_is_asked_for_and_sent(attempt, audience, query):
    done = attempt(source(audience, organization_slug="acme"), TOKEN, GRANTED)

    headers = (("Authorization", f"bearer {REQUEST_TOKEN}"), ("Accept", "application/json"))
    assert isinstance(done.answer, Success)
    assert done.sent[0] == HttpRequest("GET", f"{URL}{query}", headers, None, 10.0, 2**20)
    assert done.login == ("/api/v1/auth/oidc-auth/login", {"identityId": "identity", "jwt": "a.b.c", **ACME})


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://h/t", "https://h/t?audience=x"),
        ("https://h/t?", "https://h/t?audience=x"),
        ("https://h/t?a=1", "https://h/t?a=1&audience=x"),
        ("https://h/t?a=1&", "https://h/t?a=1&audience=x"),
    ],
)
def test_the_audience_is_added_to_any_form_of_url(url, whole):
    assert (_add_audience(url, "x"), _add_audience(url, None)) == (whole, url)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_audience_is_read_as_it_was_given(audience):
    query = parse_qs(urlsplit(_add_audience(URL, audience)).query, strict_parsing=True)

    assert query == {"api-version": ["2.0"], "audience": [audience]}


@each_client
def test_each_login_asks_again(attempt):
    one = source()

    assert [len(attempt(one, TOKEN, GRANTED).sent) for _ in range(2)] == [2, 2]


# ---- without GitHub
@each_client
@pytest.mark.parametrize(
    ("missing", "start"),
    [
        (["ACTIONS_ID_TOKEN_REQUEST_URL"], "ACTIONS_ID_TOKEN_REQUEST_URL is not set"),
        (["ACTIONS_ID_TOKEN_REQUEST_TOKEN"], "ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set"),
        (list(ENVIRON), "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN are not set"),
    ],
)
@pytest.mark.parametrize("empty", [False, True])
def test_without_its_variables_the_workflow_lacks_a_permission(attempt, missing, start, empty):
    replaced = dict.fromkeys(missing, "") if empty else {}
    environ = {**{name: value for name, value in ENVIRON.items() if name not in missing}, **replaced}

    done = attempt(source(environ=environ))

    assert (done.answer, done.sent) == (Failure(AuthenticationError(f"{start}: {HINT}")), [])


@each_client
@pytest.mark.parametrize(
    ("url", "mistake"),
    [
        ("http://h.example.com/t", "begins with http://, which would send the request token in clear text"),
        ("http://127.0.0.1.example.com/t", "begins with http://, which would send the request token in clear text"),
        ("http://169.254.169.254/t", "begins with http://, which would send the request token in clear text"),
        ("ftp://h/t", "is not a URL of the form https://host/path"),
        ("h.example.com/t", "is not a URL of the form https://host/path"),
        ("https:///t", "is not a URL of the form https://host/path"),
        ("https://user:hush@h/t", "has a user name or a fragment in it"),
        ("https://h/t#hush", "has a user name or a fragment in it"),
        ("https://h/t\n", "has a space, a control, a backslash or a non-ASCII character in it"),
        ("https://h\\@evil/t", "has a space, a control, a backslash or a non-ASCII character in it"),
        ("https://[::1/t", "has a host or port that cannot be read"),
        ("https://h:99999/t", "has a host or port that cannot be read"),
    ],
)
def test_the_request_token_is_sent_to_no_url_that_cannot_be_right(attempt, url, mistake):
    done = attempt(source(environ={**ENVIRON, "ACTIONS_ID_TOKEN_REQUEST_URL": url}))

    message = f"ACTIONS_ID_TOKEN_REQUEST_URL {mistake}: the request token is not sent there"
    assert (done.answer, done.sent) == (Failure(AuthenticationError(message)), [])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]:8080"])
@each_client
def test_loopback_may_be_asked_without_tls(attempt, host):
    url = f"http://{host}/t?a=1"
    done = attempt(source(environ={**ENVIRON, "ACTIONS_ID_TOKEN_REQUEST_URL": url}), TOKEN, GRANTED)

    assert done.sent[0].url == url


@each_client
def test_a_request_token_that_no_header_can_carry_is_a_failure(attempt):
    done = attempt(source(environ={**ENVIRON, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "hush\nhush"}))

    assert (done.message, done.sent) == (
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN has a character that no header can carry",
        [],
    )


# ---- answers without a token
NO_OBJECT = "with something that is no JSON object: a captive portal or another service may have answered"


@each_client
@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_an_authentication_error_with_the_status_and_a_remedy(attempt, status):
    done = attempt(source(), answer({"message": "hush"}, status))

    hint = "the request token is not valid outside of its running job, or the audience is not allowed"
    message = f"the token endpoint of GitHub Actions answered with status {status}: {hint}"
    assert (done.answer, len(done.sent)) == (Failure(AuthenticationError(message)), 1)


@each_client
def test_a_redirect_is_not_followed(attempt):
    done = attempt(source(), answer(b"", 302, location="https://evil.example.com"))

    assert done.message.startswith("the token endpoint of GitHub Actions answered with status 302: a redirect")
    assert len(done.sent) == 1


@each_client
def test_a_github_that_is_out_of_order_is_asked_three_times_and_is_a_network_error(attempt):
    done = attempt(source(), *[answer({"message": "hush"}, 503)] * 3)

    assert (done.answer, len(done.sent), done.waits) == (
        Failure(InfisicalNetworkError("the token endpoint of GitHub Actions answered with status 503", sent=False)),
        3,
        [0.2, 0.6],
    )


@each_client
def test_a_github_that_does_not_answer_is_a_network_error(attempt):
    error = InfisicalNetworkError("GET: no answer in 10 s", reason="timeout")

    done = attempt(source(), error, error, error)

    assert done.answer == Failure(InfisicalNetworkError("GET: no answer in 10 s", reason="timeout", sent=False))


@each_client
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>hush</html>", NO_OBJECT),
        (b'["hush"]', NO_OBJECT),
        (b'{"token": "hush"}', "without the text 'value'"),
        (b'{"value": null}', "without the text 'value'"),
        (b'{"value": ""}', "without the text 'value'"),
    ],
)
def test_an_answer_without_a_token_is_a_failure_without_its_body(attempt, body, reason):
    done = attempt(source(), answer(body))

    message = f"the token endpoint of GitHub Actions answered {reason}"
    assert done.answer == Failure(AuthenticationError(message))


@each_client
def test_a_token_with_a_line_break_in_it_is_a_failure_without_it(attempt):
    done = attempt(source(), answer({"value": "hush\nhush"}))

    assert done.message == (
        "the token endpoint of GitHub Actions gave a token with a space, a line break, a control or a non-ASCII "
        "character in it"
    )


# ---- against the fake GitHub, and a server that verifies its tokens
def trusting(github: FakeGitHub, memory: MemoryExecutor | None = None, **settings: Any) -> tuple[MemoryClient, str]:
    """A server in memory with an identity for jobs of this GitHub, and the id of the identity."""
    admin = MemoryClient(memory)
    identity = admin.identities.create(name="ci", organization_id=admin.memory.given.organization_id).unwrap()
    admin.identity_auth.oidc.attach(
        identity_id=identity.id,
        oidc_discovery_url=github.issuer.url,
        bound_issuer=github.issuer.url,
        **{"bound_claims": {"repository": "octo-org/*"}, "bound_audiences": "infisical", **settings},
    ).unwrap()
    admin.memory.change(lambda state, now: declare_keys(state, github.issuer.url, github.issuer.jwks, now=now))
    return admin, identity.id


def make_github(**options: Any) -> FakeGitHub:
    """A fake whose keys are quick to make."""
    return FakeGitHub(issuer=FakeOidcIssuer(url="https://token.actions.githubusercontent.com"), **options)


def log_in_blocking(admin: MemoryClient, source: Any, executor: Any = None) -> Any:
    return InfisicalClient(executor=executor or admin.memory).login(source)


def log_in_asyncio(admin: MemoryClient, source: Any, executor: Any = None) -> Any:
    async def main() -> Any:
        client = AsyncInfisicalClient(executor=AsyncMemoryExecutor(executor or admin.memory))
        return await client.login(source)

    return asyncio.run(main())


each_kind = pytest.mark.parametrize("log_in", [log_in_blocking, log_in_asyncio], ids=["blocking", "asyncio"])


@each_kind
def test_a_job_logs_in_with_a_token_that_the_server_verifies(log_in):
    github = make_github()
    admin, identity_id = trusting(github)
    one = github_actions(identity_id, "infisical", platform=Platform(environ=github.environ()), executor=github)

    assert log_in(admin, one).unwrap().token_type == "Bearer"
    github.repository = "evil/octo-repo"
    assert log_in(admin, one).failure().message == "Access denied: OIDC claim not allowed."


@pytest.mark.enable_socket
@each_kind
def test_a_job_logs_in_over_sockets(log_in):
    github = make_github()
    admin, identity_id = trusting(github)
    with serving(github) as url, serving(admin.memory) as server:
        one = github_actions(identity_id, "infisical", platform=Platform(environ=github.environ(url)))
        client = {"blocking": InfisicalClient, "asyncio": AsyncInfisicalClient}
        kind = client["asyncio" if log_in is log_in_asyncio else "blocking"](base_url=server)

        async def main() -> Any:
            async with kind as opened:
                return await opened.login(one)

        if log_in is log_in_asyncio:
            answered = asyncio.run(main())
        else:
            with kind as opened:
                answered = opened.login(one)

    assert answered.unwrap().token_type == "Bearer"
    assert [request.method for request in github.sent] == ["GET"]


def test_nothing_of_an_exchange_is_in_logs_errors_or_recordings(tmp_path, caplog):
    github = make_github()
    admin, identity_id = trusting(github)

    def route(request: HttpRequest) -> Any:
        return (github if "pipelines" in request.url else admin.memory)(request)

    caplog.set_level(logging.DEBUG)
    tape = tmp_path / "exchange.yaml"
    recording = CassetteExecutor(tape, mode="all", inner=route)
    client = InfisicalClient(executor=recording)
    one = github_actions(identity_id, "infisical", platform=Platform(environ=github.environ()))
    granted = client.login(one).unwrap()
    github.repository = "evil/octo-repo"
    refused = client.login(one).failure()
    github.status = 403
    forbidden = client.login(one).failure()
    github.status, github.body = 200, github.tokens[0].encode()
    broken = client.login(one).failure()
    written = tape.read_text()
    shown = "".join([caplog.text, *map(repr, (one, refused, forbidden, broken, refused.__cause__))])

    secrets = [*github.secrets, granted.access_token]
    assert [secret for secret in secrets if secret in written + shown] == []
    assert len(re.findall("(?m)^- request", written)) == 6
    assert len(github.tokens) == 2
