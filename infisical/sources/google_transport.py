"""The transport of a google-auth credentials object, which calls it as it calls a `google.auth.transport.Request`.

It sends by the executors of this library, so that google-auth needs no other HTTP library, and metadata services are
asked directly. It blocks: google.py calls it in a thread. google-auth itself is imported only to raise its error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from returns.result import Failure

from infisical.request import HttpRequest
from infisical.sources.platform import INTERNET_SECONDS
from infisical.sources.transports import MAX_RESPONSE_BYTES, send_directly
from infisical.transport import Executor

METADATA_HOSTS: Final = frozenset({"metadata.google.internal", "169.254.169.254"})


@dataclass(frozen=True, slots=True)
class GoogleResponse:
    """A response as google-auth reads it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class GoogleTransport:
    """Sends the requests of google-auth: by `executor`, or by urllib3, with the proxy of the environment.

    `metadata_host` is the value of `GCE_METADATA_HOST`: a metadata service, as Google's own hosts.
    """

    executor: Executor | None = field(repr=False)
    metadata_host: str | None

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> GoogleResponse:
        """Send a request. Raise google-auth's `TransportError` if no response arrives."""
        from urllib3 import HTTPHeaderDict  # names without case

        content = body.encode() if isinstance(body, str) else body
        seconds = timeout if isinstance(timeout, (int, float)) else INTERNET_SECONDS
        pairs = tuple((headers or {}).items())
        reply = self._choose(url)(HttpRequest(method, url, pairs, content, seconds, MAX_RESPONSE_BYTES))
        if isinstance(reply, Failure):
            raise _make_transport_error(reply.failure().message)
        response = reply.unwrap()
        return GoogleResponse(response.status, HTTPHeaderDict(response.headers), response.body)

    def _choose(self, url: str) -> Executor:
        if self.executor is not None:
            return self.executor
        parts = urlsplit(url)
        is_metadata = parts.hostname in METADATA_HOSTS or parts.netloc == self.metadata_host
        return send_directly if is_metadata else _send_to_internet


def _send_to_internet(request: HttpRequest) -> Any:
    from infisical.executors.urllib3 import Urllib3Executor

    with Urllib3Executor(connections=1, max_response_bytes=MAX_RESPONSE_BYTES) as execute:
        return execute(request)


def _make_transport_error(message: str) -> Exception:
    try:
        make: type[Exception] = import_module("google.auth.exceptions").TransportError
    except ImportError:
        return ConnectionError(message)
    return make(message)
