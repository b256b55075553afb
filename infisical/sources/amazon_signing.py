"""AWS's signature version 4: canonical request, text to sign, key and header. Pure functions; the time is a parameter.

Nothing here knows where keys come from (amazon_credentials.py) or what Infisical takes (amazon.py).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

from infisical.request import Headers, HttpRequest

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SCOPE_END: Final = "aws4_request"
DATE_HEADER: Final = "X-Amz-Date"
TOKEN_HEADER: Final = "X-Amz-Security-Token"
UNSIGNED_HEADERS: Final = frozenset({"authorization", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"})
"""Headers that proxies may change, and the signature itself."""


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """An access key of AWS; temporary ones have a session token."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a signature is valid for: the region, the service and the time (aware, in any zone)."""

    region: str
    service: str
    time: datetime

    @property
    def timestamp(self) -> str:
        """The time in the form of the header `X-Amz-Date`."""
        return self.time.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")

    @property
    def text(self) -> str:
        """The credential scope: date, region and service."""
        return f"{self.timestamp[:8]}/{self.region}/{self.service}/{SCOPE_END}"


def sign_request(request: HttpRequest, keys: AwsKeys, scope: Scope) -> HttpRequest:
    """Return the request with the headers of its signature.

    Replaces the headers `Authorization`, `Date`, `X-Amz-Date` and `X-Amz-Security-Token`. Signs all headers that
    proxies do not change, and the host of the URL if there is no `Host`.
    """
    replaced = {"authorization", "date", DATE_HEADER.lower(), TOKEN_HEADER.lower()}
    added: Headers = ((DATE_HEADER, scope.timestamp),)
    if keys.session_token:
        added += ((TOKEN_HEADER, keys.session_token),)
    headers = (*(pair for pair in request.headers if pair[0].lower() not in replaced), *added)
    return HttpRequest(
        request.method,
        request.url,
        (*headers, ("Authorization", _authorize(request, headers, keys, scope))),
        request.body,
        request.timeout,
        request.max_response_bytes,
        request.about,
    )


def _authorize(request: HttpRequest, headers: Headers, keys: AwsKeys, scope: Scope) -> str:
    signed = select_headers(request.url, headers)
    text = format_signed_text(write_canonical_request(request.method, request.url, signed, request.body or b""), scope)
    signature = sign_text(text, keys.secret_access_key, scope)
    credential = f"{keys.access_key_id}/{scope.text}"
    return f"{ALGORITHM} Credential={credential}, SignedHeaders={list_names(signed)}, Signature={signature}"


def select_headers(url: str, headers: Headers) -> Headers:
    """Select the headers to sign, with the host of the URL if there is no `Host`."""
    signed = tuple(pair for pair in headers if pair[0].lower() not in UNSIGNED_HEADERS)
    return signed if any(name.lower() == "host" for name, _ in signed) else (*signed, ("Host", _find_host(url)))


def write_canonical_request(method: str, url: str, headers: Headers, body: bytes) -> str:
    """Write a request in the canonical form; all these headers are signed."""
    parts = urlsplit(url)
    lines: dict[str, list[str]] = {}
    for name, value in headers:
        lines.setdefault(name.lower().strip(), []).append(" ".join(value.split()))
    return "\n".join(
        [
            method.upper(),
            quote(_normalize_path(parts.path), safe="/~"),
            "&".join(f"{name}={value}" for name, value in sorted(_split_query(parts.query))),
            *(f"{name}:{','.join(lines[name])}" for name in sorted(lines)),
            "",
            list_names(headers),
            hashlib.sha256(body).hexdigest(),
        ]
    )


def format_signed_text(canonical_request: str, scope: Scope) -> str:
    """Write the text that the key signs."""
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    return f"{ALGORITHM}\n{scope.timestamp}\n{scope.text}\n{digest}"


def derive_key(secret_access_key: str, scope: Scope) -> bytes:
    """Derive the key that signs for one day, region and service."""
    key = f"AWS4{secret_access_key}".encode()
    for part in scope.text.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def sign_text(text: str, secret_access_key: str, scope: Scope) -> str:
    """Sign a text; return the signature in hexadecimal digits."""
    return hmac.new(derive_key(secret_access_key, scope), text.encode(), hashlib.sha256).hexdigest()


def list_names(headers: Headers) -> str:
    """List the names of signed headers, in the form of `SignedHeaders`."""
    return ";".join(sorted({name.lower().strip() for name, _ in headers}))


# ---- parts of the canonical request
def _find_host(url: str) -> str:
    """Return the host of a URL, with its port unless that is the default of the scheme."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    default = {"http": ":80", "https": ":443"}.get(parts.scheme, ":")
    return host.removesuffix(default)


def _normalize_path(path: str) -> str:
    """Remove `.`, `..` and empty parts, as all services but S3 do."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    is_folder = parts and path.endswith("/")
    return f"/{'/'.join(parts)}{'/' if is_folder else ''}"


def _split_query(query: str) -> Iterable[tuple[str, str]]:
    """Split a query into pairs; they stay encoded as they are."""
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        yield name, value
