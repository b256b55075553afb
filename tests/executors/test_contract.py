"""The library's own executors keep the contract, and the contract fails executors that do not."""

from __future__ import annotations

import asyncio
import netrc
import os
import zlib
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

import pytest
import urllib3
from returns.result import Failure, Success

from infisical import InfisicalNetworkError, Response
from infisical.executors import (
    AsyncCassetteExecutor,
    AsyncMemoryExecutor,
    AsyncScriptedExecutor,
    CassetteExecutor,
    MemoryExecutor,
    ScriptedExecutor,
    ThreadedExecutor,
    Urllib3Executor,
)
from infisical.executors.faults import AsyncFaultyExecutor, Delayed, FaultyExecutor
from infisical.testing.executor_contract import ExecutorContract, NetworkExecutorContract
from tests.forms import shorten

pytest_plugins = "pytester"

ANSWERS = [Response(200, (("Content-Type", "application/json"),), b"{}")] * ExecutorContract.at_once


# ---- those that reach sockets
class Threads(ThreadedExecutor):
    """The default of the asyncio client: it closes the executor that it made as well."""

    def __init__(self):
        self._made = Urllib3Executor()
        super().__init__(self._made)

    def close(self):
        super().close()
        self._made.close()


@pytest.mark.enable_socket
class TestUrllib3(NetworkExecutorContract):
    def make_executor(self):
        return Urllib3Executor()


# ---- those that do not
class TestScripted(ExecutorContract):
    def make_executor(self):
        return ScriptedExecutor(*ANSWERS)


class TestAsyncScripted(ExecutorContract):
    def make_executor(self):
        return AsyncScriptedExecutor(*ANSWERS)


class TestMemory(ExecutorContract):
    def make_executor(self):
        return MemoryExecutor()


class TestAsyncMemory(ExecutorContract):
    def make_executor(self):
        return AsyncMemoryExecutor()


class TestFaulty(ExecutorContract):
    def make_executor(self):
        return FaultyExecutor(ScriptedExecutor(*ANSWERS), [Delayed(0)] * 2)


class TestAsyncFaulty(ExecutorContract):
    async def make_executor(self):
        return AsyncFaultyExecutor(AsyncScriptedExecutor(*ANSWERS), [Delayed(0)] * 2)


class TestFaultyWithoutANetwork(ExecutorContract):
    def make_executor(self):
        return FaultyExecutor(ScriptedExecutor(*ANSWERS), ())


class InAFile(ExecutorContract):
    @pytest.fixture(autouse=True)
    def in_a_file(self, tmp_path):
        self.path = tmp_path / "tape.yaml"


class TestCassetteThatRecords(InAFile):
    def make_executor(self):
        return CassetteExecutor(self.path, mode="all", inner=ScriptedExecutor(*ANSWERS))


class TestCassetteThatPlays(InAFile):
    def make_executor(self):
        recorder = CassetteExecutor(self.path, mode="all", inner=ScriptedExecutor(*ANSWERS))
        for _ in ANSWERS:
            recorder(self.request())
        return CassetteExecutor(self.path)


class TestAsyncCassette(InAFile):
    def make_executor(self):
        return AsyncCassetteExecutor(self.path, mode="all", inner=AsyncScriptedExecutor(*ANSWERS))


# ---- executors that break a promise each
class FollowsRedirects(Urllib3Executor):
    def __call__(self, request):
        reply = super().__call__(request)
        to = reply.map(lambda response: response.header("location")).value_or(None)
        return super().__call__(replace(request, url=urljoin(request.url, to))) if to else reply


class Raises(Urllib3Executor):
    def __call__(self, request):
        return Success(super().__call__(request).unwrap())


class RaisesWhenClosed(Urllib3Executor):
    is_shut = False

    def __call__(self, request):
        if self.is_shut:
            raise RuntimeError("closed")
        return super().__call__(request)

    def close(self):
        self.is_shut = True
        super().close()


class SendsTwice(Urllib3Executor):
    def __call__(self, request):
        reply = super().__call__(request)
        return super().__call__(request) if isinstance(reply, Failure) else reply


class DropsRepeatedHeaders(Urllib3Executor):
    def __call__(self, request):
        return super().__call__(request).map(lambda r: replace(r, headers=tuple(dict(r.headers).items())))


class FailsForAStatus(Urllib3Executor):
    def __call__(self, request):
        reply = super().__call__(request)
        bad = isinstance(reply, Success) and reply.unwrap().status >= 400
        return Failure(InfisicalNetworkError("a bad status")) if bad else reply


