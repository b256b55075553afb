"""Which proxy stands before which URL: a proxy as a value, and what an environment says. Pure; no sockets here.

What people write by hand is taken as curl, Go and Python's own urllib take it, where these agree.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
SOCKS: Final = ("socks", "socks4", "socks4a", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy, and how it is spoken to; as text it is its host and port, never its credentials."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)
    """The value of its Proxy-Authorization."""

    def __str__(self) -> str:
        return authority(self.host, self.port)

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Read `http://user:password@host:port`, or with https; without a scheme it is http.

        ValueError for anything else, SOCKS too; it shows nothing of the URL, of which any part may be a password.
        """
        scheme, mark, rest = url.strip().partition("://")
        if not mark:
            scheme, rest = "http", scheme
        scheme = scheme.lower()
        if scheme in SOCKS:
            raise ValueError(f"a {scheme} proxy is not supported: HTTP proxies are, as http:// or https://")
        if scheme not in PORTS:
            raise ValueError("a proxy is http:// or https://")
        parts = _split(f"{scheme}://{rest}")
        if parts is None or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("a proxy is scheme://user:password@host:port; / ? # in a password are written %2F %3F %23")
        login = None
        if parts.username or parts.password:
            given = _bytes(parts.username or "") + b":" + _bytes(parts.password or "")
            login = f"Basic {base64.b64encode(given).decode()}"
        kind: Literal["http", "https"] = "https" if scheme == "https" else "http"
        return cls(kind, parts.hostname, parts.port or PORTS[scheme], login)


def authority(host: str, port: int) -> str:
    """Write host and port as URLs and CONNECT have them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bytes(text: str) -> bytes:
    """Undo percent-encoding. What is no text, as an environment may have it, stays; no error may hold a password."""
    return unquote_to_bytes(re.sub(r"[\ud800-\udc7f\udd00-\udfff]", "?", text).encode("utf-8", "surrogateescape"))


def proxy_for(url: str, environment: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy that an environment names for a URL, or None for none.

    The first of `https_proxy`, `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY` that is not empty (`http_proxy` for http://),
    unless the host is this machine by name or loopback address, or `no_proxy` or `NO_PROXY` names it. `HTTP_PROXY` does
    not count where `REQUEST_METHOD` is set: in a CGI script whoever calls can set it, by a header `Proxy`.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in PORTS or not parts.hostname:
        return None
    given = dict(environment)  # as it is written: os.environ of Windows would take http_proxy for HTTP_PROXY
    names = [f"{parts.scheme}_proxy", f"{parts.scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"]
    if "REQUEST_METHOD" in given:
        names = [name for name in names if name != "HTTP_PROXY"]
    found = _first(given, *names)
    if not found or _bypassed(parts.hostname, parts.port or PORTS[parts.scheme], _first(given, "no_proxy", "NO_PROXY")):
        return None
    return found if "://" in found else f"http://{found}"


def _first(environment: Mapping[str, str], *names: str) -> str:
    values = [environment.get(name, "").strip() for name in names]
    return next((value for value in values if value), "")


def _split(url: str) -> SplitResult | None:
    """The parts of a URL, unless it is none: the host is looked at, and the port read."""
    try:
        parts = urlsplit(url)
        known = parts.port is None or parts.port > 0
        return parts if known and re.fullmatch(r"[^\s\x00-\x1f\x7f,@]*", parts.hostname or "") else None
    except ValueError:
        return None


# ---- what goes past a proxy
def _bypassed(host: str, port: int, rules: str) -> bool:
    host = host.rstrip(".")
    network = _network(host)
    if host == "localhost" or host.endswith(".localhost") or (network is not None and network.is_loopback):
        return True
    return any(_matches(rule, host, port, network) for rule in re.split(r"[\s,]+", rules.lower()) if rule)


def _matches(rule: str, host: str, port: int, network: Network | None) -> bool:
    """Whether a rule names a host: `*`; a name, and all names below it; an address; a range. A port may follow."""
    if rule == "*":
        return True
    named = _network(rule)
    if named is None:
        rule, mark, only = rule.rpartition(":") if re.search(r"(?<!:):[0-9]+$|\]:[0-9]+$", rule) else (rule, "", "")
        if mark and (len(only) > 5 or int(only) != port):
            return False
        named = _network(rule)
    if named is not None:
        return network is not None and network.version == named.version and network.subnet_of(named)  # type: ignore[arg-type]
    name = rule.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _network(text: str) -> Network | None:
    """An address, as a range of one, or a range; addresses of IPv4 that are written as IPv6 as what they are."""
    bare, slash, size = text.partition("/")
    bare = bare.removeprefix("[").removesuffix("]").partition("%")[0]
    try:
        if not slash:
            address = ipaddress.ip_address(bare)
            mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
            return ipaddress.ip_network(mapped or address)
        return ipaddress.ip_network(f"{bare}/{size}", strict=False)
    except ValueError:
        return None
