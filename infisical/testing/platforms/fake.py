"""What the fake platforms have in common: each is an executor that keeps the requests that it gets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from returns.result import Success

from infisical.request import HttpRequest
from infisical.response import Response
from infisical.transport import Reply


@dataclass(slots=True, kw_only=True)
class FakePlatform(ABC):
    """Answers each request, and keeps it in `sent`. Safe to share between threads."""

    sent: list[HttpRequest] = field(default_factory=list, init=False, repr=False)

    def __call__(self, request: HttpRequest) -> Reply:
        self.sent.append(request)
        return Success(self._answer(request))

    @abstractmethod
    def _answer(self, request: HttpRequest) -> Response: ...


def make_portal_page() -> Response:
    """Make what a captive portal answers in the place of a platform: HTML, and the status 200."""
    page = b"<html><body>Sign in to the network of the hotel</body></html>"
    return Response(200, (("Content-Type", "text/html"),), page)
