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
    from infisical.errors import InfisicalError


def list_values(connection: Connection) -> Answer[dict[str, str]]:
    """List the secrets of a place in the order of their names; a Failure with the names if the server hid values."""
    from infisical.endpoints.secrets import is_hidden
    from infisical.endpoints.secrets.merge import merge_imports

    answer = connection.client.secrets.list(
        **connection.place,
        secret_path=connection.secret_path,
        include_imports=True,
        expand_secret_references=True,
    )
    if isinstance(answer, Failure):
        return answer
    secrets = sorted(merge_imports(answer.unwrap()), key=lambda secret: secret.secret_key)
    hidden = [secret.secret_key for secret in secrets if is_hidden(secret)]
    return refuse_hidden(hidden) if hidden else Success({secret.secret_key: secret.secret_value for secret in secrets})


def refuse_hidden(names: list[str]) -> Failure[InfisicalError]:
    """Make the failure for values that the server hid."""
    from infisical.errors import InfisicalError

    remedy = "give the identity the right to read values"
    return Failure(InfisicalError(f"the server hid the values of {join_names(names)}: {remedy}"))
