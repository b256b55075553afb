"""The hosts that a server answers to: how a `Host` header is parsed, and the set that it is compared with."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infisical.server.hosts import ANY_HOST, THIS_MACHINE, parse_host, parse_hosts


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("localhost", "localhost"),
        ("LocalHost:8080", "localhost"),
        ("localhost.", "localhost"),
        ("localhost:", "localhost"),
        ("a_b.example-c.test:65535", "a_b.example-c.test"),
        ("127.0.0.1:0", "127.0.0.1"),
        ("[::1]:8080", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
    ],
)
def test_a_host_is_read_without_port_and_case(authority: str, host: str):
    assert parse_host(authority) == host


MALFORMED_HOSTS = [
    *("", " ", "[", "]", "[]", "[::1", "::1", "[::1]x", "[127.0.0.1]", "[::1%lo]", "[v1.x]", "[1]", ":80", ".", ".."),
    *("a..b", ".a", "a b", "a, b", "localhost, localhost", "me@localhost", "localhost:x", "localhost:65536"),
    *("localhost:-1", "localhost:٣", "localhost:80:80", "localhost/x", "localhost?x", "localhost#x", "loc%61lhost"),
    *("localhost\n", "\tlocalhost", "local\x00host", "localhöst", "localhost\\", "a" * 300, "localhost:000080"),
]


@pytest.mark.parametrize("authority", MALFORMED_HOSTS)
def test_a_malformed_host_is_none(authority: str):
    assert parse_host(authority) is None


@given(st.text(max_size=40) | st.text("[]:.@1fa-", max_size=20))
def test_any_text_is_a_host_or_none(authority: str):
    host = parse_host(authority)

    assert host is None or re.fullmatch(r"[a-z0-9._:-]+", host)
    assert host is None or isinstance(host in parse_hosts(THIS_MACHINE), bool)


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        *((host, True) for host in ("localhost", "127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1")),
        *((host, False) for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0")),
        *(
            (host, False)
            for host in ("127.0.0.999", "127.1", "10.0.0.1", "::2", "::", "::ffff:10.0.0.1", "notlocalhost")
        ),
    ],
)
def test_this_machine_has_these_names(host: str, is_local: bool):
    assert (host in parse_hosts(THIS_MACHINE)) is is_local


def test_an_ipv4_address_within_ipv6_is_that_address():
    assert (parse_host("[::ffff:127.0.0.1]:80") or "") in parse_hosts(THIS_MACHINE)
    assert (parse_host("[::ffff:10.0.0.1]:80") or "") not in parse_hosts(THIS_MACHINE)


def test_a_set_takes_names_addresses_networks_and_all():
    some = parse_hosts(["Vault.Example.com", "10.0.0.0/8", "[fd00::1]", "fd00::2"])

    hosts = ["vault.example.com", "example.com", "10.9.9.9", "11.0.0.1", "fd00::1", "fd00::2", "fd00::3"]
    assert [host in some for host in hosts] == [True, False, True, False, True, True, False]
    assert [host in parse_hosts([ANY_HOST]) for host in hosts] == [True] * 7


@pytest.mark.parametrize("entry", ["", "a b", "vault:8080", "http://vault", "10.0.0.1/8", "**", "a/b", "[::1]:80"])
def test_an_entry_that_is_not_a_host_is_refused(entry: str):
    with pytest.raises(ValueError, match="is not a host name, IP address or network: write it without scheme and port"):
        parse_hosts([entry])


def test_a_text_in_place_of_a_list_is_refused():
    with pytest.raises(ValueError, match=r"hosts must be a list of names, not one text: write \['vault'\]"):
        parse_hosts("vault")