class TriesAgainAfter429(Urllib3Executor):
    def __call__(self, request):
        reply = super().__call__(request)
        return super().__call__(request) if reply.map(lambda r: r.status).value_or(0) == 429 else reply


class DecodesThePath(Urllib3Executor):
    def __call__(self, request):
        path, mark, query = request.url.partition("?")
        return super().__call__(replace(request, url=unquote(path).replace(" ", "%20") + mark + query))


class NamesATypeAlways(Urllib3Executor):
    def __call__(self, request):
        if any(name == "Content-Type" for name, _ in request.headers):
            return super().__call__(request)
        return super().__call__(request.with_header("Content-Type", "application/json"))


class RemembersCookies(Urllib3Executor):
    cookie = ""

    def __call__(self, request):
        reply = super().__call__(request.with_header("Cookie", self.cookie) if self.cookie else request)
        self.cookie = reply.map(lambda r: r.header("set-cookie") or "").value_or("")
        return reply


class ReadsNetrc(Urllib3Executor):
    def __call__(self, request):
        known = netrc.netrc(os.environ["NETRC"]).authenticators(urlsplit(request.url).hostname or "")
        return super().__call__(request.with_header("Authorization", known[2]) if known else request)


class TellsWhatWasSent(Urllib3Executor):
    def __call__(self, request):
        told = str(request.headers)
        return super().__call__(request).alt(lambda e: InfisicalNetworkError(told, reason=e.reason, sent=e.sent))


class SaysNothingWasSent(Urllib3Executor):
    def __call__(self, request):
        return super().__call__(request).alt(lambda e: InfisicalNetworkError("", reason=e.reason, sent=False))


class ChangesTheRequest(Urllib3Executor):
    def __call__(self, request):
        reply = super().__call__(request)
        object.__setattr__(request, "headers", (*request.headers, ("X-Sent", "1")))
        return reply


class HasNoTotalDeadline(Urllib3Executor):
    """urllib3 as it comes: its timeouts start anew with every byte."""

    def __call__(self, request):
        with urllib3.PoolManager(retries=False) as pool:
            try:
                headers, timeout = dict(request.headers), request.timeout
                answer = pool.request(request.method, request.url, body=request.body, headers=headers, timeout=timeout)
            except urllib3.exceptions.HTTPError:
                return Failure(InfisicalNetworkError("no answer", reason="timeout"))
        return Success(Response(answer.status, tuple(answer.headers.items()), answer.data))


class SwallowsCancellation(Threads):
    async def __call__(self, request):
        try:
            return await super().__call__(request)
        except asyncio.CancelledError:
            return Failure(InfisicalNetworkError("cancelled"))


class ReturnsAFuture(Threads):
    def __call__(self, request):
        return asyncio.ensure_future(super().__call__(request))


class ReadsWithoutALimit(Urllib3Executor):
    """urllib3 as it comes: it reads whatever is sent, and unpacks all of it."""

    def __call__(self, request):
        with urllib3.PoolManager(retries=False) as pool:
            headers = {**dict(request.headers), "Accept-Encoding": "gzip"}
            answer = pool.request(request.method, request.url, headers=headers)
            reply = Success(Response(answer.status, tuple(answer.headers.items()), answer.data))
        most = request.max_response_bytes
        return reply if most is None or len(answer.data) <= most else Failure(InfisicalNetworkError("too large"))


class AllowsLess(Urllib3Executor):
    def __call__(self, request):
        reply = super().__call__(request)
        most = request.max_response_bytes
        large = reply.map(lambda r: most is not None and len(r.body) >= most).value_or(False)
        return Failure(InfisicalNetworkError("too large")) if large else reply


class TakesTheProxyAlways(Urllib3Executor):
    """urllib3 as it comes: whoever makes a manager for a proxy sends everything there."""

    def __call__(self, request):
        with urllib3.ProxyManager(os.environ["http_proxy"], retries=False) as pool:
            answer = pool.request(request.method, request.url, headers=dict(request.headers))
        return Success(Response(answer.status, tuple(answer.headers.items()), answer.data))


class UnpacksHalf(Urllib3Executor):
    """An executor that takes what zlib makes of half a stream for the whole."""

    def __call__(self, request):
        with urllib3.PoolManager(retries=False) as pool:
            headers = {**dict(request.headers), "Accept-Encoding": "gzip"}
            answer = pool.request(request.method, request.url, headers=headers, decode_content=False)
        body = zlib.decompressobj(31).decompress(answer.data)
        return Success(Response(answer.status, tuple(answer.headers.items()), body))


