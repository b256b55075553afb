"""Any executor as a WSGI application: an environ becomes an HttpRequest, a Response becomes an answer.

What a message means is the executor's; sockets, threads and processes are the WSGI server's. Nothing here decides.
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
from infisical.server.hosts import Hosts, host_of, hosts_of
from infisical.transport import Executor

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HOP_BY_HOP: Final = frozenset(
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
"""Headers of one connection, not of the message: PEP 3333 leaves them to the server."""
BODILESS: Final = frozenset({204, 304})
MAX_BODY_BYTES: Final = 4 << 20
"""The size of a request's body, unless it is set: twice what any route of the server takes."""


def application(
    executor: Executor, *, allowed_hosts: Iterable[str] | None = None, max_body_bytes: int = MAX_BODY_BYTES
) -> WSGIApplication:
    """Make a WSGI application of an executor, to be served or mounted anywhere.

    The executor sees the path as it was sent, with its percent-encoding (`%2F` stays), where the server tells it
    (`REQUEST_URI`, `RAW_URI`), else as `PATH_INFO` has it; without the prefix that it is mounted at (`SCRIPT_NAME`).
    The URL's host is the one that was asked: an executor that sends requests on gives them another. Bodies go in and
    out decoded, so that `Accept-Encoding` and `Content-Encoding` are not passed on; neither are headers of the
    connection.

    `allowed_hosts` are the hosts that it answers to, in any port: names, addresses, networks, or `*` for every
    well-formed one (`infisical.server.hosts.THIS_MACHINE` has those of loopback). A request for another host gets 421,
    one whose `Host` is malformed or absent 400. None, the default, leaves the check to the WSGI server or a proxy.
    A body of more than `max_body_bytes` (4 MiB by default) gets 413 and is not read.

    A Failure is answered with 502 and a JSON body like the server's errors, without secrets; so are an executor that
    raises and an answer that cannot be written. A body shorter than its Content-Length is a 400. ValueError for an
    entry of `allowed_hosts` that is no host.
    """
    hosts = None if allowed_hosts is None else hosts_of(allowed_hosts)

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        refused = None if hosts is None else _misdirected(environ, hosts)
        request = Failure(refused) if refused is not None else _request(environ, max_body_bytes)
        response = request.failure() if isinstance(request, Failure) else _run(executor, request.unwrap())
        headers, body = _written(response, environ["REQUEST_METHOD"])
        start_response(_status(response.status), headers)
        return [body] if body else []

    return answer


# ---- the way in
def _misdirected(environ: WSGIEnvironment, hosts: Hosts) -> Response | None:
    """Return the refusal of a request that is meant for another host, None if it is meant for this one."""
    target = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)", _target(environ))
    for authority in (environ.get("HTTP_HOST", ""), *(() if target is None else target.groups())):
        host = host_of(authority)
        if host is None:
            return _refusal(HTTPStatus.BAD_REQUEST, "The Host header is missing or malformed")
        if host not in hosts:
            message = f"This server does not answer to the host '{host}': allow it (serve --allow-host {host})"
            return _refusal(HTTPStatus.MISDIRECTED_REQUEST, message)
    return None


def _target(environ: WSGIEnvironment) -> str:
    """Return the request target as it was sent, empty if the server does not tell it."""
    return environ.get("REQUEST_URI") or environ.get("RAW_URI") or ""


def _request(environ: WSGIEnvironment, max_body_bytes: int) -> Result[HttpRequest, Response]:
    query = environ.get("QUERY_STRING", "")
    url = f"{_origin(environ)}{_path(environ)}{f'?{_ascii(query)}' if query else ''}"
    headers = _headers(environ)
    return _body(environ, max_body_bytes).map(
        lambda body: HttpRequest(environ["REQUEST_METHOD"], url, headers, body or None)
    )


def _origin(environ: WSGIEnvironment) -> str:
    host: str = environ.get("HTTP_HOST", "")
    if host_of(host) is None:  # it must not become a part of the path
        name = environ["SERVER_NAME"]
        host = f"{f'[{name}]' if ':' in name else name}:{environ['SERVER_PORT']}"
    return f"{environ['wsgi.url_scheme']}://{host}"


