"""Options and settings of a client, and the ValueError where one cannot be right.

`Options` may differ from call to call; `ClientSettings` are those of the client. No message shows a value that may hold
a secret: a message describes URLs, headers and values of a wrong type. wiring.py checks what a user plugs in:
executors, logins, middleware, functions. settings/ reads environment variables.
"""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypedDict, TypeVar
from urllib.parse import urlsplit

from infisical.access import POLICIES, Policy
from infisical.credentials import Credential, is_visible_ascii
from infisical.flow import Middleware
from infisical.middleware.retry import Retry
from infisical.redaction import MASK, mask
from infisical.request import Headers
from infisical.version import __version__
from infisical.wiring import check_function, check_middleware

if TYPE_CHECKING:
    from infisical.cache import Cache

L = TypeVar("L")
E = TypeVar("E")
S = TypeVar("S")
CLOUD: Final = "https://app.infisical.com"
RESERVED_HEADERS: Final = frozenset(
    {"authorization", "x-api-key", "content-type", "content-length", "transfer-encoding"}
)
"""Headers that the client writes itself."""
URL_FORM: Final = "https://host[:port][/prefix]"
MAX_NAME_LENGTH: Final = 40  # a message omits a longer header name: it may be a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options of a call. `timeout` and `deadline` are in seconds; with `fresh` the cache does not answer it."""

    timeout: float = 30.0
    deadline: float | None = 120.0
    retry: Retry | None = Retry()
    idempotent: bool = False
    max_response_bytes: int | None = 64 * 2**20
    fresh: bool = False

    def __post_init__(self) -> None:
        check_seconds("timeout", self.timeout)
        if self.deadline is not None:
            check_seconds("deadline", self.deadline)
        limit = self.max_response_bytes
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
            raise ValueError(
                f"max_response_bytes is a whole number of at least 1, or None, not {describe_value(limit)}"
            )
        if self.retry is not None and not isinstance(self.retry, Retry):
            raise ValueError(f"retry is a Retry or None, not {type(self.retry).__name__}")


class ClientOptions(TypedDict, Generic[L, E, S], total=False):
    """The arguments of a client's constructor: `L` are its logins, `E` its executor, `S` its sleep."""

    base_url: str
    auth: Credential | L | None
    executor: E | None
    timeout: float
    deadline: float | None
    retry: Retry | None
    max_response_bytes: int | None
    headers: Mapping[str, str] | None
    auth_policy: str | Policy
    leeway: float
    middleware: Sequence[Middleware]
    clock: Callable[[], float]
    random: Callable[[], float]
    sleep: S | None
    allow_http: bool
    cache: Cache | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ClientSettings:
    """The settings of a client, checked and normalized: `base_url` is the root of the server, `leeway` in seconds."""

    base_url: str
    headers: Headers
    policy: Policy
    middleware: Sequence[Middleware]
    leeway: float
    clock: Callable[[], float]
    random: Callable[[], float]
    cache: Cache | None = None


def make_client_settings(
    *,
    base_url: str = CLOUD,
    headers: Mapping[str, str] | None = None,
    policy: str | Policy = "documented",
    middleware: Sequence[Middleware] = (),
    leeway: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    random: Callable[[], float] = random.random,
    allow_http: bool = False,
    cache: Cache | None = None,
) -> ClientSettings:
    """Make the settings of a client from its arguments; ValueError for a value that cannot be right."""
    check_function("clock", clock)
    check_function("random", random)
    check_middleware(middleware)
    return ClientSettings(
        base_url=normalize_base_url(base_url, allow_http),
        headers=build_headers(headers),
        policy=resolve_policy(policy),
        middleware=middleware,
        leeway=check_seconds("leeway", leeway, zero=True),
        clock=clock,
        random=random,
        cache=check_cache(cache),
    )


def check_cache(cache: Cache | None) -> Cache | None:
    """Return the settings of a cache, or None; ValueError for anything else."""
    if cache is None:
        return None
    from infisical.cache import Cache  # only for a client that has one

    if isinstance(cache, Cache):
        return cache
    raise ValueError(f"cache is a Cache or None, not {type(cache).__name__}: cache=Cache(ttl=60)")


