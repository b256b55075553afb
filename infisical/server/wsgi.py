"""A WSGI application around any executor: it turns an environ into an HttpRequest and a Response into WSGI's form.

The executor interprets the request. The WSGI server handles sockets, threads and processes.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote_to_bytes

from returns.result import Failure, Result, Success

from infisical.defects import describe_exception
from infisical.redaction import find_secrets, mask
from infisical.request import Headers, HttpRequest
from infisical.response import Response
from infisical.server.hosts import Hosts, parse_host, parse_hosts
from infisical.transport import Executor

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HOP_BY_HOP_HEADERS: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers of one connection. PEP 3333 reserves them for the server."""
BODILESS_STATUSES: Final = frozenset({204, 304})
MAX_BODY_BYTES: Final = 4 << 20
"""The default limit for the body of a request: twice the limit of any route of Infisical."""


def application(
    executor: Executor, *, allowed_hosts: Iterable[str] | None = None, max_body_bytes: int = MAX_BODY_BYTES
) -> WSGIApplication:
    """Make a WSGI application that answers requests through an executor.

    The executor sees the path as the client encoded it (`%2F` stays) if the server provides `REQUEST_URI` or `RAW_URI`,
    else `PATH_INFO`. The path has no mount prefix (`SCRIPT_NAME`). The host of the URL is the requested one: an
    executor that forwards requests must replace it. Bodies are decoded, so `Accept-Encoding` and `Content-Encoding`
    are dropped, like all headers of the connection.

    `allowed_hosts` are the hosts that the application answers to, with any port: names, addresses, networks, or `*` for
    every valid one (`infisical.server.hosts.THIS_MACHINE` has those of loopback). Another host gets 421, a malformed
    or missing `Host` gets 400. With None, the default, the WSGI server or a proxy must check the host.
    A body of more than `max_body_bytes` (4 MiB by default) gets 413 and is not read. A body shorter than its
    Content-Length gets 400.

    A Failure becomes a 502 with a JSON body like Infisical's errors, without secrets. An executor that raises, or
    returns an invalid response, gets the same. Raises ValueError for an entry of `allowed_hosts` that is not a host.
    """
    hosts = None if allowed_hosts is None else parse_hosts(allowed_hosts)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        refusal = None if hosts is None else _check_host(environ, hosts)
        request = Failure(refusal) if refusal is not None else _read_request(environ, max_body_bytes)
        response = request.failure() if isinstance(request, Failure) else _run(executor, request.unwrap())
        headers, body = _format_response(response, environ["REQUEST_METHOD"])
        start_response(_format_status(response.status), headers)
        return [body] if body else []

    return answer


# ---- the request
def _check_host(environ: WSGIEnvironment, hosts: Hosts) -> Response | None:
    """Return a refusal if the host of the request is not allowed, None if it is."""
    target = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)", _get_target(environ))
    for authority in (environ.get("HTTP_HOST", ""), *(() if target is None else target.groups())):
        host = parse_host(authority)
        if host is None:
            return _refuse(HTTPStatus.BAD_REQUEST, "The Host header is missing or malformed")
        if host not in hosts:
            message = (
                f"This server does not answer to the host '{host}': "
                f"add it to allowed_hosts, or serve with --allow-host {host}"
            )
            return _refuse(HTTPStatus.MISDIRECTED_REQUEST, message)
    return None


def _get_target(environ: WSGIEnvironment) -> str:
    """Return the request target as it was sent; empty if the server does not provide it."""
    return environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""


def _read_request(environ: WSGIEnvironment, max_body_bytes: int) -> Result[HttpRequest, Response]:
    query = environ.get("QUERY_STRING", "")
    url = f"{_make_origin(environ)}{_make_path(environ)}{f'?{_quote_invalid(query)}' if query else ''}"
    headers = _read_headers(environ)
    return _read_body(environ, max_body_bytes).map(
        lambda body: HttpRequest(environ["REQUEST_METHOD"], url, headers, body or None)
    )


def _make_origin(environ: WSGIEnvironment) -> str:
    host: str = environ.get("HTTP_HOST", "")
    if parse_host(host) is None:  # a malformed host must not become a part of the path
        name = environ["SERVER_NAME"]
        host = f"{f'[{name}]' if ':' in name else name}:{environ['SERVER_PORT']}"
    return f"{environ['wsgi.url_scheme']}://{host}"


def _make_path(environ: WSGIEnvironment) -> str:
    """Make the path below the mount, from the target as it was sent: in PATH_INFO, %2F has become a slash."""
    prefix, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    # the target of a request to a proxy begins with scheme and host
    target = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", "", _get_target(environ))
    letters = re.findall(r"%[0-9A-Fa-f]{2}|.", re.split(r"[?#]", target)[0], re.DOTALL)
    if "".join(map(_decode_letter, letters)) == prefix + path:  # otherwise the path was rewritten
        below = _quote_invalid("".join(letters[len(prefix) :]))
    else:
        below = quote(_encode_text(path), safe="/~!$&'()*+,;=:@")
    return below if below.startswith("/") else f"/{below}"


