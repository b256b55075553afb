"""The clients of an httpx executor: copies without cookies, and the private parts of httpx that they need."""

from __future__ import annotations

import httpx
import pytest

from infisical.executors.httpx.clients import Clients, is_proxied, make_async_client, make_client

PROXY = "http://127.0.0.1:3128"
MAKERS = {httpx.Client: make_client, httpx.AsyncClient: make_async_client}
each_kind = pytest.mark.parametrize("kind", MAKERS)


def make_clients(kind: type) -> Clients:
    return Clients(MAKERS[kind], is_needed=False)


@each_kind
def test_the_private_parts_of_a_client_exist(kind):
    client = kind(proxy=PROXY, trust_env=False)

    assert {"_transport", "_mounts"} <= vars(client).keys()
    assert [is_proxied(transport) for transport in client._mounts.values()] == [True]
    assert is_proxied(client._transport) is False


@each_kind
def test_a_copy_goes_to_this_machine_without_a_proxy(kind):
    client = kind(proxy=PROXY, trust_env=False)
    copies = [
        make_clients(kind).copy_without_cookies(client, f"http://{host}/x") for host in ("localhost", "a.example")
    ]

    assert [[is_proxied(transport) for transport in copy._mounts.values()] for copy in copies] == [[], [True]]


@each_kind
def test_without_the_private_parts_a_request_to_this_machine_has_a_client_of_ours(kind):
    client = kind(proxy=PROXY, trust_env=False)
    transport, mounts = client._transport, client._mounts
    del client._transport, client._mounts
    copy = make_clients(kind).copy_without_cookies(client, "http://localhost/x")
    client._transport, client._mounts = transport, mounts

    assert (is_proxied(copy._transport), copy._mounts) == (False, {})


@each_kind
def test_a_copy_has_no_cookies_and_its_original_keeps_them(kind):
    client = kind(cookies={"jid": "theirs"}, trust_env=False)
    copy = make_clients(kind).copy_without_cookies(client, "https://a.example/x")

    assert (dict(copy.cookies), dict(client.cookies)) == ({}, {"jid": "theirs"})
