"""Fields of login methods: builders of fields, bodies and methods for the table in methods.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from infisical.memory.call import Call
from infisical.memory.identity_auth.settings import (
    COLUMNS,
    LoginMethod,
    build_lifetime_changes,
    build_lifetime_fields,
    check_lifetime,
    check_lifetime_change,
)
from infisical.memory.refusals import Refusal
from infisical.memory.state import Generation, Row
from infisical.memory.validation import Field, Issues, Path, build_issue, obj, slug, string


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A platform's login method: its settings and its login."""

    method: LoginMethod
    body: Field
    missing_message: str
    """The message of a 404 if the identity does not have the method; `{}` is its id."""
    build_refusal: Callable[[], Refusal]
    """Builds the refusal of a credential that nobody declared valid."""
    counted_field: str | None = None
    """The field of the body that distinguishes failed logins; None: failures are not counted."""
    header: str | None = None
    """The header with the certificate."""
    verify: Callable[[Call, Row, Sequence[Row]], bool] | None = None
    """Verifies a login by the settings and the declared logins: True if it is valid, False if it cannot know.

    It raises the refusal of a login that is not valid.
    """


# ---- fields
def build_list_field(*, most: int | None = None, each: str | None = None, message: str = "Invalid") -> Field:
    """Build a field of a comma-separated list; each item is stripped and must match the pattern `each`."""
    base_field = string(most=most)

    def check(value: Any, path: Path, issues: Issues) -> Any:
        value = base_field.check(value, path, issues)
        if not isinstance(value, str) or not value:
            return value
        parts = [part.strip() for part in value.split(",")]
        if each is not None and not all(re.fullmatch(each, part) for part in parts):
            issues.append(build_issue(message, path))
        return ", ".join(parts)

    return Field(check)


def build_url_field() -> Field:
    base_field = string()

    def check(value: Any, path: Path, issues: Issues) -> Any:
        value = base_field.check(value, path, issues)
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
    """Return whether a text looks like an LDAP filter: it is in balanced parentheses."""
    depth = 0
    for index, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth < 0 or (depth == 0 and index < len(text) - 1):
            return False
    return len(text) > 2 and depth == 0


def build_login_body(**fields: Field) -> Field:
    """Build the body of a login."""
    return obj(**fields, organizationSlug=slug().optional(), subOrganizationName=slug().optional())


def build_method(
    name: str,
    key: str,
    title: str,
    *,
    columns: tuple[str, ...],
    attach: Field,
    update: Field,
    generation: Generation | None = None,
    update_status: int = 400,
    **more: Any,
) -> LoginMethod:
    """Build a method of the table; `update_status` selects the server's refusal of an update without settings."""
    message = f"The identity does not have {title} attached"
    return LoginMethod(
        name=name,
        key=key,
        title=title,
        columns=(*COLUMNS, *columns),
        attach=attach,
        update=update,
        update_refusal=(404, message) if update_status == 404 else (400, f"Failed to update {title}"),
        get_refusal=(400, message),
        revoke_refusal=(400, message),
        generation=generation,
        **more,
    )


def describe_missing_method(title: str) -> str:
    return f"{title} auth method not found for identity, did you configure {title} auth?"


def build_settings_body(settings: Mapping[str, Field], *, least_max: int = 0) -> Field:
    return check_lifetime(obj(**settings, **build_lifetime_fields(least_max=least_max)))


def build_changes_body(settings: Mapping[str, Field]) -> Field:
    return check_lifetime_change(obj(**settings, **build_lifetime_changes()))


def make_optional(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: field.optional() for name, field in fields.items()}


JWT_LOGIN_BODY: Final = build_login_body(identityId=string(), jwt=string())
