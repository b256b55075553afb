"""Names on the wire and type hints of models, which readers and writers of models share.

Nothing here reads or writes a value.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final, Literal


class Null:
    """The type of `NULL`."""

    _only: Null | None = None

    def __new__(cls) -> Null:
        if cls._only is None:  # `NULL` itself is false
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "NULL"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "NULL"

    def __copy__(self) -> Null:
        return self

    def __deepcopy__(self, _: object) -> Null:
        return self


NULL: Final = Null()
"""JSON null, where it differs from an absent value for the server. `None` omits a parameter."""


def to_camel_case(name: str) -> str:
    """Turn `secret_value` into `secretValue`, as dataclasses-json's camel case does; `import_` into `import`."""
    head, *tail = name.rstrip("_").split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def describe_field(name: str = "", *, check: Callable[[Any], str | None] | None = None) -> Mapping[str, Any]:
    """Make the metadata of a field: its name on the wire if that is not its camelCase, and a check of its value.

    `field(metadata=describe_field("accessTokenMaxTTL"))`. A check returns what it expected, or None for a valid value.
    """
    letter_case = {"dataclasses_json": {"letter_case": functools.partial(_return_first, name)}} if name else {}
    return {**letter_case, "check": check}


def _return_first(name: str, _: str) -> str:
    return name


DECORATIONS: Final = frozenset(
    {
        "access_token_last_renewed_at",
        "access_token_last_used_at",
        "actor",
        "auth_consent_content",
        "bypass_reason",
        "color",
        "comment",
        "created_at",
        "description",
        "filename",
        "first_name",
        "friendly_name",
        "ip",
        "is_rotated_secret",
        "last_import_message",
        "last_imported_at",
        "last_login_time",
        "last_name",
        "last_remove_message",
        "last_removed_at",
        "last_replicated",
        "last_run_error_message",
        "last_secret_modified",
        "last_sync_message",
        "last_synced_at",
        "last_used",
        "last_viewed_at",
        "metadata",
        "page_frame_content",
        "position",
        "privilege_upgrade_initiated_at",
        "renewal_error",
        "secret_comment",
        "secret_metadata",
        "secret_reminder_note",
        "secret_reminder_repeat_days",
        "skip_multiline_encoding",
        "status_details",
        "tags",
        "timestamp",
        "updated_at",
        "user_agent",
        "user_joined_at",
        "version",
    }
)
"""Names of optional fields that only decorate an object: a wrong type there does not fail the whole response.

A field does not belong here if its default would change the meaning of a value, or who may use it: ids, keys, values,
tokens, lifetimes, limits, roles, flags such as hidden, disabled or revoked.
"""


def is_decoration(f: Field[Any]) -> bool:
    """True if the default of the field replaces a value of a wrong type, instead of a refusal of the object."""
    return f.name in DECORATIONS and not (f.default is MISSING and f.default_factory is MISSING)


def list_fields(model: type[Any]) -> tuple[tuple[Field[Any], str], ...]:
    """List every field of a model with its name on the wire, from the metadata that dataclasses-json also reads."""
    key: Any = model
    return _list_fields(key)


@functools.cache
def _list_fields(model: Any) -> tuple[tuple[Field[Any], str], ...]:
    return tuple(
        (f, f.metadata.get("dataclasses_json", {}).get("letter_case", to_camel_case)(f.name)) for f in fields(model)
    )


def unwrap_hint(hint: Any) -> tuple[Any, bool]:
    """Return (X, True) for `X | None`, and (X, False) for `X | Null`, `X` and a Literal of the type X."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = {unwrap_hint(kind)[0] for kind in typing.get_args(hint) if kind not in (type(None), Null)}
        return (inner.pop() if len(inner) == 1 else hint), type(None) in typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        return type(typing.get_args(hint)[0]), False
    return hint, False