def _decode_letter(letter: str) -> str:
    return unquote_to_bytes(letter).decode("latin-1") if len(letter) == 3 else letter


def _encode_text(text: str) -> bytes:
    """Encode a text of an environ to the bytes that it represents: one character each, by PEP 3333."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _quote_invalid(raw: str) -> str:
    """Percent-encode only the characters that a URL may not contain."""
    return quote(_encode_text(raw), safe=string.punctuation)


def _read_headers(environ: WSGIEnvironment) -> Headers:
    variables = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    variables |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    headers = {name.replace("_", "-").title(): value for name, value in variables.items()}
    hop_names = _list_hop_names(headers.items()) | {"accept-encoding"}
    return tuple((name, value) for name, value in headers.items() if name.lower() not in hop_names)


def _read_body(environ: WSGIEnvironment, limit: int) -> Result[bytes, Response]:
    length: str = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        return Failure(_refuse(HTTPStatus.BAD_REQUEST, "Content-Length is not a number"))
    if len(length.lstrip("0")) > len(str(limit)) or int(length) > limit:  # int() refuses 5,000 digits
        return Failure(_refuse_large_body(limit))
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):  # a chunked body has no length
        body = _read_at_most(stream, limit + 1)
        return Success(body) if len(body) <= limit else Failure(_refuse_large_body(limit))
    body = _read_at_most(stream, int(length))
    if len(body) < int(length):
        return Failure(_refuse(HTTPStatus.BAD_REQUEST, "The body is shorter than its Content-Length"))
    return Success(body)


def _read_at_most(stream: Any, limit: int) -> bytes:
    """Read up to `limit` bytes. One read of the stream may return fewer than it was asked for."""
    parts = []
    while limit > 0 and (part := stream.read(limit)):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def _refuse_large_body(limit: int) -> Response:
    return _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {limit} bytes")


# ---- the response
def _run(executor: Executor, request: HttpRequest) -> Response:
    try:
        reply: object = executor(request)
    except Exception as cause:
        return _refuse(HTTPStatus.BAD_GATEWAY, f"the executor is defective: {describe_exception(cause)}")
    match reply:
        case Success(Response() as response):
            flaw = _check_response(response)
            return response if flaw is None else _refuse(HTTPStatus.BAD_GATEWAY, flaw)
        case Failure(error):
            message = str(getattr(error, "message", type(error).__name__))
            return _refuse(HTTPStatus.BAD_GATEWAY, mask(message, find_secrets(request.headers, request.body)))
    return _refuse(HTTPStatus.BAD_GATEWAY, f"the executor returned {type(reply).__name__}, not a Result of a Response")


def _check_response(response: Response) -> str | None:
    """Explain why a response cannot be written; None if it can. A line break in a header would begin another one."""
    if not 200 <= response.status <= 599:
        return f"the executor's response has the status {response.status}: use one from 200 to 599"
    if all(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) for name, _ in response.headers) and all(
        re.fullmatch(r"[\t -~\x80-\xff]*", value) for _, value in response.headers
    ):
        return None
    return "the executor's response has a header with characters that HTTP does not allow"


def _refuse(status: HTTPStatus, message: str) -> Response:
    body = {"statusCode": int(status), "error": status.phrase.replace(" ", ""), "message": message}
    return Response(int(status), (("Content-Type", "application/json; charset=utf-8"),), json.dumps(body).encode())


def _format_status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _format_response(response: Response, method: str) -> tuple[list[tuple[str, str]], bytes]:
    """Return the headers and the body for the server, with the actual length of the body."""
    hop_names = _list_hop_names(response.headers) | {"content-length", "content-encoding"}
    headers = [(name, value) for name, value in response.headers if name.lower() not in hop_names]
    if response.status in BODILESS_STATUSES:
        return headers, b""
    length = str(len(response.body))
    if method == "HEAD":
        declared = response.header("content-length") or ""
        length = declared if not response.body and declared.isascii() and declared.isdigit() else length
    return [*headers, ("Content-Length", length)], b"" if method == "HEAD" else response.body


def _list_hop_names(headers: Iterable[tuple[str, str]]) -> frozenset[str]:
    """List the headers of the connection, in lower case: the known ones, and those that `Connection` names."""
    names = [part for name, value in headers if name.lower() == "connection" for part in value.split(",")]
    return HOP_BY_HOP_HEADERS.union(part.strip().lower() for part in names)
