"""Credentials of azure-identity as the source of a login."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from infisical import (
    HttpRequest,
)
from infisical.sources import azure
from tests.sources.cloud_logins import both_clients, log_in, machine, refusal


@dataclass
class AccessToken:
    token: Any


class Credential:
    """A credential as azure-identity has it."""

    def __init__(self, token: Any = "a.b.c", error: Exception | None = None) -> None:
        self.scopes: list[str] = []
        self._token, self._error = token, error

    def get_token(self, *scopes: str) -> AccessToken:
        self.scopes += scopes
        if self._error is not None:
            raise self._error
        return AccessToken(self._token)


class AsyncCredential(Credential):
    """A credential as azure.identity.aio has it."""

    async def get_token(self, *scopes: str) -> AccessToken:  # type: ignore[override]
        await asyncio.sleep(0)
        return Credential.get_token(self, *scopes)


@pytest.mark.parametrize(
    ("kind", "make"), [("blocking", Credential), ("asyncio", Credential), ("asyncio", AsyncCredential)]
)
def test_an_azure_identity_credential_is_asked_for_the_scope(kind, make):
    credential = make()
    _, sent = log_in(
        azure("i1", "api://app/", credentials=credential, platform=machine(AZURE_FEDERATED_TOKEN_FILE="/token")), kind
    )

    assert (sent, credential.scopes) == ([{"identityId": "i1", "jwt": "a.b.c"}], ["api://app/.default"])


def test_an_async_credential_is_refused_by_the_blocking_client():
    assert refusal(azure("i1", credentials=AsyncCredential(), platform=machine())) == (
        "AuthenticationError",
        "the azure-identity credential failed: it is async, and this client is blocking: AsyncInfisicalClient takes it",
    )


@pytest.mark.parametrize("token", [None, 7, ""])
def test_a_credential_without_a_token_is_refused(token):
    assert refusal(azure("i1", credentials=Credential(token), platform=machine())) == (
        "AuthenticationError",
        "the azure-identity credential gave no token",
    )


def test_a_credential_with_a_token_that_nothing_can_carry_is_refused():
    assert refusal(azure("i1", credentials=Credential("two words"), platform=machine())) == (
        "AuthenticationError",
        "the azure-identity credential gave a token with a space, a line break, a control or a non-ASCII character in "
        "it",
    )


def test_an_object_that_is_no_credential_is_refused():
    assert refusal(azure("i1", credentials=object(), platform=machine())) == (
        "AuthenticationError",
        "object is not an azure-identity credential: it has no get_token()",
    )


class ServiceRequestError(Exception):
    """As azure-core names it."""


ServiceRequestError.__module__ = "azure.core.exceptions"


@both_clients
@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ServiceRequestError("s3cret"), "InfisicalNetworkError"),
        (TimeoutError("s3cret"), "InfisicalNetworkError"),
        (ValueError("s3cret"), "AuthenticationError"),
    ],
)
def test_a_credential_that_cannot_reach_azure_is_a_network_failure(kind, error, name):
    got, message = refusal(azure("i1", credentials=Credential(error=error), platform=machine()), kind)

    assert (got, message.partition(" was raised")[0]) == (
        name,
        f"the azure-identity credential failed: {type(error).__name__}",
    )


def test_an_async_executor_of_a_source_is_refused_by_the_blocking_client():
    async def execute(request: HttpRequest) -> Any:
        raise AssertionError

    name, message = refusal(azure("i1", executor=execute, platform=machine()))

    assert (name, message) == (
        "InfisicalNetworkError",
        "GET: the executor of the source is async, and this client is blocking: AsyncInfisicalClient takes it",
    )
