"""Which of its paths each endpoint has on this client's server, learned from "route not found". No sending here.

A server knows an endpoint by `Request.path` or by one of `Request.formerly`. What a former path answered is remembered,
so that the next call asks it first. A client and its copies share one `ServerPaths`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.request import Request

MOST_ENDPOINTS: Final = 256
"""More endpoints than have moved; the bound is for templates that the application makes up."""


class ServerPaths:
    """The former paths that the server has, by endpoint. Every write rebinds one attribute: readers need no lock."""

    __slots__ = ("_former",)

    def __init__(self) -> None:
        self._former: Mapping[tuple[str, str], str] = {}

    def in_order(self, request: Request[Any]) -> tuple[str, ...]:
        """List the templates of an endpoint in the order to try: the remembered one, today's, the older ones."""
        known = self._former.get((request.method, request.path))
        first = (known,) if known is not None and known in request.formerly else ()
        return tuple(dict.fromkeys((*first, request.path, *request.formerly)))

    def remember(self, request: Request[Any], template: str) -> None:
        """Note that the server has this former path of an endpoint."""
        endpoint = (request.method, request.path)
        if self._former.get(endpoint) != template:
            others = [item for item in self._former.items() if item[0] != endpoint]
            self._former = {**dict(others[1 - MOST_ENDPOINTS :]), endpoint: template}

    def forget(self, request: Request[Any], template: str) -> None:
        """Drop a path that the server no longer has."""
        endpoint = (request.method, request.path)
        if self._former.get(endpoint) == template:
            self._former = {key: known for key, known in self._former.items() if key != endpoint}
