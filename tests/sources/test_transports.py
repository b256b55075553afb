"""How a source sends: by an executor that it was given, of either kind, or directly, without a proxy."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.defects import check_reply
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.server.serve import serving
from infisical.sources.transports import CONNECT_SECONDS, MAX_RESPONSE_BYTES, make_transport, send_directly
from tests.sources.attempts import attempt_asyncio, attempt_blocking

REQUEST = HttpRequest("GET", "https://platform.example.com/token")
OK = Response(200, (), b"ok")
DEFECT = "the executor of the source is async, and this client is blocking: AsyncInfisicalClient takes it"


class Asking:
    """A source that sends one request by its executor."""

    def __init__(self, executor: Any) -> None:
        self.executor = executor

    def find_login(self) -> Any:
        from infisical.sources.platform import Platform

        answer = yield from Platform(executor=self.executor).fetch(REQUEST)
        return Failure(answer.failure()) if isinstance(answer, Failure) else Failure(InfisicalNetworkError("asked"))


def test_a_blocking_executor_serves_the_blocking_client_in_its_thread_and_asyncio_in_another():
    threads: list[str] = []

    def execute(request: HttpRequest) -> Any:
        threads.append(threading.current_thread().name)
        return Success(OK)

    transport = make_transport(execute)

    assert transport.blocking(REQUEST) == Success(OK)
    assert asyncio.run(transport.asyncio(REQUEST)) == Success(OK)
    assert [name == threading.current_thread().name for name in threads] == [True, False]
    assert [thread for thread in threading.enumerate() if thread.name in threads[1:] and not thread.daemon] == []


@pytest.mark.parametrize(
    "wrap", [lambda execute: execute, lambda execute: partial(execute.__call__)], ids=["object", "partial"]
)
def test_an_async_executor_serves_asyncio_and_is_refused_by_the_blocking_client(wrap):
    transport = make_transport(wrap(AsyncScriptedExecutor(OK)))

    error = transport.blocking(REQUEST).failure()

    assert asyncio.run(transport.asyncio(REQUEST)) == Success(OK)
    assert (error.message, error.reason, error.sent, error.defect) == (f"GET: {DEFECT}", "protocol", False, True)


def test_a_function_that_hides_that_it_is_async_serves_asyncio_too():
    executor = AsyncScriptedExecutor(OK)
    transport = make_transport(lambda request: executor(request))  # type: ignore[arg-type, return-value]

    assert asyncio.run(transport.asyncio(REQUEST)) == Success(OK)
    assert check_reply(transport.blocking(REQUEST)).failure().defect


def test_a_blocking_executor_that_raises_is_a_defect_under_asyncio_too():
    def execute(request: HttpRequest) -> Any:
        raise ZeroDivisionError("hush")

    answers = [attempt(Asking(execute)).answer for attempt in (attempt_blocking, attempt_asyncio)]

    assert [(answer.failure().defect, "hush" in answer.failure().message) for answer in answers] == [(True, False)] * 2


def test_each_kind_of_executor_may_be_given_to_a_source_of_the_asyncio_client():
    answers = [attempt_asyncio(Asking(kind(OK))).message for kind in (ScriptedExecutor, AsyncScriptedExecutor)]

    assert answers == ["asked", "asked"]
    assert attempt_blocking(Asking(AsyncScriptedExecutor(OK))).message == f"GET: {DEFECT}"


# ---- directly
@pytest.mark.enable_socket
def test_a_direct_request_ignores_the_proxy_of_the_environment(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://proxy.invalid:1")
    with serving(lambda request: Success(OK)) as url:
        answer = send_directly(HttpRequest("GET", f"{url}/token", timeout=5.0))

    assert (answer.unwrap().status, answer.unwrap().body) == (200, b"ok")


def test_a_direct_request_has_a_second_to_connect_and_an_answer_of_a_mebibyte(monkeypatch):
    settings: dict[str, Any] = {}

    class Executor(ScriptedExecutor):
        def __init__(self, **options: Any) -> None:
            settings.update(options)
            super().__init__(OK)

        def __enter__(self) -> Executor:
            return self

        def __exit__(self, *_: object) -> None:
            settings["closed"] = True

    monkeypatch.setattr("infisical.executors.urllib3.Urllib3Executor", Executor)

    assert send_directly(REQUEST) == Success(OK)
    assert settings == {
        "proxy": None,
        "connections": 1,
        "connect_timeout": CONNECT_SECONDS,
        "max_response_bytes": MAX_RESPONSE_BYTES,
        "closed": True,
    }
