"""The server of the executor contract: how it reads a request, whole or broken."""

from __future__ import annotations

import socket

import pytest

from infisical.testing import faulty_server
from infisical.testing.executor_contract import ExecutorContract

pytestmark = pytest.mark.enable_socket
CHUNKED = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


def list_requests(sent: bytes) -> list[tuple[str, bytes]]:
    """Send these bytes and end: method and body of each request that the server read whole."""
    with faulty_server.start_server(faulty_server.close) as server:
        with socket.create_connection(server.address) as sock:
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_WR)
            assert server.closures.acquire(timeout=30)
        return [(request.method, request.body) for request in server.requests]


def test_a_body_in_chunks_is_read_whole():
    assert list_requests(CHUNKED + b"2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n") == [("POST", b"abcde")]


@pytest.mark.parametrize(
    "sent", [CHUNKED, CHUNKED + b"2\r\nab\r\n", b"POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nab", b"GET /\r\n", b""]
)
def test_a_request_that_is_cut_short_is_not_one(sent):
    assert list_requests(sent) == []


def test_a_contract_without_an_executor_says_what_to_define():
    with pytest.raises(NotImplementedError, match="define make_executor: it must return the executor to test"):
        ExecutorContract().make_executor()
