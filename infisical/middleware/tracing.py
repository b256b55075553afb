"""The tracing middleware: a span a call, by OpenTelemetry's conventions for HTTP clients (the extra `otel`).

A client gets it like any other middleware: `InfisicalClient(middleware=[tracing()])`. A span has the template of the
path, never the path, headers, bodies or error messages. Nothing else in the library imports this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from returns.result import Failure

from infisical.errors import InfisicalNetworkError
from infisical.flow import Flow, Middleware, Next, Outcome
from infisical.request import HttpRequest
from infisical.version import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Span, TracerProvider


def tracing(provider: TracerProvider | None = None) -> Middleware:
    """Make the middleware, with the global provider by default. ImportError without the extra `otel`.

    A span lasts from the call to its outcome, over all attempts, and is a child of the current span.
    """
    try:
        from opentelemetry.trace import SpanKind, Status, StatusCode, get_tracer
    except ImportError as missing:
        raise ImportError("tracing needs OpenTelemetry: pip install 'infisical-functional[otel]'") from missing
    tracer = get_tracer("infisical", __version__, provider)

    def mark_failed(span: Span, kind: str) -> None:
        span.set_attribute("error.type", kind)
        span.set_status(Status(StatusCode.ERROR))

    def trace(request: HttpRequest, following: Next) -> Flow[Outcome]:
        template = "" if request.about is None else request.about.path
        url = urlsplit(request.url)
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "server.address": url.hostname or "",
            "server.port": url.port or (443 if url.scheme == "https" else 80),
            "url.scheme": url.scheme,
        }
        if template:
            attributes["url.template"] = template
        span = tracer.start_span(f"{request.method} {template}".rstrip(), kind=SpanKind.CLIENT, attributes=attributes)
        try:
            outcome = yield from following(request)
            if isinstance(outcome, Failure):
                error = outcome.failure()
                attempts = error.attempts
                mark_failed(
                    span, error.reason if isinstance(error, InfisicalNetworkError) else type(error).__qualname__
                )
            else:
                response = outcome.unwrap()
                attempts = response.attempts
                span.set_attribute("http.response.status_code", response.status)
                if response.status >= 400:
                    mark_failed(span, str(response.status))
            if attempts > 1:
                span.set_attribute("http.request.resend_count", attempts - 1)
            return outcome
        finally:
            span.end()

    return trace
