"""Infisical as a library of pure functions. This file is the index: nothing is defined here.

endpoints/secrets/     a pure function builds a `Request[T]`          request.py
encode.py              the request becomes an `HttpRequest`
middleware/            pure flows around it: log, auth mode, cache, retry, token
drivers/               run the flow until its deadline, in threads or under asyncio
executors/             the only I/O                                   transport.py has their types
decode.py              the `Response` becomes a model
rejection.py           or an error of the family in errors.py
answer.py              the `Answer[T]` of the call: a `Success` or a `Failure`
client.py              puts these together: call.py for each call, login.py and session.py for logins
settings/, sources/    settings from environment variables, and logins with what the platform hands out
memory/, testing/      an Infisical as data and functions, and the parts of tests
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infisical.version import __version__

if TYPE_CHECKING:
    from infisical import settings, sources
    from infisical.access import Access, AuthMode
    from infisical.answer import Answer, or_raise
    from infisical.cache import Cache, CacheInfo
    from infisical.client import AsyncInfisicalClient, InfisicalClient
    from infisical.credentials import ApiKey, IdentityAccessToken, Jwt, ServiceToken
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
    from infisical.login_methods import (
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
    from infisical.pagination import apages, pages
    from infisical.place import Place
    from infisical.request import NULL, HttpRequest, Request
    from infisical.response import Response
    from infisical.transport import AsyncExecutor, Executor
    from infisical.watching import awatch, watch

_HOMES = {
    "access": (
        "Access",
        "AuthMode",
    ),
    "answer": (
        "Answer",
        "or_raise",
    ),
    "cache": (
        "Cache",
        "CacheInfo",
    ),
    "client": (
        "AsyncInfisicalClient",
        "InfisicalClient",
    ),
    "credentials": (
        "ApiKey",
        "IdentityAccessToken",
        "Jwt",
        "ServiceToken",
    ),
    "endpoints.identity_auth": ("LoginResponse",),
    "endpoints.secrets.merge": (
        "merge_imports",
        "to_env",
    ),
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
    "login_methods": (
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
    "pagination": (
        "apages",
        "pages",
    ),
    "place": ("Place",),
    "request": (
        "NULL",
        "HttpRequest",
        "Request",
    ),
    "response": ("Response",),
    "transport": (
        "AsyncExecutor",
        "Executor",
    ),
    "watching": (
        "awatch",
        "watch",
    ),
}
_MODULES = ("settings", "sources")
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
    "Cache",
    "CacheInfo",
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
    "apages",
    "awatch",
    "merge_imports",
    "or_raise",
    "pages",
    "settings",
    "sources",
    "to_env",
    "watch",
]

if not TYPE_CHECKING:  # a type checker that sees it takes every name for there

    def __getattr__(name: str) -> Any:
        import importlib

        if name in _MODULES:
            return importlib.import_module(f"infisical.{name}")  # which sets the attribute
        home = _HOME.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(home), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
