"""Which proxy stands before which URL: a proxy as a value, and what an environment says. Pure, without any I/O.

Every executor reads the environment with `proxy_for`, so that `NO_PROXY` means the same with each. What people write by
hand is read as curl, Go and Python's own urllib read it, where these agree.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import socket
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


# ---- this machine
def is_loopback(host: str) -> bool:
    """Tell whether a host is surely this machine: `localhost` in any case, or a well-formed loopback address.

    `host` is as a parsed URL has it; the brackets of IPv6 may stay. Anything that a resolver has to interpret is not
    sure (`127.0.0.999`, `127.1`, `0x7f.1`, `localhost.`, an address with a zone): it may go elsewhere.
    """
    if host.lower() == "localhost":
        return True
    if "%" in host:
        return False
    try:
        address = ipaddress.ip_address(_without_brackets(host))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def is_this_machine(host: str) -> bool:
    """Tell whether a host is meant to be this machine, in any spelling: such a host is never asked through a proxy.

    Wider than `is_loopback`, since a direct connection is the careful choice here: also names below `localhost`, a
    final dot, a zone, and the old short forms of an IPv4 address (`127.1`, `0x7f.1`, `2130706433`).
    """
    host = host.lower().rstrip(".")
    bare = _without_brackets(host).partition("%")[0]
    return is_loopback(bare) or host.endswith(".localhost") or _old_form(bare).startswith("127.")


def _without_brackets(host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _old_form(host: str) -> str:
    """Write an IPv4 address in an old form as today's; an empty text for anything else."""
    if not re.fullmatch(r"(0x[0-9a-f]{1,16}|[0-9]{1,16})(\.(0x[0-9a-f]{1,16}|[0-9]{1,16})){0,3}", host):
        return ""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return ""


# ---- what an environment says
def proxy_for(url: str, environment: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy that an environment names for a URL, or None for a direct connection.

    The proxy is the first of `https_proxy`, `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY` that is not empty (`http_proxy`
    and `HTTP_PROXY` for http://). `HTTP_PROXY` is ignored where `REQUEST_METHOD` is set: in a CGI script the caller can
    set it, by a header `Proxy`.

    There is none for this machine (`is_this_machine`), and none for a host that `no_proxy`, or else `NO_PROXY`, names.
    That is a list of rules, separated by commas or blanks, in any case:

    - `*`: every host;
    - `a.example`, `.a.example`, `*.a.example`, `a.example.`: this host and all hosts below it;
    - `10.1.2.3`, `fd00::1`, `[fd00::1]`: this address, however it is written; a zone (`%eth0`) does not count;
    - `10.0.0.0/8`, `fd00::/8`: every address of this range. Names are not looked up, so a range matches no name;
    - any of these but `*`, with a port (`a.example:8443`, `[fd00::1]:8443`): only this port.

    Anything else, an empty rule included, matches nothing.
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
    if is_this_machine(host):
        return True
    host = host.rstrip(".")
    network = _network(host)
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
        return network is not None and network.version == named.version and network.subnet_of(named)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
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
