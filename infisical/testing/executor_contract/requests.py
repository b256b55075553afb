"""The tests of requests: what a server must receive from an executor."""

from __future__ import annotations

from pathlib import Path

import pytest

from infisical.request import HttpRequest
from infisical.testing import faulty_server as server
from infisical.testing.executor_contract.cases import (
    EVERY_BYTE,
    READ_HEADERS,
    WRITE_HEADERS,
    ServerFactory,
    read,
    write,
)
from infisical.testing.faulty_server import FaultyServer
from infisical.testing.runner import ExecutorRunner, expect, expect_bytes, expect_response


class RequestContract:
    """A part of `NetworkExecutorContract`, which has the fixtures."""

    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
    def test_method_path_and_query_arrive_unchanged(
        self, execute: ExecutorRunner, serve: ServerFactory, method: str
    ) -> None:
        """Nothing is encoded or decoded a second time, and %2F stays."""
        target = "/api/v4/secrets/a%2Fb%20c%2Bd%25e%7Ef-._~%C3%A9?path=%2Fa%2F&tags=a%2Cb&empty=&own=it%26s%3D%20%2B1"
        faulty = serve(server.echo)
        body = None if method == "GET" else b"{}"
        headers = WRITE_HEADERS if body else READ_HEADERS
        expect_response(execute(HttpRequest(method, faulty.url + target, headers, body)))
        [request] = faulty.requests
        expect("method and target that arrived", (request.method, request.target), (method, target))

    def test_headers_arrive_unchanged_and_no_credential_is_added(
        self, execute: ExecutorRunner, serve: ServerFactory
    ) -> None:
        """The server gets each header once with its value, and no other credential."""
        faulty = serve(server.echo)
        execute(write(f"{faulty.url}/x"))
        [request] = faulty.requests
        for name, value in WRITE_HEADERS:
            expect(f"the values of {name} that arrived", request.values(name), [value])
        for name in ("cookie", "proxy-authorization", "x-api-key"):
            expect(f"the values of {name}, which the request does not have", request.values(name), [])

    def test_a_repeated_header_arrives_with_all_its_values(self, execute: ExecutorRunner, serve: ServerFactory) -> None:
        """Both values of a repeated header arrive, on two lines or joined by a comma."""
        faulty = serve(server.echo)
        execute(HttpRequest("GET", f"{faulty.url}/x", (("X-Own", "1"), ("X-Own", "2"))))
        [request] = faulty.requests
        expect("the values of X-Own that arrived", ", ".join(request.values("X-Own")).replace(" ", ""), "1,2")

    @pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
    def test_a_body_arrives_byte_for_byte(self, execute: ExecutorRunner, serve: ServerFactory, method: str) -> None:
        """The executor must not decode the body. A DELETE may have a body."""
        faulty = serve(server.echo)
        expect_response(execute(HttpRequest(method, f"{faulty.url}/x", WRITE_HEADERS, EVERY_BYTE)))
        [request] = faulty.requests
        expect_bytes("the body that arrived", request.body, EVERY_BYTE)

    @pytest.mark.parametrize("method", ["GET", "DELETE"])
    def test_a_request_without_a_body_has_no_content_type(
        self, execute: ExecutorRunner, serve: ServerFactory, method: str
    ) -> None:
        """The server refuses an empty body that has a Content-Type."""
        faulty = serve(server.echo)
        expect_response(execute(HttpRequest(method, f"{faulty.url}/x", READ_HEADERS)))
        [request] = faulty.requests
        length = [value for value in request.values("Content-Length") if value != "0"]
        parts = (request.body, request.values("Content-Type"), length, request.values("Transfer-Encoding"))
        expect("body, Content-Type, length and Transfer-Encoding", parts, (b"", [], [], []))

    def test_no_credential_is_taken_from_netrc(
        self, execute: ExecutorRunner, serve: ServerFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A request without a credential is sent without one."""
        netrc = tmp_path / ".netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password else\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HOME", str(tmp_path))
        faulty = serve(server.echo)
        expect_response(execute(HttpRequest("GET", f"{faulty.url}/x")))
        expect("the Authorization that arrived", faulty.requests[0].values("Authorization"), [])

    def test_no_cookie_is_remembered(self, execute: ExecutorRunner, serve: ServerFactory) -> None:
        """Clients with different identities may share an executor, so requests must be independent."""
        faulty = serve(server.respond_with(server.format_response(headers=(("Set-Cookie", "jid=1; Path=/"),))))
        for _ in range(2):
            expect_response(execute(read(f"{faulty.url}/x")))
        expect("the cookies that arrived", [request.values("Cookie") for request in faulty.requests], [[], []])

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    def test_http_to_this_machine_never_goes_through_a_proxy(
        self, proxy: FaultyServer, execute: ExecutorRunner, serve: ServerFactory, host: str
    ) -> None:
        """No proxy of the environment may read plain HTTP to a loopback host."""
        faulty = serve(server.echo)
        expect_response(execute(read(f"{faulty.url.replace('127.0.0.1', host)}/x")))
        expect("the targets of the requests to the proxy", [request.target for request in proxy.requests], [])
        expect("the targets of the requests to the server", [request.target for request in faulty.requests], ["/x"])
