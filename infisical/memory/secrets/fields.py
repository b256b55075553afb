"""Fields: what bodies and queries about secrets may contain, for the routes of both generations. No route is here."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from infisical.memory.call import Call
from infisical.memory.domain.places import make_secret_path_field
from infisical.memory.refusals import Refusal
from infisical.memory.validation import (
    ABSENT_MARK,
    Field,
    Issues,
    Path,
    array,
    boolean,
    build_issue,
    choice,
    flag_text,
    number,
    number_text,
    obj,
    record,
    string,
)

NAME_MESSAGE: Final = "Secret name cannot contain colon or forward slash."
FILTER_LIMIT: Final = 10
FILTER_LIMIT_MESSAGE: Final = "You can only filter by up to 10 metadata fields"


# ---- kinds of fields
def make_value_field() -> Field:
    """Make the field of a secret's value: it trims the text, but keeps one newline at the end."""
    field = string(trim=False)

    def check(text: Any, path: Path, issues: Issues) -> Any:
        result = field.check(text, path, issues)
        if not isinstance(result, str):
            return result
        return f"{result.strip()}\n" if result.endswith("\n") else result.strip()

    return Field(check)


def make_name_field() -> Field:
    """Make the field of a new secret's name (SecretNameSchema in server/lib/schemas.ts, 2026)."""
    return string(least=1).where(lambda name: ":" not in name and "/" not in name, NAME_MESSAGE)


def make_filter_field() -> Field:
    """Make the field of pairs, `key=a,value=b|key=c,value=d`; it skips a pair without key or value."""
    field = string()

    def check(text: Any, path: Path, issues: Issues) -> Any:
        result = field.check(text, path, issues)
        parts = [_parse_pair(part) for part in result.split("|")] if isinstance(result, str) else []
        pairs = tuple((part["key"], part["value"]) for part in parts if part.get("key") and part.get("value"))
        if len(pairs) > FILTER_LIMIT:
            issues.append(build_issue(FILTER_LIMIT_MESSAGE, path))
        return pairs

    return Field(check)


def _parse_pair(text: str) -> dict[str, str]:
    # v4/secret-router.ts at 424c79ca: names and values alternate, whichever of `,` and `=` separates them
    parts = [part.strip() for part in re.split("[,=]", text)]
    return {name.lower(): value for name, value in zip(parts[::2], parts[1::2], strict=False) if value}


def make_slugs_field() -> Field:
    """Make the field of slugs that are separated by commas."""
    field = string()

    def check(text: Any, path: Path, issues: Issues) -> Any:
        result = field.check(text, path, issues)
        return tuple(part.strip() for part in result.split(",") if part.strip()) if isinstance(result, str) else ()

    return Field(check)


METADATA_FIELD: Final = array(
    obj(key=string(least=1), value=string().optional(""), isEncrypted=boolean().optional(False))
).optional()
PATH_FIELD: Final = make_secret_path_field().optional("/")
TYPE_FIELD: Final = choice("shared", "personal").optional("shared")
NAMES_FIELD: Final = array(string()).optional()
COMMENT_FIELD: Final = string()
NOTE_FIELD: Final = string(most=1024, trim=False).or_null().optional()
DAYS_FIELD: Final = number().or_null().optional()
ENCODING_FIELD: Final = boolean().or_null().optional()
"""skipMultilineEncoding of a new secret. That of an existing one cannot be null."""


