"""The httpx clients of an executor: those that it makes, and copies of the application's that keep no cookies.

Two private parts of httpx are used, and only here: a client's transports (`_transport`, `_mounts`) and the pool of a
transport (`_pool`). Without them a request to this machine goes out on a client that the executor makes.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import httpcore
import httpx

from infisical.executors.proxies import find_proxy, is_local_http

C = TypeVar("C", httpx.Client, httpx.AsyncClient)
PROXY_ERRORS: Final = (ValueError, ImportError, httpx.InvalidURL)
"""What httpx raises for a proxy that it cannot use; ImportError for SOCKS without socksio."""
PROXY_POOLS: Final = (httpcore.HTTPProxy, httpcore.SOCKSProxy, httpcore.AsyncHTTPProxy, httpcore.AsyncSOCKSProxy)


class Clients(Generic[C]):
    """The clients that an executor makes: one for each proxy that the environment names, and one without a proxy.

    httpx itself would read the environment when a client is made, and by other rules. `is_needed` is True if the
    application passed no client: the authorities are then read at once, since that takes time.
    """

    def __init__(self, make: Callable[[str | None, ssl.SSLContext], C], *, is_needed: bool) -> None:
        self._make: Callable[[str | None, ssl.SSLContext], C] = make
        self._tls = httpx.create_ssl_context() if is_needed else None
        self._clients: dict[str | None, C] = {}
        self._proxies: dict[str, str | None] = {}
        self._process = os.getpid()

    def copy_without_cookies(self, original: C | None, url: str) -> C:
        """Copy the application's client, or one of ours, for one call: the copy shares everything but the cookies.

        httpx keeps the cookies of every response. The copy is of httpx's own class, since some subclasses close their
        transports when they are collected. One of `PROXY_ERRORS` if a proxy cannot be used.
        """
        client: Any = self._get_client(self._find_proxy(url)) if original is None else original
        if original is not None and is_local_http(url):
            transports = _list_transports(client)
            if transports is None:
                client = self._get_client(None)
        else:
            transports = None
        copy: Any = object.__new__(httpx.Client if isinstance(client, httpx.Client) else httpx.AsyncClient)
        vars(copy).update(vars(client))
        copy.cookies = httpx.Cookies()
        if transports is not None:
            transport, mounts = transports
            copy._mounts = {pattern: mounted for pattern, mounted in mounts.items() if not is_proxied(mounted)}
            if is_proxied(transport):
                direct: Any = self._get_client(None)
                copy._transport = direct._transport
        return copy  # type: ignore[no-any-return]

    def _get_client(self, proxy: str | None) -> C:
        if self._process != os.getpid():  # a forked child must not use its parent's connections
            self._process, self._clients = os.getpid(), {}
        client = self._clients.get(proxy)
        if client is None:
            self._tls = self._tls or httpx.create_ssl_context()
            client = self._clients.setdefault(proxy, self._make(proxy, self._tls))
        return client

    def _find_proxy(self, url: str) -> str | None:
        origin = "/".join(url.split("/", 3)[:3])
        if origin not in self._proxies:
            self._proxies[origin] = find_proxy(url, os.environ)
        return self._proxies[origin]

    def take_all(self) -> list[C]:
        """Remove and return all clients, for closing."""
        clients, self._clients = self._clients, {}
        return list(clients.values())


def make_client(proxy: str | None, tls: ssl.SSLContext) -> httpx.Client:
    """Make a client that ignores the environment."""
    return httpx.Client(transport=httpx.HTTPTransport(verify=tls, proxy=proxy))


def make_async_client(proxy: str | None, tls: ssl.SSLContext) -> httpx.AsyncClient:
    """Make an async client that ignores the environment."""
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(verify=tls, proxy=proxy))


def _list_transports(client: Any) -> tuple[object, dict[Any, object]] | None:
    """Return the transport of a client and those for some URLs; None if this httpx keeps them elsewhere."""
    attributes = vars(client)
    if "_transport" not in attributes or "_mounts" not in attributes:
        return None
    return attributes["_transport"], attributes["_mounts"]


def is_proxied(transport: object) -> bool:
    """Whether a transport of httpx's own sends through a proxy."""
    return isinstance(getattr(transport, "_pool", None), PROXY_POOLS)
