"""Login fields: what a row of the table of login methods is made of: its kinds of fields and the bodies they are in.

Which methods there are is in login_methods.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from infisical.memory.identity_auth.settings import (
    COLUMNS,
    LoginMethod,
    build_lifetime_changes,
    build_lifetime_fields,
    check_lifetime,
    check_lifetime_change,
)
from infisical.memory.refusals import Refusal
from infisical.memory.state import Generation
from infisical.memory.validation import Field, Issues, Path, build_issue, obj, slug, string


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One of the ten: its settings, and how one logs in."""

    method: LoginMethod
    body: Field
    unknown: str
    """The message of a 404, where the identity does not have the method; `{}` is its id."""
    wrong: Callable[[], Refusal]
    """What a credential gets that nobody declared valid."""
    who: str | None = None
    """The field of the body that failures are counted by; None: they are not counted."""
    header: str | None = None
    """The header that carries the certificate."""


# ---- kinds of fields
def build_list_field(*, most: int | None = None, each: str | None = None, message: str = "Invalid") -> Field:
    """A list in one text, with commas; each part has to match, and blanks around it go."""
    inner = string(most=most)

    def check(value: Any, path: Path, issues: Issues) -> Any:
        value = inner.check(value, path, issues)
        if not isinstance(value, str) or not value:
            return value
        parts = [part.strip() for part in value.split(",")]
        if each is not None and not all(re.fullmatch(each, part) for part in parts):
            issues.append(build_issue(message, path))
        return ", ".join(parts)

    return Field(check)


def build_url_field() -> Field:
    inner = string()

    def check(value: Any, path: Path, issues: Issues) -> Any:
        value = inner.check(value, path, issues)
        if isinstance(value, str) and not _is_url(value):
            issues.append({"validation": "url", "code": "invalid_string", "message": "Invalid url", "path": list(path)})
        return value

    return Field(check)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def is_ldap_filter(text: str) -> bool:
    """Say whether a text looks like an LDAP filter: in parentheses that match."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0 or (depth == 0 and place < len(text) - 1):
            return False
    return len(text) > 2 and depth == 0


def build_login_body(**fields: Field) -> Field:
    """A login's body."""
    return obj(**fields, organizationSlug=slug().optional(), subOrganizationName=slug().optional())


def build_method(
    name: str,
    key: str,
    called: str,
    *,
    own: tuple[str, ...],
    attach: Field,
    update: Field,
    generation: Generation | None = None,
    update_status: int = 400,
    **more: Any,
) -> LoginMethod:
    """Return a method of the table. Where it is not attached, changing it gets one of two refusals of the server."""
    absent = f"The identity does not have {called} attached"
    return LoginMethod(
        name=name,
        key=key,
        called=called,
        columns=(*COLUMNS, *own),
        attach=attach,
        update=update,
        no_update=(404, absent) if update_status == 404 else (400, f"Failed to update {called}"),
        no_get=(400, absent),
        no_revoke=(400, absent),
        generation=generation,
        **more,
    )


def describe_missing_method(called: str) -> str:
    return f"{called} auth method not found for identity, did you configure {called} auth?"


def build_settings_body(settings: Mapping[str, Field], *, least_max: int = 0) -> Field:
    return check_lifetime(obj(**settings, **build_lifetime_fields(least_max=least_max)))


def build_changes_body(settings: Mapping[str, Field]) -> Field:
    return check_lifetime_change(obj(**settings, **build_lifetime_changes()))


def make_optional(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: field.optional() for name, field in fields.items()}


JWT_LOGIN_BODY: Final = build_login_body(identityId=string(), jwt=string())