# ---- parts of queries and bodies: each route adds the project's fields
LIST_FIELDS: Final[dict[str, Field]] = {
    "environment": string().optional(""),
    "secretPath": PATH_FIELD,
    "viewSecretValue": flag_text(default=True),
    "expandSecretReferences": flag_text(),
    "recursive": flag_text(),
    "include_imports": flag_text(),
    "tagSlugs": make_slugs_field().optional(()),
    "metadataFilter": make_filter_field().optional(()),
}
READ_FIELDS: Final[dict[str, Field]] = {
    "environment": string().optional(""),
    "secretPath": PATH_FIELD,
    "version": number_text().optional(),
    "type": TYPE_FIELD,
    "viewSecretValue": flag_text(default=True),
    "expandSecretReferences": flag_text(),
    "include_imports": flag_text(),
}
TODAY_FLAGS: Final[dict[str, Field]] = {
    "expandSecretReferences": flag_text(default=True),
    "includeImports": flag_text(default=True),
}
"""What the flags of the current routes are called since February 2026 (pull request 5404), and their defaults."""
TODAY_LIST_FIELDS: Final[dict[str, Field]] = {
    **{name: field for name, field in LIST_FIELDS.items() if name != "include_imports"},
    **TODAY_FLAGS,
    "includePersonalOverrides": flag_text(),
}
TODAY_READ_FIELDS: Final[dict[str, Field]] = {
    **{name: field for name, field in READ_FIELDS.items() if name != "include_imports"},
    **TODAY_FLAGS,
}
PLACE_FIELDS: Final[dict[str, Field]] = {"environment": string(), "secretPath": PATH_FIELD}
CREATE_FIELDS: Final[dict[str, Field]] = {
    **PLACE_FIELDS,
    "secretValue": make_value_field(),
    "secretComment": COMMENT_FIELD.optional(""),
    "secretMetadata": METADATA_FIELD,
    "tagIds": NAMES_FIELD,
    "skipMultilineEncoding": ENCODING_FIELD,
    "type": TYPE_FIELD,
    "secretReminderRepeatDays": DAYS_FIELD,
    "secretReminderNote": NOTE_FIELD,
}
CHANGE_FIELDS: Final[dict[str, Field]] = {
    "secretValue": make_value_field().optional(),
    "secretComment": COMMENT_FIELD.optional(),
    "newSecretName": make_name_field().optional(),
    "skipMultilineEncoding": boolean().optional(),
    "tagIds": NAMES_FIELD,
    "secretMetadata": METADATA_FIELD,
    "secretReminderNote": NOTE_FIELD,
    "secretReminderRepeatDays": DAYS_FIELD,
}
UPDATE_FIELDS: Final[dict[str, Field]] = {
    **PLACE_FIELDS,
    **CHANGE_FIELDS,
    "type": TYPE_FIELD,
    "metadata": record(string(trim=False)).optional(),
    "secretReminderRecipients": NAMES_FIELD,
}
DELETE_FIELDS: Final[dict[str, Field]] = {**PLACE_FIELDS, "type": TYPE_FIELD}
NEW_ITEM: Final = obj(
    secretKey=make_name_field(),
    secretValue=make_value_field(),
    secretComment=COMMENT_FIELD.optional(""),
    skipMultilineEncoding=ENCODING_FIELD,
    metadata=record(string(trim=False)).optional(),
    secretMetadata=METADATA_FIELD,
    tagIds=NAMES_FIELD,
)
CHANGED_ITEM: Final = obj(secretKey=make_name_field(), secretPath=make_secret_path_field().optional(), **CHANGE_FIELDS)
DELETED_ITEM: Final = obj(secretKey=string(trim=False), type=TYPE_FIELD)
BATCH_CREATE_FIELDS: Final[dict[str, Field]] = {**PLACE_FIELDS, "secrets": array(NEW_ITEM, least=1)}
BATCH_UPDATE_FIELDS: Final[dict[str, Field]] = {
    **PLACE_FIELDS,
    "mode": choice("ignore", "upsert", "failOnNotFound").optional("failOnNotFound"),
    "secrets": array(CHANGED_ITEM, least=1),
}
BATCH_DELETE_FIELDS: Final[dict[str, Field]] = {**PLACE_FIELDS, "secrets": array(DELETED_ITEM, least=1)}

OLD_NEW_ITEM: Final = obj(
    secretKey=string(),
    secretValue=make_value_field(),
    secretComment=COMMENT_FIELD.optional(""),
    skipMultilineEncoding=boolean().optional(),
    metadata=record(string(trim=False)).optional(),
    tagIds=NAMES_FIELD,
)
OLD_CHANGED_ITEM: Final = obj(
    secretKey=string(),
    secretValue=make_value_field(),
    secretComment=COMMENT_FIELD.optional(),
    newSecretName=string(least=1).optional(),
    skipMultilineEncoding=boolean().optional(),
    tagIds=NAMES_FIELD,
    secretReminderNote=NOTE_FIELD,
    secretReminderRepeatDays=DAYS_FIELD,
)
OLD_FIELDS: Final[dict[str, Field]] = {
    "secretPath": make_secret_path_field().optional("/"),
    "newSecretName": string(least=1).optional(),
}
"""Fields that the server of 2024 reads in another way. An update needs a value, and names may have any letter."""
NEW_NAMES: Final = frozenset(
    {"viewSecretValue", "metadataFilter", "secretMetadata", "mode", "secretReminderRecipients"}
)
"""Names that the server of 2024 ignores, like every unknown name."""


def make_old_fields(fields: dict[str, Field]) -> dict[str, Field]:
    """Return fields as the server of 2024 reads them: a newer one always has its default."""
    return {
        name: _ignore_field(kind) if name in NEW_NAMES else OLD_FIELDS.get(name, kind) for name, kind in fields.items()
    }


def _ignore_field(kind: Field) -> Field:
    return replace(kind, check=lambda given, path, issues: kind.default, nullable=True)


# ---- the name in the path
def read_name(call: Call, kind: Field) -> str:
    """Return the secret's name from the path, as a field reads it."""
    issues: Issues = []
    name = kind.read(call.path.get("secretName", ABSENT_MARK), ("secretName",), issues)
    if issues:
        raise Refusal(401 if call.is_2024 else 422, "ValidationFailure", issues)
    return str(name)
