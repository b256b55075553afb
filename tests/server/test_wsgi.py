"""An executor as a WSGI application: the requests that it gets, byte for byte, and its responses. No sockets."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import HttpRequest, InfisicalClient, InfisicalNetworkError, Jwt, Response
from infisical.encode import prepare
from infisical.endpoints.secrets import Secrets
from infisical.executors import ScriptedExecutor
from infisical.server.wsgi import application
from infisical.transport import Executor, Reply

JSON = ("Content-Type", "application/json; charset=utf-8")
OK = Response(200, (("Content-Type", "text/plain"),), b"ok")
OK_SCRIPT = ScriptedExecutor(OK)
"""For requests that must not reach the executor."""


def make_environ(method: str = "GET", path: str = "/", body: bytes = b"", **more: Any) -> dict[str, Any]:
    """Make an environ by PEP 3333; None removes a variable that it has by default."""
    variables: dict[str, Any] = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": ""}
    variables["wsgi.input"] = io.BytesIO(body)
    setup_testing_defaults(variables)
    if body:
        variables["CONTENT_LENGTH"] = str(len(body))
    return {name: value for name, value in {**variables, **more}.items() if value is not None}


def call(executor: Executor, variables: dict[str, Any], **options: Any) -> tuple[str, list[tuple[str, str]], bytes]:
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        started.extend([status, headers])

    body = b"".join(application(executor, **options)(variables, start_response))
    return started[0], started[1], body


def forward(variables: dict[str, Any]) -> HttpRequest:
    """Return the request that the executor gets."""
    script = ScriptedExecutor(OK)
    call(script, variables)
    [request] = script.sent
    return request


def refuse(status: int, error: str, message: str) -> tuple[list[tuple[str, str]], bytes]:
    body = json.dumps({"statusCode": status, "error": error, "message": message}).encode()
    return [JSON, ("Content-Length", str(len(body)))], body


# ---- the request
def test_a_request_arrives_as_it_was_sent():
    variables = make_environ(
        "POST",
        "/api/v4/secrets/K",
        b'{"a":"\xc3\xa9"}',
        QUERY_STRING="a=%20b&c=d+e&a=2&empty=",
        HTTP_HOST="vault.example.com:8443",
        HTTP_AUTHORIZATION="Bearer t",
        HTTP_X_INFISICAL_ORG="acme",
        CONTENT_TYPE="application/json",
        **{"wsgi.url_scheme": "https"},
    )
    headers = (
        ("Host", "vault.example.com:8443"),
        ("Authorization", "Bearer t"),
        ("X-Infisical-Org", "acme"),
        ("Content-Type", "application/json"),
        ("Content-Length", "10"),
    )
    url = "https://vault.example.com:8443/api/v4/secrets/K?a=%20b&c=d+e&a=2&empty="

    assert forward(variables) == HttpRequest("POST", url, headers, b'{"a":"\xc3\xa9"}')


def test_headers_of_the_connection_and_codings_are_not_passed_on():
    headers = {
        "HTTP_CONNECTION": "keep-alive, X-Hop",
        "HTTP_KEEP_ALIVE": "timeout=5",
        "HTTP_TE": "trailers",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_UPGRADE": "h2c",
        "HTTP_PROXY_AUTHORIZATION": "Basic eA==",
        "HTTP_X_HOP": "1",
        "HTTP_ACCEPT_ENCODING": "gzip",
        "HTTP_ACCEPT": "*/*",
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "",
    }

    assert forward(make_environ(**headers)).headers == (("Host", "127.0.0.1"), ("Accept", "*/*"))


PATHS = [
    # the target that the server passes on, the path that it decodes, and the path that the executor gets
    ({"REQUEST_URI": "/a%2Fb/c%20d?x=1"}, "/a/b/c d", "/a%2Fb/c%20d"),
    ({"RAW_URI": "/a%2fb"}, "/a/b", "/a%2fb"),
    ({"REQUEST_URI": "http://elsewhere:1/a%2Fb?x#y"}, "/a/b", "/a%2Fb"),
    ({"REQUEST_URI": "/a%zz%2"}, "/a%zz%2", "/a%zz%2"),
    ({"REQUEST_URI": "/caf%C3%A9%2F"}, "/cafÃ©/", "/caf%C3%A9%2F"),
    ({"REQUEST_URI": "/cafÃ©%2F"}, "/cafÃ©/", "/caf%C3%A9%2F"),
    ({"REQUEST_URI": "/old%2Fpath"}, "/rewritten/path", "/rewritten/path"),
    ({"REQUEST_URI": "//a"}, "/a", "/a"),
    ({}, "/a b/cafÃ©/%41?#;=@", "/a%20b/caf%C3%A9/%2541%3F%23;=@"),
    ({}, "/日本", "/%E6%97%A5%E6%9C%AC"),
    ({}, "", "/"),
    ({"REQUEST_URI": "*"}, "*", "/*"),
    ({"REQUEST_URI": "/mock/a%2Fb", "SCRIPT_NAME": "/mock"}, "/a/b", "/a%2Fb"),
    ({"REQUEST_URI": "/m%6Fck%2Fx/a%2Fb", "SCRIPT_NAME": "/mock/x"}, "/a/b", "/a%2Fb"),
    ({"REQUEST_URI": "/mock", "SCRIPT_NAME": "/mock"}, "", "/"),
    ({"SCRIPT_NAME": "/mock"}, "/a/b", "/a/b"),
]


@pytest.mark.parametrize(("more", "path", "expected"), PATHS)
def test_a_path_keeps_its_encoding_and_loses_its_mount(more: dict[str, str], path: str, expected: str):
    assert forward(make_environ(path=path, **more)).url == f"http://127.0.0.1{expected}"


@given(
    st.text(min_size=1).filter(lambda it: it not in (".", "..")), st.text(), st.sampled_from(["", "/mock", "/a b/ü"])
)
def test_any_request_of_the_client_arrives_unchanged(name: str, environment: str, mount: str):
    """The server follows PEP 3333: it decodes the path, and passes on the target as it was sent."""
    about = Secrets.get_by_name(secret_name=name, project_id="p", environment=environment)
    request = prepare(about, "http://127.0.0.1", (), 30.0).unwrap()
    parts = urlsplit(request.url)
    prefix = "".join(f"%{byte:02X}" if byte > 127 or byte == 32 else chr(byte) for byte in mount.encode())
    variables = make_environ(
        path=unquote_to_bytes(parts.path).decode("latin-1"),
        SCRIPT_NAME=mount.encode().decode("latin-1"),
        REQUEST_URI=f"{prefix}{parts.path}?{parts.query}",
        QUERY_STRING=parts.query,
        HTTP_HOST=None,
        SERVER_PORT="80",
    )

    assert forward(variables).url == request.url.replace("127.0.0.1", "127.0.0.1:80", 1)


@pytest.mark.parametrize(
    ("more", "origin"),
    [
        ({"HTTP_HOST": "[::1]:8080"}, "http://[::1]:8080"),
        ({"HTTP_HOST": "evil/api?x="}, "http://127.0.0.1:80"),
        ({"HTTP_HOST": "me@evil"}, "http://127.0.0.1:80"),
        ({"HTTP_HOST": "["}, "http://127.0.0.1:80"),
        ({"HTTP_HOST": None, "SERVER_NAME": "::1", "SERVER_PORT": "8080"}, "http://[::1]:8080"),
    ],
)
def test_a_host_does_not_become_a_part_of_the_path(more: dict[str, Any], origin: str):
    assert forward(make_environ(path="/x", **more)).url == f"{origin}/x"


def test_a_query_is_passed_on_in_ascii():
    assert forward(make_environ(QUERY_STRING="a=Ã© %zz[]")).url == "http://127.0.0.1/?a=%C3%A9%20%zz[]"


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ({}, None),
        ({"CONTENT_LENGTH": "0"}, None),
        ({"CONTENT_LENGTH": "3", "wsgi.input": io.BytesIO(b"abcdef")}, b"abc"),
        ({"wsgi.input": io.BytesIO(b"not for us")}, None),
        ({"wsgi.input": io.BytesIO(b"chunks"), "wsgi.input_terminated": True}, b"chunks"),
        ({"wsgi.input_terminated": True}, None),
    ],
)
def test_the_body_is_that_of_the_request_and_none_without_one(more: dict[str, Any], body: bytes | None):
    assert forward(make_environ("POST", **more)).body == body


@pytest.mark.parametrize(
    ("length", "why"),
    [
        ("4", "The body is shorter than its Content-Length"),
        ("abc", "Content-Length is not a number"),
        ("-1", "Content-Length is not a number"),
        ("٣", "Content-Length is not a number"),
    ],
)
def test_a_body_that_breaks_off_is_refused_before_the_executor_sees_it(length: str, why: str):
    script = ScriptedExecutor(OK)
    variables = make_environ("POST", body=b"abc", CONTENT_LENGTH=length)

    assert call(script, variables) == ("400 Bad Request", *refuse(400, "BadRequest", why))
    assert script.sent == []


def test_a_body_that_is_too_large_is_refused_unread():
    class Unreadable(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise AssertionError("the body was read")

    for length in ("11", "9" * 5000):
        variables = make_environ("POST", CONTENT_LENGTH=length, **{"wsgi.input": Unreadable()})
        got = call(OK_SCRIPT, variables, max_body_bytes=10)

        assert (got[0][:3], json.loads(got[2])["message"]) == ("413", "The body is larger than 10 bytes")
    assert OK_SCRIPT.sent == []


def test_a_body_without_length_is_read_up_to_the_limit_only():
    sizes: list[int] = []

    class Endless(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert size >= 0
            sizes.append(min(size, 4))
            return b"x" * min(size, 4)

    variables = make_environ("POST", **{"wsgi.input": Endless(), "wsgi.input_terminated": True})

    assert call(OK_SCRIPT, variables, max_body_bytes=10)[0][:3] == "413"
    assert sum(sizes) == 11


@pytest.mark.parametrize("more", [{}, {"wsgi.input_terminated": True}])
def test_a_body_of_just_the_limit_is_taken_in_as_many_parts_as_it_comes(more: dict[str, Any]):
    class Piecewise(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 3))

    script = ScriptedExecutor(OK)
    variables = make_environ("POST", CONTENT_LENGTH="10", **{"wsgi.input": Piecewise(b"0123456789"), **more})

    assert call(script, variables, max_body_bytes=10)[0] == "200 OK"
    assert script.sent[0].body == b"0123456789"


# ---- the host
def test_a_foreign_host_is_refused_before_the_executor_sees_it():
    message = (
        "This server does not answer to the host 'evil.example': "
        "add it to allowed_hosts, or serve with --allow-host evil.example"
    )
    script = ScriptedExecutor(OK)
    got = call(script, make_environ("POST", HTTP_HOST="evil.example:80"), allowed_hosts=["localhost"])

    assert got == ("421 Misdirected Request", *refuse(421, "MisdirectedRequest", message))
    assert script.sent == []


@pytest.mark.parametrize("host", ["vault", "VAULT:80", "10.1.2.3", "[::1]:80"])
def test_an_allowed_host_is_answered_in_any_port(host: str):
    script = ScriptedExecutor(OK)
    got = call(script, make_environ(HTTP_HOST=host), allowed_hosts=["Vault", "10.0.0.0/8", "::1"])

    assert (got[0], script.sent[0].url) == ("200 OK", f"http://{host}/")


@pytest.mark.parametrize("allowed", [["*"], ["localhost"]])
@pytest.mark.parametrize("host", [None, "", "[", "a b", "me@localhost", "localhost,localhost", "localhost:x", "\x01"])
def test_a_malformed_or_absent_host_is_a_400(host: str | None, allowed: list[str]):
    got = call(OK_SCRIPT, make_environ(HTTP_HOST=host), allowed_hosts=allowed)

    assert got == ("400 Bad Request", *refuse(400, "BadRequest", "The Host header is missing or malformed"))
    assert OK_SCRIPT.sent == []


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://evil.example/x", "421"),
        ("http://me@localhost/x", "400"),
        ("http://localhost:1/x", "200"),
        ("/x", "200"),
    ],
)
def test_the_host_of_a_whole_url_counts_too(target: str, status: str):
    variables = make_environ(path="/x", REQUEST_URI=target, HTTP_HOST="localhost")

    assert call(ScriptedExecutor(OK), variables, allowed_hosts=["localhost"])[0][:3] == status


def test_the_application_refuses_an_invalid_allowed_host():
    with pytest.raises(ValueError, match="'a b' is not a host name, IP address or network"):
        application(OK_SCRIPT, allowed_hosts=["a b"])


# ---- the response
def test_an_answer_is_passed_on_with_its_length():
    headers = (("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("content-length", "999"))
    got = call(ScriptedExecutor(Response(201, headers, b"h\xc3\xa9")), make_environ("POST"))

    assert got == ("201 Created", [*headers[:3], ("Content-Length", "3")], b"h\xc3\xa9")


def test_headers_of_the_connection_stay_with_the_executor():
    dropped = ["Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authenticate", "X-Hop"]
    headers = (("Connection", "close, x-hop"), *((name, "x") for name in dropped), ("Content-Encoding", "gzip"))
    got = call(ScriptedExecutor(Response(200, (*headers, ("ETag", '"1"')), b"{}")), make_environ())

    assert got == ("200 OK", [("ETag", '"1"'), ("Content-Length", "2")], b"{}")


@pytest.mark.parametrize(("status", "line"), [(204, "204 No Content"), (304, "304 Not Modified")])
def test_an_answer_that_has_no_body_has_no_length_either(status: int, line: str):
    executor = ScriptedExecutor(Response(status, (("ETag", '"1"'), ("Content-Length", "2")), b"{}"))

    assert call(executor, make_environ()) == (line, [("ETag", '"1"')], b"")


@pytest.mark.parametrize(
    ("headers", "body", "length"),
    [
        ((), b"four", "4"),
        ((("content-length", "4"),), b"", "4"),
        ((("content-length", "x"),), b"", "0"),
        ((), b"", "0"),
    ],
)
def test_the_answer_to_a_head_has_the_length_and_no_body(
    headers: tuple[tuple[str, str], ...], body: bytes, length: str
):
    got = call(ScriptedExecutor(Response(200, headers, body)), make_environ("HEAD"))

    assert got == ("200 OK", [("Content-Length", length)], b"")


@pytest.mark.parametrize(
    ("status", "line"), [(429, "429 Too Many Requests"), (299, "299 Unknown"), (599, "599 Unknown")]
)
def test_a_status_has_its_phrase(status: int, line: str):
    assert call(ScriptedExecutor(Response(status)), make_environ())[0] == line


def test_no_answer_is_a_502_like_the_servers_errors_without_the_secrets_of_the_request():
    error = InfisicalNetworkError("POST http://x: s3cr3t-value went with Bearer t0ken-t0ken", reason="reset")
    variables = make_environ("POST", body=b'{"secretValue":"s3cr3t-value"}', HTTP_AUTHORIZATION="Bearer t0ken-t0ken")
    message = "POST http://x: [redacted] went with [redacted]"

    assert call(lambda _: Failure(error), variables) == ("502 Bad Gateway", *refuse(502, "BadGateway", message))


def raise_error(_: HttpRequest) -> Reply:
    raise ValueError("with a s3cr3t in it")


INVALID_HEADER = "the executor's response has a header with characters that HTTP does not allow"
DEFECT_CASES: list[tuple[Any, str]] = [
    (lambda _: OK, "the executor returned Response, not a Result of a Response"),
    (lambda _: None, "the executor returned NoneType, not a Result of a Response"),
    (lambda _: Success(b"ok"), "the executor returned Success, not a Result of a Response"),
    (lambda _: Success(Response(100)), "the executor's response has the status 100: use one from 200 to 599"),
    (lambda _: Success(Response(1000)), "the executor's response has the status 1000: use one from 200 to 599"),
    (
        lambda _: Success(Response(200, (("X", "a\r\nSet-Cookie: b"),))),
        INVALID_HEADER,
    ),
    (lambda _: Success(Response(200, (("X", "日本"),))), INVALID_HEADER),
    (lambda _: Success(Response(200, (("X:", "a"),))), INVALID_HEADER),
]


@pytest.mark.parametrize(("executor", "why"), DEFECT_CASES)
def test_an_executor_that_breaks_its_contract_is_a_502(executor: Any, why: str):
    assert call(executor, make_environ()) == ("502 Bad Gateway", *refuse(502, "BadGateway", why))


def test_an_executor_that_raises_is_a_502_that_says_where():
    line = raise_error.__code__.co_firstlineno + 1
    why = f"the executor is defective: ValueError was raised at test_wsgi.py:{line}"

    assert call(raise_error, make_environ()) == ("502 Bad Gateway", *refuse(502, "BadGateway", why))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_the_application_keeps_to_the_letter_of_pep_3333(method: str):
    variables = make_environ(method, body=b"{}" if method == "POST" else b"")
    checked = validator(application(ScriptedExecutor(OK)))
    body = checked(variables, lambda status, headers, exc_info=None: lambda data: None)

    assert list(body) == ([] if method == "HEAD" else [b"ok"])
    body.close()  # type: ignore[attr-defined]


def test_a_client_speaks_to_an_executor_through_wsgi_as_it_does_without():
    body = b'{"secret": {"id": "1", "secretKey": "a/b", "secretValue": "v"}}'
    inner = ScriptedExecutor(Response(200, (JSON,), body), InfisicalNetworkError("no", reason="reset"))

    def through_wsgi(request: HttpRequest) -> Reply:
        parts = urlsplit(request.url)
        variables = make_environ(request.method, unquote_to_bytes(parts.path).decode("latin-1"), request.body or b"")
        variables |= {"REQUEST_URI": f"{parts.path}?{parts.query}", "QUERY_STRING": parts.query}
        variables |= {"HTTP_HOST": parts.netloc, "wsgi.url_scheme": parts.scheme}
        variables |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers}
        status, headers, content = call(inner, variables)
        return Success(Response(int(status[:3]), tuple(headers), content))

    client = InfisicalClient(retry=None, base_url="https://vault", executor=through_wsgi, auth=Jwt("t"))
    secret = client.secrets.get_by_name(secret_name="a/b", project_id="p", environment="dev")
    error = client.secrets.get_by_name(secret_name="a/b", project_id="p", environment="dev").failure()

    assert secret.unwrap().secret_value == "v"
    assert inner.sent[0].url == "https://vault/api/v4/secrets/a%2Fb?projectId=p&environment=dev"
    assert (type(error).__name__, str(error)) == ("InternalServerError", "no")
