"""The hosts that a server answers to: how to parse a `Host` header, and how to compare it with a set of hosts.

A foreign web page can point a host name of its site at this machine (DNS rebinding). The browser then sends that name.
Pure functions: no sockets, no DNS, no HTTP.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

THIS_MACHINE: Final = ("localhost", "127.0.0.0/8", "::1")
"""The hosts of the loopback interface."""
ANY_HOST: Final = "*"
"""Every well-formed host."""
MAX_LENGTH: Final = 255
AUTHORITY: Final = re.compile(
    r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<literal>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{0,5}))?"
)


def parse_host(authority: str) -> str | None:
    """Parse `host[:port]`; return the host in lower case, without port and brackets, or None if it is malformed."""
    match = AUTHORITY.fullmatch(authority) if len(authority) <= MAX_LENGTH + len("[]:65535") else None
    if match is None or int(match["port"] or 0) > 65535:
        return None
    if match["literal"] is not None:
        try:
            return str(ipaddress.IPv6Address(match["literal"]))
        except ValueError:
            return None
    name = match["name"].lower().removesuffix(".")
    return None if not name or name.startswith(".") or ".." in name else name


def parse_address(host: str) -> Address | None:
    """Parse a host as an IP address; return None for a name. An IPv4 address in IPv6 form becomes IPv4."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@dataclass(frozen=True, slots=True)
class Hosts:
    """A set of hosts: names, addresses and networks."""

    names: frozenset[str]
    networks: tuple[Network, ...]
    any_host: bool = False

    def __contains__(self, host: str) -> bool:
        if self.any_host or host in self.names:
            return True
        address = parse_address(host)
        return address is not None and any(address in network for network in self.networks)


def parse_hosts(entries: Iterable[str]) -> Hosts:
    """Make a set of hosts from names, addresses (`::1`, `[::1]`), networks (`127.0.0.0/8`), or `*` for every host.

    ValueError for any other entry, also for one with a port.
    """
    if isinstance(entries, str):
        raise ValueError(f"hosts must be a list of names, not one text: write [{entries!r}]")
    names, networks, any_host = set(), list[Network](), False
    for entry in entries:
        bare = entry[1:-1] if entry.startswith("[") and entry.endswith("]") else entry
        try:
            networks.append(ipaddress.ip_network(bare))
        except ValueError:
            name = parse_host(entry)
            if entry == ANY_HOST:
                any_host = True
            elif name is None or ":" in entry:
                raise ValueError(
                    f"{entry!r} is not a host name, IP address or network: write it without scheme and port"
                ) from None
            else:
                names.add(name)
    return Hosts(frozenset(names), tuple(networks), any_host)
