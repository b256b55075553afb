"""The secrets of a place for a process: one listing, imports merged, references expanded, hidden values refused.

`run` and `export` use it. Nothing here writes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from returns.result import Failure, Success

from infisical.cli.connect import Connection
from infisical.cli.console import join_names

if TYPE_CHECKING:
    from infisical.answer import Answer
    from infisical.endpoints.secrets import SecretList
    from infisical.errors import InfisicalError
    from infisical.request import Request


def list_values(connection: Connection) -> Answer[dict[str, str]]:
    """List the secrets of a place in the order of their names; a Failure with the names if the server hid values."""
    answer = connection.client(make_request(connection))
    return answer if isinstance(answer, Failure) else read_values(answer.unwrap())


def make_request(connection: Connection) -> Request[SecretList]:
    """Make the request that lists the secrets of a place."""
    from infisical.endpoints.secrets import Secrets

    return Secrets.list(
        **connection.place,
        secret_path=connection.secret_path,
        include_imports=True,
        expand_secret_references=True,
    )


def read_values(listing: SecretList) -> Answer[dict[str, str]]:
    """Read the values of a listing; a Failure with the names if the server hid values, or a name is not unique."""
    from infisical.endpoints.secrets import is_hidden
    from infisical.endpoints.secrets.merge import merge_imports
    from infisical.errors import InfisicalError

    try:
        secrets = sorted(merge_imports(listing), key=lambda secret: secret.secret_key)
    except ValueError as cause:
        return Failure(InfisicalError(str(cause)))
    hidden = [secret.secret_key for secret in secrets if is_hidden(secret)]
    return refuse_hidden(hidden) if hidden else Success({secret.secret_key: secret.secret_value for secret in secrets})


def refuse_hidden(names: list[str]) -> Failure[InfisicalError]:
    """Make the failure for values that the server hid."""
    from infisical.errors import InfisicalError

    remedy = "give the identity the right to read values"
    return Failure(InfisicalError(f"the server hid the values of {join_names(names)}: {remedy}"))
