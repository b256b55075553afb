"""The promises of an executor, as tests to run on one's own; pytest finds them in a subclass.

    from infisical.testing.executor_contract import NetworkExecutorContract

    class TestMyExecutor(NetworkExecutorContract):
        def make_executor(self):
            return MyExecutor()

`ExecutorContract` is for any executor, `NetworkExecutorContract` for one that reaches sockets: it starts a server on
loopback, which answers, breaks off, drips and lies. Blocking executors and async ones pass the same tests; one that
needs a running loop to be made is made by an `async def make_executor`. What is made is closed after each test, if it
has `aclose` or `close`. (Under pytest-socket, mark the subclass with `@pytest.mark.enable_socket`.)

The promises stand here, and nothing else: what is sent is in `contract_cases`, how the server behaves in
`faulty_server`, how an executor is called in `running`. It needs pytest, and no plugin.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest
from returns.result import Failure, Success

from infisical.request import Headers, HttpRequest
from infisical.testing import faulty_server as server
from infisical.testing.contract_cases import (
    CREDENTIAL,
    EVERY_BYTE,
    GIVEN,
    LIMIT,
    MEBIBYTE,
    MOST_MEMORY,
    PROXIES,
    UNPACKED,
    VALUE,
    WRITTEN,
    Trouble,
    each_quick_trouble,
    each_redirect,
    each_trouble,
    limited,
    packed_zeros,
    read,
    write,
)
from infisical.testing.faulty_server import Answer, FaultyServer, Message, Peer
from infisical.testing.running import Made, Running, answer_in, error_in, expect

Serve: TypeAlias = Callable[[Answer], FaultyServer]
PARTS: Final = ("method", "url", "headers", "body", "timeout", "max_response_bytes", "about")


# ---- the promises of any executor
class ExecutorContract:
    """What any executor promises, also one in memory. Give `make_executor`, and `request` if need be.

    A test sends `at_once` requests at most: an executor that answers from a list needs as many answers.
    """

    at_once: int = 16
    asynchronous: bool | None = None
    """Whether it is an async executor; None to look whether it is a coroutine function."""

    def make_executor(self) -> Made:
        """Make the executor that is tested, anew for each test."""
        raise NotImplementedError("make_executor has to return the executor that is tested")

    def request(self) -> HttpRequest:
        """Make a request that it can answer."""
        return HttpRequest("GET", "http://127.0.0.1/api/status", (("Accept", "application/json"),))

    @pytest.fixture
    def execute(self) -> Iterator[Running]:
        """The executor, closed afterwards."""
        running = Running(self.make_executor, self.asynchronous)
        try:
            yield running
        finally:
            running.leave()

    @pytest.fixture
    def asked(self) -> HttpRequest:
        """The request that every promise below is about."""
        return self.request()

    def test_an_answer_is_a_success_that_holds_a_response_of_plain_values(
        self, execute: Running, asked: HttpRequest
    ) -> None:
        """A Response is an int, pairs of str, and bytes: a value that compares, hashes and stays as it is."""
        response = answer_in(execute(asked))
        assert isinstance(response.status, int), f"status is an int, not {response.status!r}"
        assert 100 <= response.status <= 599, f"status is one of HTTP's, not {response.status}"
        assert isinstance(response.headers, tuple), f"headers are a tuple, not {type(response.headers).__name__}"
        for pair in response.headers:
            kinds = isinstance(pair, tuple) and [isinstance(part, str) for part in pair]
            assert kinds == [True, True], f"headers are pairs of str, not {pair!r}"
        assert isinstance(response.body, bytes), f"the body is bytes, not {type(response.body).__name__}"

    def test_a_call_gives_a_result_or_a_coroutine_of_one(self, execute: Running, asked: HttpRequest) -> None:
        """A blocking executor returns its Result; an async one returns a coroutine, which the driver awaits."""
        kind, reply = execute.returned(asked)
        assert isinstance(reply, (Success, Failure)), f"a call gives a Result, not {type(reply).__name__}"
        expect("what the call itself returned", kind, "coroutine" if execute.asynchronous else type(reply).__name__)

    def test_the_request_is_not_changed(self, execute: Running, asked: HttpRequest) -> None:
        """A request is a value: it may be sent again as it was."""
        before = deepcopy(asked)
        execute(asked)
        expect("what of the request was changed", [n for n in PARTS if getattr(asked, n) != getattr(before, n)], [])

    def test_many_calls_at_once_are_all_answered(self, execute: Running, asked: HttpRequest) -> None:
        """One executor serves many threads, or many tasks, at the same time."""
        replies = execute.at_once([asked] * self.at_once)
        expect("how many calls were answered", len([answer_in(reply) for reply in replies]), self.at_once)

    def test_a_call_after_close_is_a_result_and_no_exception(self, execute: Running, asked: HttpRequest) -> None:
        """A closed executor may work or refuse; refusing is a Failure."""
        execute(asked)
        execute.close()
        reply = execute(asked)
        if isinstance(reply, Failure):
            error_in(reply)


# ---- the promises of an executor that reaches sockets
class NetworkExecutorContract(ExecutorContract):
    """What an executor promises that sends by HTTP. Give `make_executor`.

    `timeout` is in seconds: how long calls may last that are to time out; `patience` (seconds) how long the server
    drips on before it ends its answer after all, so that an executor without a deadline fails instead of hanging.
    """

    timeout: float = 0.25
    patience: float = 10.0

    @pytest.fixture
    def serve(self) -> Iterator[Serve]:
        """Start servers, closed afterwards."""
        with contextlib.ExitStack() as stack:
            yield lambda answer: stack.enter_context(server.serving(answer, self.patience))

    @pytest.fixture
    def asked(self, serve: Serve) -> HttpRequest:
        """A GET that a server answers well."""
        return read(f"{serve(server.saying(server.http())).url}/api/status")

    @pytest.fixture(autouse=True)
    def without_proxies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The proxies of the machine have no say in what reaches loopback."""
        for name in PROXIES:
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)

    @pytest.fixture
    def proxy(self, serve: Serve, without_proxies: None, monkeypatch: pytest.MonkeyPatch) -> FaultyServer:
        """A server that the environment names as the proxy of everything."""
        served = serve(server.echo)
        for name in PROXIES:
            monkeypatch.setenv(name, served.url)
            monkeypatch.setenv(name.upper(), served.url)
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "")
        return served

    # ---- what is sent
    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
    def test_method_path_and_query_arrive_as_they_stand_in_the_url(
        self, execute: Running, serve: Serve, method: str
    ) -> None:
        """Nothing is encoded or decoded a second time, and %2F is no slash."""
        target = "/api/v4/secrets/a%2Fb%20c%2Bd%25e%7Ef-._~%C3%A9?path=%2Fa%2F&tags=a%2Cb&empty=&own=it%26s%3D%20%2B1"
        served = serve(server.echo)
        body = None if method == "GET" else b"{}"
        answer_in(execute(HttpRequest(method, served.url + target, WRITTEN if body else GIVEN, body)))
        expect("what arrived", [(seen.method, seen.target) for seen in served.seen], [(method, target)])

    def test_headers_arrive_as_given_and_no_credential_is_added(self, execute: Running, serve: Serve) -> None:
        """The server sees each header with its value once, and nobody's credential but the one given."""
        served = serve(server.echo)
        execute(write(f"{served.url}/x"))
        [seen] = served.seen
        for name, value in WRITTEN:
            expect(f"the values of {name} that arrived", seen.values(name), [value])
        for name in ("cookie", "proxy-authorization", "x-api-key"):
            expect(f"the values of {name}, which was not given", seen.values(name), [])

    def test_a_repeated_header_arrives_with_all_its_values(self, execute: Running, serve: Serve) -> None:
        """Headers are pairs: of two with one name none is lost, in lines of their own or with a comma between."""
        served = serve(server.echo)
        execute(HttpRequest("GET", f"{served.url}/x", (("X-Own", "1"), ("X-Own", "2"))))
        [seen] = served.seen
        expect("the values of X-Own that arrived", ", ".join(seen.values("X-Own")).replace(" ", ""), "1,2")

    @pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
    def test_a_body_arrives_byte_for_byte(self, execute: Running, serve: Serve, method: str) -> None:
        """The body is bytes, which nobody decodes; a DELETE may have one."""
        served = serve(server.echo)
        answer_in(execute(HttpRequest(method, f"{served.url}/x", WRITTEN, EVERY_BYTE)))
        [seen] = served.seen
        assert seen.body == EVERY_BYTE, f"{len(EVERY_BYTE)} bytes were sent; {len(seen.body)} came, or others"

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_without_a_body_there_is_no_content_type(self, execute: Running, serve: Serve, method: str) -> None:
        """A server that reads a Content-Type wants a body too, and refuses an empty one."""
        served = serve(server.echo)
        answer_in(execute(HttpRequest(method, f"{served.url}/x", GIVEN)))
        [seen] = served.seen
        length = [value for value in seen.values("Content-Length") if value != "0"]
        found = (seen.body, seen.values("Content-Type"), length, seen.values("Transfer-Encoding"))
        expect("body, its type, length and coding", found, (b"", [], [], []))

    def test_no_credential_is_taken_from_netrc(
        self, execute: Running, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever is called without a credential is called without one."""
        netrc = tmp_path / ".netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password else\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HOME", str(tmp_path))
        served = serve(server.echo)
        answer_in(execute(HttpRequest("GET", f"{served.url}/x")))
        expect("the Authorization that arrived", served.seen[0].values("Authorization"), [])

    def test_no_cookie_is_remembered(self, execute: Running, serve: Serve) -> None:
        """One message knows nothing of another: clients of two identities may share an executor."""
        served = serve(server.saying(server.http(headers=(("Set-Cookie", "jid=1; Path=/"),))))
        for _ in range(2):
            answer_in(execute(read(f"{served.url}/x")))
        expect("the cookies that arrived", [seen.values("Cookie") for seen in served.seen], [[], []])

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_http_to_this_machine_never_goes_through_a_proxy(
        self, proxy: FaultyServer, execute: Running, serve: Serve, host: str
    ) -> None:
        """What is sent in the clear to a loopback host is for this machine: no proxy of the environment sees it."""
        served = serve(server.echo)
        answer_in(execute(read(f"{served.url.replace('127.0.0.1', host)}/x")))
        expect("what the proxy was asked for", [seen.target for seen in proxy.seen], [])
        expect("what the server was asked for", [seen.target for seen in served.seen], ["/x"])

    # ---- what comes back
    @pytest.mark.parametrize("framing", ["length", "chunks", "close"])
    def test_an_answer_comes_back_byte_for_byte(self, execute: Running, serve: Serve, framing: str) -> None:
        """However the server frames a body, it is bytes, which nobody decodes as text."""
        half = len(EVERY_BYTE) // 2
        size = f"{half:x}\r\n".encode()
        chunks = size + EVERY_BYTE[:half] + b"\r\n" + size + EVERY_BYTE[half:] + b"\r\n0\r\n\r\n"
        answers = {
            "length": server.saying(server.http(body=EVERY_BYTE)),
            "chunks": server.saying(server.head(headers=(("Transfer-Encoding", "chunked"),)) + chunks),
            "close": server.saying_and_closing(server.head(headers=(("Connection", "close"),)) + EVERY_BYTE),
        }
        body = answer_in(execute(read(f"{serve(answers[framing]).url}/x"))).body
        assert body == EVERY_BYTE, f"{len(EVERY_BYTE)} bytes were sent; {len(body)} came, or others"

    @pytest.mark.parametrize("coding", ["gzip", "deflate"])
    def test_a_coding_that_it_offers_is_undone(self, execute: Running, serve: Serve, coding: str) -> None:
        """Whoever sends Accept-Encoding decodes what comes of it: the body that comes back is the answer's own."""
        plain = b'{"secrets": []}'
        packed = gzip.compress(plain) if coding == "gzip" else zlib.compress(plain)

        def answer(peer: Peer, message: Message) -> None:
            offered = coding in ",".join(message.values("Accept-Encoding"))
            peer.say(server.http(200, packed, (("Content-Encoding", coding),)) if offered else server.http(200, plain))

        expect("the body", answer_in(execute(read(f"{serve(answer).url}/x"))).body, plain)

    def test_an_answer_as_large_as_it_may_be_is_whole(self, execute: Running, serve: Serve) -> None:
        """`max_response_bytes` is how large a body may be, not how large it may nearly be."""
        whole = bytes(LIMIT)
        response = answer_in(execute(limited(serve(server.saying(server.http(200, whole))).url)))
        assert response.body == whole, f"{len(whole)} bytes were sent; {len(response.body)} came, or others"

    @pytest.mark.parametrize("coding", ["identity", "gzip", "deflate", "gzip, gzip"])
    def test_an_answer_that_is_too_large_is_a_failure_and_takes_little_memory(
        self, execute: Running, serve: Serve, coding: str
    ) -> None:
        """`max_response_bytes` counts after decompression: 64 KiB that unpack to 64 MiB are not unpacked."""
        packed = packed_zeros(coding)

        def answer(peer: Peer, message: Message) -> None:
            offered = ",".join(message.values("Accept-Encoding"))
            if coding == "identity":
                peer.say(server.head(headers=(("Connection", "close"),)))
                for _ in range(UNPACKED // MEBIBYTE):
                    peer.say(bytes(MEBIBYTE))
                peer.close()
            elif all(name in offered for name in coding.split(", ")):
                peer.say(server.http(200, packed, (("Content-Encoding", coding),)))
            else:  # nobody asked for it
                peer.say(server.http(200, bytes(2 * LIMIT)))

        url = serve(server.once(answer)).url
        tracemalloc.start()
        try:
            error = error_in(execute(limited(url)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        expect("reason and sent", (error.reason, error.sent), ("protocol", True))
        assert peak < MOST_MEMORY, f"the answer took {peak >> 20} MiB; {MOST_MEMORY >> 20} MiB are the most it may take"
        expect("the status of the next answer", answer_in(execute(limited(url))).status, 200)

    def test_a_compressed_answer_that_is_cut_short_is_a_failure(self, execute: Running, serve: Serve) -> None:
        """Half of a compressed body is no body, though its length is as announced."""
        packed = gzip.compress(EVERY_BYTE)[:-9]

        def answer(peer: Peer, message: Message) -> None:
            if "gzip" in ",".join(message.values("Accept-Encoding")):
                peer.say(server.http(200, packed, (("Content-Encoding", "gzip"),)))
            else:
                peer.close()

        error = error_in(execute(read(f"{serve(answer).url}/x")))
        expect("sent, of a message that arrived", error.sent, True)

    def test_a_repeated_header_of_the_answer_is_kept(self, execute: Running, serve: Serve) -> None:
        """Headers are pairs: of two with one name none is lost."""
        twice: Headers = (("Set-Cookie", "a=1"), ("X-One", "1"), ("Set-Cookie", "b=2"))
        response = answer_in(execute(read(f"{serve(server.saying(server.http(headers=twice))).url}/x")))
        found = [value for name, value in response.headers if name.lower() == "set-cookie"]
        expect("the values of Set-Cookie", found, ["a=1", "b=2"])

    @pytest.mark.parametrize("status", [201, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504])
    def test_any_status_is_an_answer_that_is_handed_back(self, execute: Running, serve: Serve, status: int) -> None:
        """What to do about a status is decided above: here it is neither an error nor a reason to ask again."""
        asking = (("WWW-Authenticate", 'Basic realm="x"'), ("Retry-After", "0"))
        served = serve(server.saying(server.http(status, b'{"error":"x"}', asking)))
        response = answer_in(execute(write(f"{served.url}/x")))
        expect("status and body", (response.status, response.body), (status, b'{"error":"x"}'))
        expect("how many messages the server saw", len(served.seen), 1)

    @pytest.mark.parametrize("status", [204, 304])
    def test_an_answer_that_has_no_body_by_its_status_is_whole(
        self, execute: Running, serve: Serve, status: int
    ) -> None:
        """After 204 and 304 nothing follows, also where a 304 tells the length that a 200 would have."""
        told = (("Content-Length", "9"),) if status == 304 else ()
        served = serve(server.saying(server.head(status, told), server.http(200, b"next")))
        found = [(r.status, r.body) for r in (answer_in(execute(read(f"{served.url}/x"))) for _ in range(2))]
        expect("status and body of this answer and the next", found, [(status, b""), (200, b"next")])

    @pytest.mark.parametrize("status", [100, 103])
    def test_an_interim_answer_is_passed_over(self, execute: Running, serve: Serve, status: int) -> None:
        """Continue and Early Hints precede an answer and are none; the next call gets an answer of its own."""
        hints = server.head(status, (("Link", "</x>; rel=preload"),))

        def answer(peer: Peer, message: Message) -> None:
            peer.say(hints)
            server.echo(peer, message)

        url = serve(answer).url
        found = [(r.status, r.body) for r in (answer_in(execute(read(f"{url}/{n}"))) for n in range(2))]
        expect("status and body of two calls", found, [(200, b"/0"), (200, b"/1")])

    @each_redirect
    def test_a_redirect_is_handed_back(self, execute: Running, serve: Serve, status: int) -> None:
        """A 3xx is an answer like any other."""
        served = serve(server.saying(server.http(status, headers=(("Location", "/elsewhere"),))))
        response = answer_in(execute(write(f"{served.url}/x")))
        expect("status and Location", (response.status, response.header("location")), (status, "/elsewhere"))
        expect("what the server was asked for", [seen.target for seen in served.seen], ["/x"])

    @each_redirect
    def test_another_origin_never_sees_the_credential(self, execute: Running, serve: Serve, status: int) -> None:
        """A server cannot send a credential on to somebody else."""
        elsewhere = serve(server.echo)
        served = serve(server.saying(server.http(status, headers=(("Location", f"{elsewhere.url}/x"),))))
        execute(read(f"{served.url}/x"))
        expect("what the other origin was asked for", [seen.target for seen in elsewhere.seen], [])

    def test_calls_at_once_get_each_their_own_answer(self, execute: Running, serve: Serve) -> None:
        """Threads and tasks share connections, and never an answer."""
        url = serve(server.echo).url
        targets = [f"/{n}" for n in range(self.at_once)]
        found = [answer_in(reply).body.decode() for reply in execute.at_once([read(url + t) for t in targets])]
        expect("the answers", found, targets)

    # ---- what goes wrong
    def test_a_refused_connection_was_never_sent(self, execute: Running) -> None:
        """Where nobody listens the reason is `refused`, and the message may be sent again, whatever it does."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))  # taken, so that nobody else listens there, and nobody listens
            error = error_in(execute(write(f"http://127.0.0.1:{unused.getsockname()[1]}/x")))
        expect("reason and sent", (error.reason, error.sent), ("refused", False))

    def test_a_host_without_an_address_was_never_sent(self, execute: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that nobody knows is reason `dns`. Python's resolver is not asked, so that no network is needed."""

        def unknown(*_: object, **__: object) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
        error = error_in(execute(write("http://nowhere.invalid/x")))
        expect("reason and sent", (error.reason, error.sent), ("dns", False))

    def test_a_server_without_tls_gets_nothing_over_https(self, execute: Running, serve: Serve) -> None:
        """A handshake that fails is reason `tls`, and nothing is sent in the clear instead."""
        served = serve(server.saying(server.http(400)))
        error = error_in(execute(write(f"{served.url.replace('http:', 'https:')}/x")))
        expect("reason", error.reason, "tls")
        expect("what arrived", {seen.method for seen in served.seen} - {"TLS"}, set())

    @each_trouble
    def test_no_whole_answer_is_a_failure_with_its_reason(
        self, execute: Running, serve: Serve, trouble: Trouble
    ) -> None:
        """Silence, half an answer or none: a Failure that says why. `timeout` is total, however slowly bytes drip."""
        error = error_in(execute(read(f"{serve(trouble.answer).url}/x", self._seconds(trouble))))
        assert error.reason in trouble.reasons, f"reason: expected one of {set(trouble.reasons)}, got {error.reason!r}"
        expect("sent, of a message that arrived", error.sent, True)

    @each_quick_trouble
    def test_a_write_is_never_seen_twice(self, execute: Running, serve: Serve, trouble: Trouble) -> None:
        """An executor sends once: whether to repeat is decided above, by what the message does."""
        served = serve(trouble.answer)
        error_in(execute(write(f"{served.url}/x", self._seconds(trouble))))
        expect("how often the server saw the write", len(served.seen), 1)

    @each_trouble
    def test_it_works_again_after_a_failure(self, execute: Running, serve: Serve, trouble: Trouble) -> None:
        """What went wrong on one connection does not reach the next call."""
        served = serve(server.once(trouble.answer))
        error_in(execute(write(f"{served.url}/x", self._seconds(trouble))))
        expect("the status of the next answer", answer_in(execute(read(f"{served.url}/x"))).status, 200)

    @each_quick_trouble
    def test_an_error_shows_neither_headers_nor_body(self, execute: Running, serve: Serve, trouble: Trouble) -> None:
        """Errors are logged: nothing of what was sent stands in one, nor in what it was caused by."""
        error = error_in(execute(write(f"{serve(trouble.answer).url}/x", self._seconds(trouble))))
        shown = "".join([error.message, repr(error), *traceback.format_exception(error)])
        for secret in (CREDENTIAL, VALUE):
            assert secret not in shown, f"the error shows what was sent, {secret!r}: {shown}"

    def test_an_answer_cut_inside_its_headers_is_a_failure(self, execute: Running, serve: Serve) -> None:
        """A 200 of which the rest is missing is not an empty 200."""
        served = serve(server.saying_and_closing(b"HTTP/1.1 200 OK\r\nContent-Type: application/js"))
        error = error_in(execute(write(f"{served.url}/x")))
        assert error.reason in ("protocol", "reset"), f"reason: expected 'protocol' or 'reset', got {error.reason!r}"

    def test_a_connection_closed_while_idle_costs_no_write_twice(self, execute: Running, serve: Serve) -> None:
        """The next call takes another connection, or is a Failure; `sent` is False only if the server saw nothing."""
        served = serve(server.saying_and_closing(server.http()))
        answer_in(execute(write(f"{served.url}/x")))
        assert served.ended.acquire(timeout=30), "the server did not close the connection"
        reply = execute(write(f"{served.url}/x"))
        seen = len(served.seen) - 1
        assert seen <= 1, f"the server saw the second write {seen} times"
        if isinstance(reply, Success) or not error_in(reply).sent:
            expect("how often the server saw the second write", seen, 1 if isinstance(reply, Success) else 0)

    @pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
    def test_a_write_that_a_kept_connection_swallows_is_not_repeated(
        self, execute: Running, serve: Serve, method: str
    ) -> None:
        """A connection that dies with a message on it is not just stale: the server may have read it, and here has."""

        def answer(peer: Peer, message: Message) -> None:
            server.close(peer, message) if message.number == 2 else peer.say(server.http())

        served = serve(answer)
        answer_in(execute(write(f"{served.url}/1")))
        swallowed = HttpRequest(method, f"{served.url}/2", WRITTEN, b"{}")
        expect("sent, of a message that arrived", error_in(execute(swallowed)).sent, True)
        expect("what the server saw", [seen.target for seen in served.seen], ["/1", "/2"])

    def test_a_cancelled_call_is_cancelled_and_the_next_one_works(self, execute: Running, serve: Serve) -> None:
        """Cancellation is not network trouble: an async executor lets it pass, and keeps no broken connection."""
        if not execute.asynchronous:
            pytest.skip("only a coroutine can be cancelled")
        served = serve(server.once(server.keep_silent))
        outcome = execute.cancelled(read(f"{served.url}/x"), lambda: served.arrived.acquire(timeout=30))
        expect("what became of the cancelled call", outcome, None)
        expect("the status of the next answer", answer_in(execute(read(f"{served.url}/x"))).status, 200)

    def _seconds(self, trouble: Trouble) -> float:
        return self.timeout if "timeout" in trouble.reasons else 30.0