def _path(environ: WSGIEnvironment) -> str:
    """The path below the mount. PATH_INFO is decoded, and cannot tell %2F from a slash: what was sent can."""
    prefix, path = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", "")
    target = re.sub(
        r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*", "", _target(environ)
    )  # what is asked of a proxy begins with a scheme
    letters = re.findall(r"%[0-9A-Fa-f]{2}|.", re.split(r"[?#]", target)[0], re.DOTALL)
    if "".join(map(_decoded, letters)) == prefix + path:  # else somebody has rewritten the path since
        below = _ascii("".join(letters[len(prefix) :]))
    else:
        below = quote(_bytes(path), safe="/~!$&'()*+,;=:@")
    return below if below.startswith("/") else f"/{below}"


def _decoded(letter: str) -> str:
    return unquote_to_bytes(letter).decode("latin-1") if len(letter) == 3 else letter


def _bytes(text: str) -> bytes:
    """What an environ's text stands for: bytes, each as one character, if the server keeps to PEP 3333."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _ascii(raw: str) -> str:
    """Percent-encode what may not stand in a URL as it is, and nothing else."""
    return quote(_bytes(raw), safe=string.punctuation)


def _headers(environ: WSGIEnvironment) -> Headers:
    given = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
    given |= {name: environ[name] for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)}
    named = {name.replace("_", "-").title(): value for name, value in given.items()}
    dropped = _of_the_connection(named.items()) | {"accept-encoding"}
    return tuple((name, value) for name, value in named.items() if name.lower() not in dropped)


def _body(environ: WSGIEnvironment, most: int) -> Result[bytes, Response]:
    length: str = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        return Failure(_refusal(HTTPStatus.BAD_REQUEST, "Content-Length is not a number"))
    if len(length.lstrip("0")) > len(str(most)) or int(length) > most:  # Python reads no number of 5,000 digits
        return Failure(_too_large(most))
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):  # a chunked body has no length
        body = _read(stream, most + 1)
        return Success(body) if len(body) <= most else Failure(_too_large(most))
    body = _read(stream, int(length))
    if len(body) < int(length):
        return Failure(_refusal(HTTPStatus.BAD_REQUEST, "The body is shorter than its Content-Length"))
    return Success(body)


def _read(stream: Any, most: int) -> bytes:
    """Read at most so many bytes; a stream may give fewer at a time."""
    parts = []
    while most > 0 and (part := stream.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _too_large(most: int) -> Response:
    return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {most} bytes")


# ---- the way out
def _run(executor: Executor, request: HttpRequest) -> Response:
    try:
        reply: object = executor(request)
    except Exception as cause:
        return _refusal(HTTPStatus.BAD_GATEWAY, f"the executor is defective: {describe_exception(cause)}")
    match reply:
        case Success(Response() as response):
            flaw = _flaw(response)
            return response if flaw is None else _refusal(HTTPStatus.BAD_GATEWAY, flaw)
        case Failure(error):
            said = str(getattr(error, "message", type(error).__name__))
            return _refusal(HTTPStatus.BAD_GATEWAY, mask(said, find_secrets(request.headers, request.body)))
    return _refusal(HTTPStatus.BAD_GATEWAY, f"the executor returned {type(reply).__name__}, not a Result of a Response")


def _flaw(response: Response) -> str | None:
    """Why an answer cannot be written: a header with a line break would begin another one."""
    if not 200 <= response.status <= 599:
        return "the executor's answer has a status that is not one of a final answer"
    if all(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) for name, _ in response.headers) and all(
        re.fullmatch(r"[\t -~\x80-\xff]*", value) for _, value in response.headers
    ):
        return None
    return "the executor's answer has a header that cannot be written"


def _refusal(status: HTTPStatus, message: str) -> Response:
    body = {"statusCode": int(status), "error": status.phrase.replace(" ", ""), "message": message}
    return Response(int(status), (("Content-Type", "application/json; charset=utf-8"),), json.dumps(body).encode())


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _written(response: Response, method: str) -> tuple[list[tuple[str, str]], bytes]:
    """The headers and the body for the server; a body's length is told anew, for only here is it surely known."""
    dropped = _of_the_connection(response.headers) | {"content-length", "content-encoding"}
    headers = [(name, value) for name, value in response.headers if name.lower() not in dropped]
    if response.status in BODILESS:
        return headers, b""
    length = str(len(response.body))
    if method == "HEAD":
        told = response.header("content-length") or ""
        length = told if not response.body and told.isascii() and told.isdigit() else length
    return [*headers, ("Content-Length", length)], b"" if method == "HEAD" else response.body


def _of_the_connection(headers: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The names of headers that are not passed on, in lower case: the known ones, and those that Connection names."""
    named = [part for name, value in headers if name.lower() == "connection" for part in value.split(",")]
    return HOP_BY_HOP.union(part.strip().lower() for part in named)
