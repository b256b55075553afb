"""Answers for type checkers: exhaustive matches, narrowing, and typos that must be errors. Run by nobody.

An expected error has a comment for each checker; a comment without an error is an error itself.
"""
# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_never, assert_type

from returns.result import Failure, Success

from infisical import (
    Answer,
    AsyncInfisicalClient,
    InfisicalClient,
    InfisicalError,
    InfisicalNetworkError,
    NotFoundError,
    Place,
    RateLimitError,
    Reason,
    or_raise,
    pages,
)
from infisical.endpoints.kms import Kms, KmsKeyList
from infisical.endpoints.secrets import Secret, SecretApproval

WHERE: Place = {"project_id": "p", "environment": "dev"}


# ---- blocking
def match_every_case(client: InfisicalClient) -> str:
    """A function that returns in each case needs no other case: the match is exhaustive."""
    answer = client.secrets.get_by_name(secret_name="K", **WHERE)
    match answer:
        case Success(secret):
            assert_type(secret, Secret)
            return secret.secret_value
        case Failure(NotFoundError() as missing):
            assert_type(missing.route_missing, bool)
            return missing.message
        case Failure(RateLimitError() as limited):
            assert_type(limited.retry_after, float | None)
            return limited.message
        case Failure(InfisicalNetworkError() as network):
            assert_type(network.reason, Reason)
            return network.reason
        case Failure(error):
            assert_type(error, InfisicalError)
            return error.message


def match_and_never(client: InfisicalClient) -> str:
    answer = client.secrets.get_by_name(secret_name="K", **WHERE)
    match answer:
        case Success(secret):
            return secret.secret_value
        case Failure(error):
            return error.message
        case _:
            assert_never(answer)


def forget_a_case(client: InfisicalClient) -> str:
    answer = client.secrets.get_by_name(secret_name="K", **WHERE)
    match answer:
        case Success(secret):
            return secret.secret_value
        case _:
            assert_never(answer)  # type: ignore[arg-type] # pyright: ignore


def misspell_in_each_case(client: InfisicalClient) -> None:
    answer = client.secrets.get_by_name(secret_name="K", **WHERE)
    match answer:
        case Success(secret):
            _ = secret.secret_vaule  # type: ignore[attr-defined] # pyright: ignore
        case Failure(NotFoundError() as missing):
            _ = missing.rout_missing  # type: ignore[attr-defined] # pyright: ignore
        case Failure(InfisicalNetworkError() as network):
            _ = network.raeson  # type: ignore[attr-defined] # pyright: ignore
        case Failure(error):
            _ = error.mesage  # type: ignore[attr-defined] # pyright: ignore


def narrow_by_isinstance(client: InfisicalClient) -> str:
    answer = client.secrets.get_by_name(secret_name="K", **WHERE)
    if isinstance(answer, Failure):
        error = answer.failure()
        assert_type(error, InfisicalError)
        _ = error.mesage  # type: ignore[attr-defined] # pyright: ignore
        return error.message
    assert_type(answer.unwrap(), Secret)
    _ = answer.unwrap().secret_vaule  # type: ignore[attr-defined] # pyright: ignore
    return answer.unwrap().secret_value


def raise_errors(client: InfisicalClient) -> str:
    secret = or_raise(client.secrets.get_by_name(secret_name="K", **WHERE))
    assert_type(secret, Secret)
    _ = secret.secret_vaule  # type: ignore[attr-defined] # pyright: ignore
    return secret.secret_value


def match_a_union(client: InfisicalClient) -> str:
    """A write may answer with an approval instead of the secret."""
    answer = client.secrets.delete(secret_name="K", **WHERE)
    match answer:
        case Success(written):
            if isinstance(written, SecretApproval):
                return written.id
            assert_type(written, Secret)
            return written.id
        case Failure(error):
            return error.message


def walk_pages(client: InfisicalClient) -> int:
    count = 0
    for page in pages(client, Kms.list_keys(project_id="p"), size=100):
        assert_type(page, Answer[KmsKeyList])
        count += len(or_raise(page).keys)
        _ = or_raise(page).kyes  # type: ignore[attr-defined] # pyright: ignore
    return count


# ---- asyncio
async def await_and_match(client: AsyncInfisicalClient) -> str:
    answer = await client.secrets.get_by_name(secret_name="K", **WHERE)
    match answer:
        case Success(secret):
            assert_type(secret, Secret)
            _ = secret.secret_vaule  # type: ignore[attr-defined] # pyright: ignore
            return secret.secret_value
        case Failure(NotFoundError() as missing):
            _ = missing.rout_missing  # type: ignore[attr-defined] # pyright: ignore
            return missing.message
        case Failure(error):
            assert_type(error, InfisicalError)
            _ = error.mesage  # type: ignore[attr-defined] # pyright: ignore
            return error.message
        case _:
            assert_never(answer)


async def await_and_narrow(client: AsyncInfisicalClient) -> str:
    answer = await client.secrets.get_by_name(secret_name="K", **WHERE)
    if isinstance(answer, Failure):
        assert_type(answer.failure(), InfisicalError)
        return answer.failure().mesage  # type: ignore[attr-defined,no-any-return,unused-ignore] # pyright: ignore
    assert_type(answer.unwrap(), Secret)
    return answer.unwrap().secret_vaule  # type: ignore[attr-defined,no-any-return,unused-ignore] # pyright: ignore


async def await_or_raise(client: AsyncInfisicalClient) -> str:
    secret = or_raise(await client.secrets.get_by_name(secret_name="K", **WHERE))
    assert_type(secret, Secret)
    _ = secret.secret_vaule  # type: ignore[attr-defined] # pyright: ignore
    return secret.secret_value


def forget_await(client: AsyncInfisicalClient) -> None:
    or_raise(client.secrets.get_by_name(secret_name="K", **WHERE))  # type: ignore[arg-type] # pyright: ignore


# ---- places and reasons
def misspell_a_place() -> None:
    _: Place = {"project_id": "p", "enviroment": "dev"}  # type: ignore[typeddict-item,typeddict-unknown-key] # pyright: ignore


def misspell_a_reason(error: InfisicalNetworkError) -> bool:
    return error.reason == "time-out"  # type: ignore[comparison-overlap] # pyright: ignore
