"""Which proxy serves which URL: a proxy as a value, and the proxy that an environment names. Pure, without any I/O.

Every executor reads the environment with `find_proxy`, so that `NO_PROXY` means the same with each. Rules are read as
curl, Go and Python's urllib read them, as far as these agree.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}
SOCKS_SCHEMES: Final = ("socks", "socks4", "socks4a", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy and its credentials; as text it is its host and port, never its credentials."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    authorization: str | None = field(default=None, repr=False)
    """The value of its Proxy-Authorization."""

    def __str__(self) -> str:
        return format_authority(self.host, self.port)

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Read `http://user:password@host:port`, or with https; the default scheme is http.

        ValueError for anything else, SOCKS too. The message shows nothing of the URL, since any part of it may be a
        password.
        """
        scheme, mark, address = url.strip().partition("://")
        if not mark:
            scheme, address = "http", scheme
        scheme = scheme.lower()
        if scheme in SOCKS_SCHEMES:
            raise ValueError(f"a {scheme} proxy is not supported: HTTP proxies are, as http:// or https://")
        if scheme not in PORTS:
            raise ValueError("a proxy is http:// or https://")
        parts = _split(f"{scheme}://{address}")
        if parts is None or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError("a proxy is scheme://user:password@host:port; / ? # in a password are written %2F %3F %23")
        authorization = None
        if parts.username or parts.password:
            login = _unquote(parts.username or "") + b":" + _unquote(parts.password or "")
            authorization = f"Basic {base64.b64encode(login).decode()}"
        kind: Literal["http", "https"] = "https" if scheme == "https" else "http"
        return cls(kind, parts.hostname, parts.port or PORTS[scheme], authorization)


def format_authority(host: str, port: int) -> str:
    """Write host and port as URLs and CONNECT have them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _unquote(text: str) -> bytes:
    """Undo percent-encoding. Bytes that are not UTF-8 stay, and no error may occur: it would hold a password."""
    return unquote_to_bytes(re.sub(r"[\ud800-\udc7f\udd00-\udfff]", "?", text).encode("utf-8", "surrogateescape"))


# ---- this machine
def is_loopback(host: str) -> bool:
    """Whether a host is certainly this machine: `localhost` in any case, or a well-formed loopback address.

    `host` comes from a parsed URL; the brackets of IPv6 may stay. A host that a resolver has to interpret is not
    certain, since it may go elsewhere: `127.0.0.999`, `127.1`, `0x7f.1`, `localhost.`, an address with a zone.
    """
    if host.lower() == "localhost":
        return True
    if "%" in host:
        return False
    try:
        address = ipaddress.ip_address(_strip_brackets(host))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def is_this_machine(host: str) -> bool:
    """Whether a host means this machine, in any spelling: requests to it never go through a proxy.

    Wider than `is_loopback`, since a direct connection is the careful choice here. It also accepts names below
    `localhost`, a final dot, a zone, and the old short forms of an IPv4 address (`127.1`, `0x7f.1`, `2130706433`).
    """
    host = host.lower().rstrip(".")
    bare = _strip_brackets(host).partition("%")[0]
    return is_loopback(bare) or host.endswith(".localhost") or _expand_address(bare).startswith("127.")


def is_local_http(url: str) -> bool:
    """Whether a URL is http:// to this machine: such a request never goes through a proxy."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "http" and is_this_machine(parts.hostname or "")
    except ValueError:
        return False


def _strip_brackets(host: str) -> str:
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _expand_address(host: str) -> str:
    """Write an IPv4 address of an old short form in full; an empty text for anything else."""
    if not re.fullmatch(r"(0x[0-9a-f]{1,16}|[0-9]{1,16})(\.(0x[0-9a-f]{1,16}|[0-9]{1,16})){0,3}", host):
        return ""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return ""


# ---- the proxy that an environment names
def find_proxy(url: str, environment: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy that an environment names for a URL, or None for a direct connection.

    The proxy is the first of `https_proxy`, `HTTPS_PROXY`, `all_proxy` and `ALL_PROXY` that is not empty (`http_proxy`
    and `HTTP_PROXY` for http://). `HTTP_PROXY` is ignored if `REQUEST_METHOD` is set: in a CGI script the caller can
    set it with a header `Proxy`.

    There is no proxy for this machine (`is_this_machine`), nor for a host that `no_proxy`, or else `NO_PROXY`, names.
    That is a list of rules, separated by commas or blanks, in any case:

    - `*`: every host;
    - `a.example`, `.a.example`, `*.a.example`, `a.example.`: this host and all hosts below it;
    - `10.1.2.3`, `fd00::1`, `[fd00::1]`: this address in any notation; a zone (`%eth0`) does not count;
    - `10.0.0.0/8`, `fd00::/8`: every address of this range. Names are not resolved, so a range matches no name;
    - any of these but `*`, with a port (`a.example:8443`, `[fd00::1]:8443`): only this port.

    Anything else, an empty rule included, matches nothing.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in PORTS or not parts.hostname:
        return None
    variables = dict(environment)  # a dict minds case: os.environ of Windows would read HTTP_PROXY as http_proxy
    names = [f"{parts.scheme}_proxy", f"{parts.scheme.upper()}_PROXY", "all_proxy", "ALL_PROXY"]
    if "REQUEST_METHOD" in variables:
        names = [name for name in names if name != "HTTP_PROXY"]
    proxy = _get_first(variables, *names)
    rules = _get_first(variables, "no_proxy", "NO_PROXY")
    if not proxy or _is_bypassed(parts.hostname, parts.port or PORTS[parts.scheme], rules):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _get_first(variables: Mapping[str, str], *names: str) -> str:
    values = [variables.get(name, "").strip() for name in names]
    return next((value for value in values if value), "")


def _split(url: str) -> SplitResult | None:
    """Split a URL; None if its host or port is malformed."""
    try:
        parts = urlsplit(url)
        has_port = parts.port is None or parts.port > 0
        return parts if has_port and re.fullmatch(r"[^\s\x00-\x1f\x7f,@]*", parts.hostname or "") else None
    except ValueError:
        return None


# ---- hosts that bypass the proxy
def _is_bypassed(host: str, port: int, rules: str) -> bool:
    if is_this_machine(host):
        return True
    host = host.rstrip(".")
    network = _parse_network(host)
    return any(_matches(rule, host, port, network) for rule in re.split(r"[\s,]+", rules.lower()) if rule)


def _matches(rule: str, host: str, port: int, network: Network | None) -> bool:
    """Whether a rule names a host: `*`; a name, and all names below it; an address; a range. A port may follow."""
    if rule == "*":
        return True
    rule_network = _parse_network(rule)
    if rule_network is None:
        has_port = re.search(r"(?<!:):[0-9]+$|\]:[0-9]+$", rule)
        rule, mark, rule_port = rule.rpartition(":") if has_port else (rule, "", "")
        if mark and (len(rule_port) > 5 or int(rule_port) != port):
            return False
        rule_network = _parse_network(rule)
    if rule_network is not None:
        other: Any = rule_network  # of the same version
        return network is not None and network.version == rule_network.version and network.subnet_of(other)
    name = rule.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _parse_network(text: str) -> Network | None:
    """Parse a range, or an address as a range of one; an IPv4 address in IPv6 notation becomes IPv4."""
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
