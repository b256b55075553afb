"""The tests of responses: what an executor must return when a server responds."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from infisical.request import Headers
from infisical.testing import faulty_server as server
from infisical.testing.executor_contract.cases import (
    EVERY_BYTE,
    LIMIT,
    MAX_MEMORY,
    MEBIBYTE_SIZE,
    UNPACKED_SIZE,
    ServerFactory,
    compress_zeros,
    each_redirect,
    read,
    read_limited,
    write,
)
from infisical.testing.faulty_server import Peer, ReceivedRequest
from infisical.testing.runner import ExecutorRunner, expect, expect_bytes, expect_error, expect_response


class ResponseContract:
    """A part of `NetworkExecutorContract`, which has the fixtures."""

    at_once: int

    @pytest.mark.parametrize("framing", ["length", "chunks", "close"])
    def test_a_body_is_returned_byte_for_byte(
        self, execute: ExecutorRunner, serve: ServerFactory, framing: str
    ) -> None:
        """The executor returns the bytes of the body, for every framing."""
        half = len(EVERY_BYTE) // 2
        size = f"{half:x}\r\n".encode()
        chunks = size + EVERY_BYTE[:half] + b"\r\n" + size + EVERY_BYTE[half:] + b"\r\n0\r\n\r\n"
        behaviors = {
            "length": server.respond_with(server.format_response(body=EVERY_BYTE)),
            "chunks": server.respond_with(server.format_head(headers=(("Transfer-Encoding", "chunked"),)) + chunks),
            "close": server.respond_and_close(server.format_head(headers=(("Connection", "close"),)) + EVERY_BYTE),
        }
        body = expect_response(execute(read(f"{serve(behaviors[framing]).url}/x"))).body
        expect_bytes("the body", body, EVERY_BYTE)

    @pytest.mark.parametrize("coding", ["gzip", "deflate"])
    def test_an_accepted_content_encoding_is_decoded(
        self, execute: ExecutorRunner, serve: ServerFactory, coding: str
    ) -> None:
        """An executor that sends Accept-Encoding must return the decoded body."""
        plain = b'{"secrets": []}'
        packed = gzip.compress(plain) if coding == "gzip" else zlib.compress(plain)

        def answer(peer: Peer, request: ReceivedRequest) -> None:
            offered = coding in ",".join(request.values("Accept-Encoding"))
            headers = (("Content-Encoding", coding),) if offered else ()
            peer.say(server.format_response(200, packed if offered else plain, headers))

        expect("the body", expect_response(execute(read(f"{serve(answer).url}/x"))).body, plain)

    def test_a_body_of_exactly_the_limit_is_returned(self, execute: ExecutorRunner, serve: ServerFactory) -> None:
        """A body of `max_response_bytes` is not too large."""
        whole = bytes(LIMIT)
        faulty = serve(server.respond_with(server.format_response(200, whole)))
        expect_bytes("the body", expect_response(execute(read_limited(faulty.url))).body, whole)

    @pytest.mark.parametrize("coding", ["identity", "gzip", "deflate", "gzip, gzip"])
    def test_a_body_above_the_limit_is_a_failure_and_uses_little_memory(
        self, execute: ExecutorRunner, serve: ServerFactory, coding: str
    ) -> None:
        """`max_response_bytes` limits the decompressed body, so 64 KiB must not expand to 64 MiB."""
        packed = compress_zeros(coding)

        def answer(peer: Peer, request: ReceivedRequest) -> None:
            offered = ",".join(request.values("Accept-Encoding"))
            if coding == "identity":
                peer.say(server.format_head(headers=(("Connection", "close"),)))
                for _ in range(UNPACKED_SIZE // MEBIBYTE_SIZE):
                    peer.say(bytes(MEBIBYTE_SIZE))
                peer.close()
            elif all(name in offered for name in coding.split(", ")):
                peer.say(server.format_response(200, packed, (("Content-Encoding", coding),)))
            else:  # the executor does not accept this encoding
                peer.say(server.format_response(200, bytes(2 * LIMIT)))

        url = serve(server.fail_once(answer)).url
        tracemalloc.start()
        try:
            error = expect_error(execute(read_limited(url)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        expect("reason and sent", (error.reason, error.sent), ("protocol", True))
        assert peak < MAX_MEMORY, f"the response used {peak >> 20} MiB of memory; the limit is {MAX_MEMORY >> 20} MiB"
        expect("the status of the next response", expect_response(execute(read_limited(url))).status, 200)

    def test_a_truncated_compressed_body_is_a_failure(self, execute: ExecutorRunner, serve: ServerFactory) -> None:
        """A truncated compressed stream is a failure, even if Content-Length matches."""
        packed = gzip.compress(EVERY_BYTE)[:-9]

        def answer(peer: Peer, request: ReceivedRequest) -> None:
            if "gzip" in ",".join(request.values("Accept-Encoding")):
                peer.say(server.format_response(200, packed, (("Content-Encoding", "gzip"),)))
            else:
                peer.close()

        error = expect_error(execute(read(f"{serve(answer).url}/x")))
        expect("sent, for a request that arrived", error.sent, True)

    def test_a_repeated_header_of_the_response_has_all_its_values(
        self, execute: ExecutorRunner, serve: ServerFactory
    ) -> None:
        """Headers are pairs, so a repeated name does not lose a value."""
        twice: Headers = (("Set-Cookie", "a=1"), ("X-One", "1"), ("Set-Cookie", "b=2"))
        faulty = serve(server.respond_with(server.format_response(headers=twice)))
        response = expect_response(execute(read(f"{faulty.url}/x")))
        values = [value for name, value in response.headers if name.lower() == "set-cookie"]
        expect("the values of Set-Cookie", values, ["a=1", "b=2"])

    @pytest.mark.parametrize("status", [201, 400, 401, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504])
    def test_any_status_is_returned_as_a_response(
        self, execute: ExecutorRunner, serve: ServerFactory, status: int
    ) -> None:
        """The middleware judges a status. For an executor it is neither an error nor a reason to retry."""
        headers = (("WWW-Authenticate", 'Basic realm="x"'), ("Retry-After", "0"))
        faulty = serve(server.respond_with(server.format_response(status, b'{"error":"x"}', headers)))
        response = expect_response(execute(write(f"{faulty.url}/x")))
        expect("status and body", (response.status, response.body), (status, b'{"error":"x"}'))
        expect("the number of requests", len(faulty.requests), 1)

    @pytest.mark.parametrize("status", [204, 304])
    def test_a_status_without_a_body_is_a_complete_response(
        self, execute: ExecutorRunner, serve: ServerFactory, status: int
    ) -> None:
        """204 and 304 have no body, even if a 304 has the Content-Length of the corresponding 200."""
        length = (("Content-Length", "9"),) if status == 304 else ()
        faulty = serve(server.respond_with(server.format_head(status, length), server.format_response(200, b"next")))
        responses = [expect_response(execute(read(f"{faulty.url}/x"))) for _ in range(2)]
        results = [(response.status, response.body) for response in responses]
        expect("status and body of this response and the next", results, [(status, b""), (200, b"next")])

    @pytest.mark.parametrize("status", [100, 103])
    def test_an_interim_response_is_skipped(self, execute: ExecutorRunner, serve: ServerFactory, status: int) -> None:
        """100 and 103 precede the response. The next call gets its response, not the rest of this one."""
        hints = server.format_head(status, (("Link", "</x>; rel=preload"),))

        def answer(peer: Peer, request: ReceivedRequest) -> None:
            peer.say(hints)
            server.echo(peer, request)

        url = serve(answer).url
        responses = [expect_response(execute(read(f"{url}/{number}"))) for number in range(2)]
        results = [(response.status, response.body) for response in responses]
        expect("status and body of two calls", results, [(200, b"/0"), (200, b"/1")])

    @each_redirect
    def test_a_redirect_is_returned(self, execute: ExecutorRunner, serve: ServerFactory, status: int) -> None:
        """An executor returns a 3xx like any other response."""
        faulty = serve(server.respond_with(server.format_response(status, headers=(("Location", "/elsewhere"),))))
        response = expect_response(execute(write(f"{faulty.url}/x")))
        expect("status and Location", (response.status, response.header("location")), (status, "/elsewhere"))
        expect("the targets of the requests", [request.target for request in faulty.requests], ["/x"])

    @each_redirect
    def test_another_origin_never_gets_the_credential(
        self, execute: ExecutorRunner, serve: ServerFactory, status: int
    ) -> None:
        """A redirect must not forward a credential to another origin."""
        elsewhere = serve(server.echo)
        location = ("Location", f"{elsewhere.url}/x")
        faulty = serve(server.respond_with(server.format_response(status, headers=(location,))))
        execute(read(f"{faulty.url}/x"))
        expect("the number of requests to the other origin", len(elsewhere.requests), 0)

    def test_concurrent_calls_get_their_own_responses(self, execute: ExecutorRunner, serve: ServerFactory) -> None:
        """Threads and tasks share connections, but never a response."""
        url = serve(server.echo).url
        targets = [f"/{n}" for n in range(self.at_once)]
        replies = execute.at_once([read(url + target) for target in targets])
        expect("the bodies", [expect_response(reply).body.decode() for reply in replies], targets)