def normalize_base_url(url: object, allow_http: bool) -> str:
    """Return the base URL without a slash or one `/api` at its end; ValueError if no credential may be sent there."""
    mistake = _find_url_mistake(url, allow_http)
    if mistake is not None:
        raise ValueError(f"base_url {mistake}")
    return str(url).rstrip("/").removesuffix("/api").rstrip("/") if _has_api_suffix(str(url)) else str(url).rstrip("/")


def _has_api_suffix(url: str) -> bool:
    return urlsplit(url).path.rstrip("/").endswith("/api")


def _find_url_mistake(url: object, allow_http: bool) -> str | None:
    """Describe the mistake in a base URL, without any part of it."""
    if not isinstance(url, str):
        return f"must be a text, {URL_FORM}, not {type(url).__name__}"
    if not url:
        return f"is empty: it must be {URL_FORM}"
    if not is_visible_ascii(url) or "\\" in url:
        return f"has a space, a control, a backslash or a non-ASCII character in it: it must be {URL_FORM}"
    if not re.match(r"https?://", url, re.IGNORECASE):
        return f"does not begin with https://: it must be {URL_FORM}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return f"has a host or port that cannot be read: it must be {URL_FORM}"
    if "@" in parts.netloc:
        return "must not hold a user name or password: credentials are given by auth="
    if "?" in url:
        return "has a query: remove it"
    if "#" in url:
        return "has a fragment: remove it"
    if not host or port == 0 or not re.fullmatch(r"\[[0-9A-Fa-f:.]+\](:\d*)?|[\w.~-]+(:\d*)?", parts.netloc):
        return f"has no host, or one that cannot be right: it must be {URL_FORM}"
    if parts.scheme == "http" and not allow_http and not _is_loopback(host):
        return "begins with http://, which would send credentials in clear text: use https://, or allow_http=True"
    return None


def _is_loopback(host: str) -> bool:
    from infisical.executors.proxies import is_loopback  # only for http://, which few clients use

    return is_loopback(host)


def build_headers(headers: Mapping[str, str] | None) -> Headers:
    """Return the headers of every HTTP request; ValueError for one that is invalid, or that the client sets."""
    if headers is None:
        headers = {}
    if not isinstance(headers, Mapping):
        raise ValueError(f"headers must be a mapping of names to values, not {type(headers).__name__}")
    for number, (name, value) in enumerate(headers.items(), 1):
        if not isinstance(name, str) or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ValueError(f"headers: the name of number {number} is not a valid header name")
        if name.lower() in RESERVED_HEADERS:
            raise ValueError(f"headers: {name} is set by the client (a credential is given by auth=, login or set_*)")
        if not isinstance(value, str) or not re.fullmatch(r"[ -~\t]*", value):
            label = name if len(name) <= MAX_NAME_LENGTH and mask(name) == name else f"number {number} ({MASK})"
            raise ValueError(f"headers: {label} has a line break, a control or a non-ASCII character in it")
    defaults = {"Accept": "application/json", "User-Agent": f"infisical-functional/{__version__}"}
    names = {name.lower() for name in headers}
    return (*((name, value) for name, value in defaults.items() if name.lower() not in names), *headers.items())


def check_seconds(name: str, value: float, *, zero: bool = False) -> float:
    """Return a number of seconds; ValueError for any other value, and for one that is too small."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number of seconds, not {describe_value(value)}")
    if value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name} must be more than {describe_value(value)} seconds")
    return float(value)


def describe_value(value: object) -> str:
    """Describe a value for a message: a number by its repr, any other value by its type."""
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18):
        return f"{value!r}"
    return type(value).__name__


def resolve_policy(policy: str | Policy) -> Policy:
    """Return the policy of that name, or the function; ValueError for anything else."""
    if not isinstance(policy, str):
        check_function("auth_policy", policy)
        return policy
    if policy not in POLICIES:
        names = " or ".join(map(repr, POLICIES))
        raise ValueError(f"auth_policy must be {names}, or a function of an endpoint's Access")
    return POLICIES[policy]
