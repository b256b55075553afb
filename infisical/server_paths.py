"""Server paths: the path of each endpoint on the server of a client, learned from "route not found". Sends nothing.

A server has an endpoint at `Request.path` or at one of `Request.formerly`. The client remembers a former path that
works, and tries it first in the next call. A client and its copies share one `ServerPaths`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.request import Request

MAX_ENDPOINTS: Final = 256
"""More than the endpoints that have moved; it bounds the templates of hand-made requests."""


class ServerPaths:
    """The former paths of the server, by endpoint. Every write rebinds one attribute: readers need no lock."""

    __slots__ = ("_former",)

    def __init__(self) -> None:
        self._former: Mapping[tuple[str, str], str] = {}

    def list_templates(self, request: Request[Any]) -> tuple[str, ...]:
        """List the templates of an endpoint in the order to try: remembered, current, older ones."""
        known = self._former.get((request.method, request.path))
        first = (known,) if known is not None and known in request.formerly else ()
        return tuple(dict.fromkeys((*first, request.path, *request.formerly)))

    def remember(self, request: Request[Any], template: str) -> None:
        """Note that the server has this former path of an endpoint."""
        endpoint = (request.method, request.path)
        if self._former.get(endpoint) != template:
            others = [item for item in self._former.items() if item[0] != endpoint]
            self._former = {**dict(others[1 - MAX_ENDPOINTS :]), endpoint: template}

    def forget(self, request: Request[Any], template: str) -> None:
        """Forget a path that the server no longer has."""
        endpoint = (request.method, request.path)
        if self._former.get(endpoint) == template:
            self._former = {key: known for key, known in self._former.items() if key != endpoint}