REASON = "test_an_incomplete_response_is_a_failure_with_its_reason"
LARGE = "test_a_body_above_the_limit_is_a_failure_and_uses_little_memory"
STATUS = "test_any_status_is_returned_as_a_response"
BAD = {
    FollowsRedirects: ["test_a_redirect_is_returned[307]", "test_another_origin_never_gets_the_credential[302]"],
    Raises: [f"{REASON}[reset]", "test_a_refused_connection_means_not_sent"],
    RaisesWhenClosed: ["test_a_call_after_close_returns_a_result"],
    SendsTwice: [
        "test_a_write_is_sent_once[closed]",
        "test_a_write_lost_on_a_reused_connection_is_not_repeated[DELETE]",
    ],
    DropsRepeatedHeaders: ["test_a_repeated_header_of_the_response_has_all_its_values"],
    FailsForAStatus: [f"{STATUS}[404]", f"{STATUS}[500]"],
    TriesAgainAfter429: [f"{STATUS}[429]"],
    DecodesThePath: ["test_method_path_and_query_arrive_unchanged[GET]"],
    NamesATypeAlways: ["test_a_request_without_a_body_has_no_content_type[GET]"],
    RemembersCookies: ["test_no_cookie_is_remembered"],
    ReadsNetrc: ["test_no_credential_is_taken_from_netrc"],
    TellsWhatWasSent: ["test_an_error_shows_neither_headers_nor_body[closed]"],
    SaysNothingWasSent: [f"{REASON}[reset]", "test_a_write_lost_on_a_reused_connection_is_not_repeated[DELETE]"],
    ChangesTheRequest: ["test_a_call_does_not_change_the_request"],
    HasNoTotalDeadline: [f"{REASON}[dripping headers]", f"{REASON}[dripping body]"],
    SwallowsCancellation: ["test_a_cancelled_call_raises_and_the_next_call_works"],
    ReadsWithoutALimit: [f"{LARGE}[gzip]"],
    AllowsLess: ["test_a_body_of_exactly_the_limit_is_returned"],
    TakesTheProxyAlways: ["test_http_to_this_machine_never_goes_through_a_proxy[127.0.0.1]"],
    UnpacksHalf: ["test_a_truncated_compressed_body_is_a_failure"],
    ReturnsAFuture: ["test_a_call_returns_a_result_or_a_coroutine"],
}
SUITE = """
from infisical.testing.executor_contract import NetworkExecutorContract
from tests.executors import test_contract


class TestBad(NetworkExecutorContract):
    timeout, patience, asynchronous = 0.1, 0.5, {asynchronous}

    def make_executor(self):
        return test_contract.{name}()
"""


def failing(pytester, bad, *tests):
    """Run these tests of the contract on a bad executor: the messages of those that fail, by name."""
    suite = pytester.makepyfile(SUITE.format(name=bad.__name__, asynchronous=issubclass(bad, Threads)))
    run = pytester.inline_run("-q", "-p", "no:cacheprovider", *[f"{suite}::TestBad::{test}" for test in tests])
    _, _, failed = run.listoutcomes()
    return {report.nodeid.rpartition("::")[2]: report.longrepr.reprcrash.message for report in failed}


@pytest.mark.enable_socket
@pytest.mark.parametrize("bad", shorten(BAD, list(BAD)[::5].__contains__, name=lambda bad: bad.__name__))
def test_an_executor_that_breaks_a_promise_fails_the_test_of_it(bad, pytester):
    assert sorted(failing(pytester, bad, *BAD[bad])) == sorted(BAD[bad])


@pytest.mark.enable_socket
def test_an_executor_without_a_limit_fails_also_for_a_body_that_ends_with_its_connection(pytester):
    assert list(failing(pytester, ReadsWithoutALimit, f"{LARGE}[identity]")) == [f"{LARGE}[identity]"]


@pytest.mark.enable_socket
def test_a_failed_test_says_what_was_promised_and_what_came(pytester):
    test = "test_a_write_is_sent_once[closed]"
    [message] = failing(pytester, SendsTwice, test).values()

    assert message.splitlines()[0] == "AssertionError: the number of requests that arrived: expected 1, got 2"


@pytest.mark.enable_socket
def test_what_an_executor_raises_is_named(pytester):
    [message] = failing(pytester, RaisesWhenClosed, *BAD[RaisesWhenClosed]).values()

    expected = "an executor must return a Failure instead of raising; it raised RuntimeError: closed"
    assert message.splitlines()[0] == f"AssertionError: {expected}"
