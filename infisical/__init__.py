"""Infisical as a library of pure functions: this file is the index, nothing is defined here.

endpoints/secrets/     a pure function builds a `Request[T]`
request.py             prepared once into an `HttpRequest`
middleware/            links of the chain, pure flows: log, auth mode, retry, session
drivers.py             run the flow, in threads or under asyncio, until its deadline
executors/             the only I/O
decode.py, errors.py   the `Response` becomes an `Answer[T]` (answer.py): a `Success` or a `Failure`
client.py              puts these together
memory/, testing/      an Infisical as data and functions, and what tests are made of
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infisical.version import __version__

if TYPE_CHECKING:
    from infisical.answer import Answer, or_raise
    from infisical.auth import Access, ApiKey, AuthMode, IdentityAccessToken, Jwt, ServiceToken
    from infisical.client import AsyncInfisicalClient, InfisicalClient
    from infisical.drivers import AsyncExecutor, Executor
    from infisical.endpoints.identity_auth import LoginResponse
    from infisical.endpoints.secrets.merge import merge_imports, to_env
    from infisical.errors import (
        AuthenticationError,
        BadRequestError,
        DeadlineExceededError,
        DecodeError,
        ForbiddenError,
        InfisicalApiError,
        InfisicalError,
        InfisicalNetworkError,
        InternalServerError,
        NotFoundError,
        RateLimitError,
        Reason,
        RequestError,
        UnauthorizedError,
        ValidationError,
    )
    from infisical.flow import Middleware
    from infisical.logins import (
        AliCloudAuth,
        AwsAuth,
        AzureAuth,
        GcpAuth,
        JwtAuth,
        KubernetesAuth,
        LdapAuth,
        OciAuth,
        OidcAuth,
        TlsCertAuth,
        TokenAuth,
        UniversalAuth,
    )
    from infisical.middleware.retry import Retry
    from infisical.place import Place
    from infisical.request import NULL, HttpRequest, Request
    from infisical.response import Response

_HOMES = {
    "answer": ("Answer", "or_raise"),
    "auth": ("Access", "ApiKey", "AuthMode", "IdentityAccessToken", "Jwt", "ServiceToken"),
    "client": ("AsyncInfisicalClient", "InfisicalClient"),
    "drivers": ("AsyncExecutor", "Executor"),
    "endpoints.identity_auth": ("LoginResponse",),
    "errors": (
        "AuthenticationError",
        "BadRequestError",
        "DeadlineExceededError",
        "DecodeError",
        "ForbiddenError",
        "InfisicalApiError",
        "InfisicalError",
        "InfisicalNetworkError",
        "InternalServerError",
        "NotFoundError",
        "RateLimitError",
        "Reason",
        "RequestError",
        "UnauthorizedError",
        "ValidationError",
    ),
    "flow": ("Middleware",),
    "endpoints.secrets.merge": ("merge_imports", "to_env"),
    "logins": (
        "AliCloudAuth",
        "AwsAuth",
        "AzureAuth",
        "GcpAuth",
        "JwtAuth",
        "KubernetesAuth",
        "LdapAuth",
        "OciAuth",
        "OidcAuth",
        "TlsCertAuth",
        "TokenAuth",
        "UniversalAuth",
    ),
    "middleware.retry": ("Retry",),
    "place": ("Place",),
    "request": ("NULL", "HttpRequest", "Request"),
    "response": ("Response",),
}
_HOME = {name: f"infisical.{module}" for module, names in _HOMES.items() for name in names}

__all__ = [
    "NULL",
    "Access",
    "AliCloudAuth",
    "Answer",
    "ApiKey",
    "AsyncExecutor",
    "AsyncInfisicalClient",
    "AuthMode",
    "AuthenticationError",
    "AwsAuth",
    "AzureAuth",
    "BadRequestError",
    "DeadlineExceededError",
    "DecodeError",
    "Executor",
    "ForbiddenError",
    "GcpAuth",
    "HttpRequest",
    "IdentityAccessToken",
    "InfisicalApiError",
    "InfisicalClient",
    "InfisicalError",
    "InfisicalNetworkError",
    "InternalServerError",
    "Jwt",
    "JwtAuth",
    "KubernetesAuth",
    "LdapAuth",
    "LoginResponse",
    "Middleware",
    "NotFoundError",
    "OciAuth",
    "OidcAuth",
    "Place",
    "RateLimitError",
    "Reason",
    "Request",
    "RequestError",
    "Response",
    "Retry",
    "ServiceToken",
    "TlsCertAuth",
    "TokenAuth",
    "UnauthorizedError",
    "UniversalAuth",
    "ValidationError",
    "__version__",
    "merge_imports",
    "or_raise",
    "to_env",
]

if not TYPE_CHECKING:  # a type checker that sees it takes every name for there

    def __getattr__(name: str) -> Any:
        home = _HOME.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        value = globals()[name] = getattr(importlib.import_module(home), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
