"""Login sources in a client: where one is taken, how often it is asked, and what becomes of its mistakes."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    AuthenticationError,
    HttpRequest,
    InfisicalClient,
    InfisicalNetworkError,
    LoginResponse,
    Response,
    UnauthorizedError,
    UniversalAuth,
)
from infisical.executors import ScriptedExecutor
from infisical.flow import call, send
from infisical.login import LoginSource
from infisical.wiring import find_login_mistake
from tests.sources.attempts import each_client
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
METHOD = UniversalAuth("id", "hush")
PLATFORM = HttpRequest("GET", "https://platform.example.com/token")
WRONG = answer({"message": "Invalid credentials", "error": "UnauthorizedError"}, 401)


def granted(token: str) -> Response:
    return answer({"accessToken": token, "expiresIn": 7200})


class Source:
    """A source that counts how often it is asked; `find` is its flow."""

    def __init__(self, find: Callable[[], Any] = lambda: Success(METHOD)) -> None:
        self.find, self.asked = find, 0

    def find_login(self) -> Any:
        self.asked += 1
        result = yield from call(self.find)
        return result.unwrap() if isinstance(result, Success) else Failure(AuthenticationError("no file"))


def connect(*script: Any, **settings: Any) -> tuple[InfisicalClient, ScriptedExecutor, list[float]]:
    now = [0.0]
    executor = ScriptedExecutor(*script)
    return InfisicalClient(retry=None, executor=executor, clock=lambda: now[0], **settings), executor, now


def summary(requests: list[HttpRequest]) -> list[str]:
    return [
        "login" if request.url.endswith("/login") else dict(request.headers).get("Authorization", "nothing")
        for request in requests
    ]


# ---- where one is taken
def hold_as_auth(source: LoginSource, *script: Any) -> Any:
    return connect(*script, auth=source)


def hold_after_login(source: LoginSource, *script: Any) -> Any:
    client, executor, now = connect(*script)
    client.login(source).unwrap()
    return client, executor, now


def hold_as_renewal(source: LoginSource, *script: Any) -> Any:
    client, executor, now = connect(*script)
    client.set_access_token("T1", expires_in=7200, renew=source)
    return client, executor, now


@pytest.mark.parametrize(
    "wrap", [lambda source: source, lambda source: lambda: source], ids=["source", "factory of a source"]
)
@pytest.mark.parametrize("hold", [hold_as_auth, hold_after_login, hold_as_renewal])
def test_a_source_is_asked_again_for_every_login(hold, wrap):
    source = Source()
    logins = [] if hold is hold_as_renewal else [granted("T1")]
    client, executor, now = hold(wrap(source), *logins, LISTED, granted("T2"), LISTED)
    for now[0] in (0.0, 7200.0):
        client.secrets.list(**WHERE).unwrap()

    assert summary(executor.sent)[-3:] == ["Bearer T1", "login", "Bearer T2"]
    assert source.asked == len(logins) + 1


def test_the_asyncio_client_takes_a_source_and_a_coroutine_function_that_returns_one():
    source = Source()

    async def make() -> Source:
        return source

    async def main() -> list[Any]:
        answers = []
        for auth in (source, lambda: source, make):

            async def execute(request: HttpRequest) -> Any:
                return Success(granted("T1") if request.url.endswith("/login") else LISTED)

            client = AsyncInfisicalClient(retry=None, executor=execute, auth=auth)
            answers.append(await client.secrets.list(**WHERE))
        return answers

    assert [type(one) for one in asyncio.run(main())] == [Success] * 3
    assert source.asked == 3


def test_a_source_may_bring_a_token():
    client, executor, _ = connect(LISTED, auth=Source(lambda: Success(LoginResponse(access_token="T7", expires_in=60))))
    client.secrets.list(**WHERE).unwrap()

    assert summary(executor.sent) == ["Bearer T7"]


class Later:
    async def find_login(self) -> Any:
        return Success(METHOD)


class Lister:
    async def find_login(self) -> Any:
        yield Success(METHOD)


@pytest.mark.parametrize(
    ("source", "mistake"),
    [
        (Source(), None),
        (Source, None),
        (Later(), "the find_login of Later is async: write it as a generator that serves both clients"),
        (Lister(), "the find_login of Lister is async: write it as a generator that serves both clients"),
    ],
)
@pytest.mark.parametrize("blocking", [True, False])
def test_a_source_is_checked_where_it_is_given(source, mistake, blocking):
    assert find_login_mistake(source, blocking=blocking) == mistake
    if mistake is not None:
        with pytest.raises(ValueError, match=mistake):
            InfisicalClient(auth=source)


def test_a_class_of_sources_that_needs_arguments_is_no_source():
    class Needy:
        def __init__(self, path: str) -> None: ...
        def find_login(self) -> Any: ...

    assert find_login_mistake(Needy, blocking=True) == "Needy is a class: give an instance, Needy(...)"


# ---- one for all
def test_64_threads_ask_a_source_once():
    everybody, source = threading.Barrier(64), Source()

    def execute(request: HttpRequest) -> Any:
        return Success(granted("T1") if request.url.endswith("/login") else LISTED)

    def list_secrets(_: int) -> Any:
        everybody.wait(30)
        return client.secrets.list(**WHERE)

    client = InfisicalClient(retry=None, executor=execute, auth=source)
    with ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(list_secrets, range(64)))

    assert ([type(one) for one in answers], source.asked) == ([Success] * 64, 1)


def test_500_tasks_ask_a_source_once():
    source = Source()

    async def execute(request: HttpRequest) -> Any:
        await asyncio.sleep(0)
        return Success(granted("T1") if request.url.endswith("/login") else LISTED)

    async def main() -> list[Any]:
        client = AsyncInfisicalClient(retry=None, executor=execute, auth=source)
        return await asyncio.gather(*(client.secrets.list(**WHERE) for _ in range(500)))

    assert [type(one) for one in asyncio.run(main())] == [Success] * 500
    assert source.asked == 1


class Crashing:
    asked = 0

    def find_login(self) -> Any:
        self.asked += 1
        yield from ()
        raise ZeroDivisionError("hush")


def test_64_threads_ask_a_source_that_raises_once():
    """A failure is shared; an exception would pass the work on to the next thread, 64 times."""
    everybody, source = threading.Barrier(64), Crashing()

    def list_secrets(_: int) -> Any:
        everybody.wait(30)
        return client.secrets.list(**WHERE)

    client = InfisicalClient(retry=None, executor=lambda request: pytest.fail("sent"), auth=source)
    with ThreadPoolExecutor(64) as pool:
        errors = [one.failure() for one in pool.map(list_secrets, range(64))]

    assert ({type(error) for error in errors}, source.asked) == ({AuthenticationError}, 1)


# ---- mistakes of a source
class NoFlow:
    def __init__(self, value: Any) -> None:
        self.value = value

    def find_login(self) -> Any:
        return self.value


class Hidden:
    """Its find_login does not show that it is async."""

    def find_login(self) -> Any:
        return Later().find_login()


class Early:
    def find_login(self) -> Any:
        raise ZeroDivisionError("hush")


FORM = "write its find_login as a generator, result = yield from call(read)"


@each_client
@pytest.mark.parametrize(
    ("source", "message"),
    [
        (NoFlow(Success(METHOD)), f"the login source NoFlow is no flow: {FORM}"),
        (NoFlow(None), f"the login source NoFlow is no flow: {FORM}"),
        (Hidden(), f"the login source Hidden is no flow: {FORM}"),
        (Source(lambda: METHOD), "the login source Source returned UniversalAuth, not an Answer"),
        (Source(lambda: None), "the login source Source returned NoneType, not an Answer"),
        (Source(lambda: Failure("hush")), "the login source Source returned Failure, not an Answer"),
        (Source(lambda: Failure(ValueError("hush"))), "the login source Source returned Failure, not an Answer"),
        (Source(lambda: Success("hush")), "str is not a login method"),
        (Source(lambda: Success(Source())), "Source is not a login method"),
    ],
)
def test_what_is_no_source_is_a_failure(attempt, source, message):
    for given in (source, lambda: source):
        done = attempt(given)

        assert (done.answer, done.sent) == (Failure(AuthenticationError(message)), [])


@each_client
@pytest.mark.parametrize("source", [Crashing(), Early()])
def test_an_exception_of_a_source_is_a_failure_without_its_text(attempt, source):
    done = attempt(source)
    error = done.answer.failure()

    assert error.message.startswith(
        f"the login source {type(source).__name__} failed: ZeroDivisionError was raised at test_login_sources.py:"
    )
    assert (type(error.__cause__), error.__cause__.__traceback__, done.sent) == (ZeroDivisionError, None, [])


@each_client
def test_a_network_failure_of_a_source_stays_one_of_a_login_that_was_not_sent(attempt):
    gone = InfisicalNetworkError("gone", reason="reset")

    done = attempt(Source(lambda: Failure(gone)))

    assert (done.answer, gone.sent) == (Failure(InfisicalNetworkError("gone", reason="reset", sent=False)), True)


# ---- how often
@pytest.mark.parametrize(
    ("failure", "cool_down"),
    [
        (AuthenticationError("no file"), 5.0),
        (InfisicalNetworkError("gone", reason="timeout"), 5.0),
    ],
)
def test_a_source_that_failed_cools_down(failure, cool_down):
    source = Source(lambda: Failure(failure))
    client, executor, now = connect(auth=source)
    errors = [client.secrets.list(**WHERE).failure() for now[0] in (0.0, 0.0, cool_down - 0.1, cool_down)]

    assert [(type(error), error.sent) for error in errors] == [(type(failure), False)] * 4
    assert [error.cool_down for error in errors] == [cool_down, cool_down, pytest.approx(0.1), cool_down]
    assert (source.asked, executor.sent) == (2, [])


def test_after_a_refused_login_a_source_is_asked_again_in_a_minute():
    source = Source()
    client, executor, now = connect(WRONG, granted("T1"), LISTED, auth=source)
    answers = [client.secrets.list(**WHERE) for now[0] in (0.0, 59.9, 60.0)]

    assert [type(one) for one in answers] == [Failure, Failure, Success]
    assert (source.asked, summary(executor.sent)) == (2, ["login", "login", "Bearer T1"])


def test_an_early_renewal_whose_source_fails_leaves_the_old_token_in_use(caplog):
    found = [Success(METHOD), Failure(AuthenticationError("no file"))]
    client, executor, now = connect(granted("T1"), LISTED, LISTED, auth=Source(lambda: found.pop(0)))
    caplog.set_level(logging.WARNING)
    for now[0] in (0.0, 7180.0):
        client.secrets.list(**WHERE).unwrap()

    assert summary(executor.sent) == ["login", "Bearer T1", "Bearer T1"]
    assert [record.getMessage() for record in caplog.records] == ["login source Source: AuthenticationError in 0.0 ms"]


def test_a_renewal_on_a_stale_connection_does_not_ask_the_source_again():
    """Its requests to the platform would be repeated too, more than twice in all."""
    stale = InfisicalNetworkError("gone", reason="reset")
    source = Source()
    client, executor, _ = connect(stale, granted("T1"), LISTED, auth=source)
    client.secrets.list(**WHERE).unwrap()

    assert (source.asked, summary(executor.sent)) == (1, ["login", "login", "Bearer T1"])


def test_a_source_whose_platform_reset_the_connection_is_asked_once():
    reset = InfisicalNetworkError("gone", reason="reset")
    source = Source(lambda: Failure(reset))
    client, _, _ = connect(auth=source)

    assert (client.secrets.list(**WHERE).failure().reason, source.asked) == ("reset", 1)


def test_a_source_sends_by_the_executor_of_the_client_below_its_middleware():
    seen: list[str] = []

    def watch(request: HttpRequest, following: Any) -> Any:
        seen.append(request.url)
        return (yield from following(request))

    class Asking:
        def find_login(self) -> Any:
            yield from send(PLATFORM)
            return Success(METHOD)

    client, executor, _ = connect(Response(200), granted("T1"), LISTED, auth=Asking(), middleware=[watch])
    client.secrets.list(**WHERE).unwrap()

    assert executor.sent[0] == PLATFORM
    assert [url for url in seen if "platform" in url or "login" in url] == []


@each_client
def test_the_log_names_a_source_and_nothing_of_its_credential(attempt, caplog):
    caplog.set_level(logging.DEBUG)
    attempt(Source(), clock=lambda: 0.0)
    attempt(Source(lambda: Failure(InfisicalNetworkError("hush", reason="dns"))), clock=lambda: 0.0)

    lines = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "infisical"]
    assert lines[0] == ("INFO", "login source Source: found a credential in 0.0 ms")
    assert lines[1][1].startswith("POST /api/v1/auth/universal-auth/login: 200")
    assert lines[2:] == [("WARNING", "login source Source: InfisicalNetworkError (dns) in 0.0 ms")]
    assert "hush" not in caplog.text


def test_a_logout_while_a_source_is_asked_wins():
    def find() -> Any:
        client.logout()
        return Success(METHOD)

    client, _, _ = connect(granted("T1"), auth=Source(find))

    assert isinstance(client.secrets.list(**WHERE).failure(), AuthenticationError)
    assert not client.is_authenticated


def test_a_refused_login_by_a_source_changes_nothing():
    client, _, _ = connect(WRONG)
    client.set_access_token("T1")

    assert isinstance(client.login(Source()).failure(), UnauthorizedError)
    assert client.is_authenticated
