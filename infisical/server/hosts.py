"""Hosts: reads a `Host` header, and compares the host with those that a server answers to.

A page of a foreign site can point its own name at this machine (DNS rebinding); the browser then sends that name.
Text in, values out: no sockets, no look-ups, no HTTP.
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
"""What this machine is called from itself."""
ANY_HOST: Final = "*"
"""Every well-formed host."""
LONGEST: Final = 255
AUTHORITY: Final = re.compile(
    r"(?:(?P<name>[A-Za-z0-9._-]+)|\[(?P<literal>[0-9A-Fa-f:.]+)\])(?::(?P<port>[0-9]{0,5}))?"
)


def host_of(authority: str) -> str | None:
    """Return the host of `host[:port]` in lower case, without port and brackets; None if it is malformed."""
    found = AUTHORITY.fullmatch(authority) if len(authority) <= LONGEST + len("[]:65535") else None
    if found is None or int(found["port"] or 0) > 65535:
        return None
    if found["literal"] is not None:
        try:
            return str(ipaddress.IPv6Address(found["literal"]))
        except ValueError:
            return None
    name = found["name"].lower().removesuffix(".")
    return None if not name or name.startswith(".") or ".." in name else name


def address_of(host: str) -> Address | None:
    """Return the IP address that a host is, None for a name; an IPv4 address within IPv6 is read as IPv4."""
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
        address = address_of(host)
        return address is not None and any(address in network for network in self.networks)


def hosts_of(entries: Iterable[str]) -> Hosts:
    """Return the set of these names, addresses (`::1`, `[::1]`), networks (`127.0.0.0/8`), or `*` for every host.

    ValueError for an entry that is none of them; a port belongs to none.
    """
    if isinstance(entries, str):
        raise ValueError(f"hosts are a list of names, not a text: write [{entries!r}]")
    names, networks, any_host = set(), list[Network](), False
    for entry in entries:
        bare = entry[1:-1] if entry.startswith("[") and entry.endswith("]") else entry
        try:
            networks.append(ipaddress.ip_network(bare))
        except ValueError:
            name = host_of(entry)
            if entry == ANY_HOST:
                any_host = True
            elif name is None or ":" in entry:
                raise ValueError(f"{entry!r} is no host name, address or network: write it without port") from None
            else:
                names.add(name)
    return Hosts(frozenset(names), tuple(networks), any_host)
