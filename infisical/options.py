"""The settings of a client that are texts and numbers, and the ValueError where one cannot be right.

No message shows a value in which a secret may stand: URLs, headers and what has the wrong type are described, not
shown. What a user plugs in (executors, logins, middleware) is checked in wiring.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from infisical.auth import POLICIES, Policy, is_visible_ascii
from infisical.redaction import MASK, masked
from infisical.request import Headers
from infisical.version import __version__
from infisical.wiring import check_function

OURS: Final = frozenset({"authorization", "x-api-key", "content-type", "content-length", "transfer-encoding"})
"""Headers that the client writes itself."""
FORM: Final = "https://host[:port][/prefix]"
LONGEST_NAME: Final = 40  # a header with a longer name is not named in a message: it may be a value


def root_of(url: object, allow_http: bool) -> str:
    """Return the base URL without a slash or one `/api` at its end; ValueError if no credential may be sent there."""
    mistake = _mistake_in(url, allow_http)
    if mistake is not None:
        raise ValueError(f"base_url {mistake}")
    return str(url).rstrip("/").removesuffix("/api").rstrip("/") if _ends_in_api(str(url)) else str(url).rstrip("/")


def _ends_in_api(url: str) -> bool:
    return urlsplit(url).path.rstrip("/").endswith("/api")


def _mistake_in(url: object, allow_http: bool) -> str | None:
    """What is wrong with a base URL, in words that show no part of it."""
    if not isinstance(url, str):
        return f"must be a text, {FORM}, not {type(url).__name__}"
    if not url:
        return f"is empty: it must be {FORM}"
    if not is_visible_ascii(url) or "\\" in url:
        return f"has a space, a control, a backslash or a non-ASCII character in it: it must be {FORM}"
    if not re.match(r"https?://", url, re.IGNORECASE):
        return f"does not begin with https://: it must be {FORM}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return f"has a host or port that cannot be read: it must be {FORM}"
    if "@" in parts.netloc:
        return "must not hold a user name or password: credentials are given by auth="
    if "?" in url:
        return "has a query: remove it"
    if "#" in url:
        return "has a fragment: remove it"
    if not host or port == 0 or not re.fullmatch(r"\[[0-9A-Fa-f:.]+\](:\d*)?|[\w.~-]+(:\d*)?", parts.netloc):
        return f"has no host, or one that cannot be right: it must be {FORM}"
    if parts.scheme == "http" and not allow_http and not _is_loopback(host):
        return "begins with http://, which would send credentials in clear text: use https://, or allow_http=True"
    return None


def _is_loopback(host: str) -> bool:
    from infisical.executors.proxies import is_loopback  # only for http://, which few clients use

    return is_loopback(host)


def sent_headers(given: Mapping[str, str] | None) -> Headers:
    """Return the headers of every HTTP request; ValueError for one that cannot be sent, or is the client's own."""
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        raise ValueError(f"headers must be a mapping of names to values, not {type(given).__name__}")
    for number, (name, value) in enumerate(given.items(), 1):
        if not isinstance(name, str) or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ValueError(f"headers: the name of number {number} is not a valid header name")
        if name.lower() in OURS:
            raise ValueError(f"headers: {name} is set by the client (a credential is given by auth=, login or set_*)")
        if not isinstance(value, str) or not re.fullmatch(r"[ -~\t]*", value):
            label = name if len(name) <= LONGEST_NAME and masked(name) == name else f"number {number} ({MASK})"
            raise ValueError(f"headers: {label} has a line break, a control or a non-ASCII character in it")
    defaults = {"Accept": "application/json", "User-Agent": f"infisical-functional/{__version__}"}
    taken = {name.lower() for name in given}
    return (*((name, value) for name, value in defaults.items() if name.lower() not in taken), *given.items())


def seconds(what: str, value: float, *, zero: bool = False) -> float:
    """Return a number of seconds; ValueError if it is none, or too small."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{what} must be a number of seconds, not {shown(value)}")
    if value < 0 or (value == 0 and not zero):
        raise ValueError(f"{what} must be more than {shown(value)} seconds")
    return float(value)


def shown(value: object) -> str:
    """A number for a message; of anything else only the type."""
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18):
        return f"{value!r}"
    return type(value).__name__


def policy_of(policy: str | Policy) -> Policy:
    """Return the policy of that name, or the function; ValueError for anything else."""
    if not isinstance(policy, str):
        check_function("auth_policy", policy)
        return policy
    if policy not in POLICIES:
        names = " or ".join(map(repr, POLICIES))
        raise ValueError(f"auth_policy must be {names}, or a function of an endpoint's Access")
    return POLICIES[policy]
