"""Secret fields: what bodies and queries about secrets may hold, for the routes of both ages. No route is here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from infisical.memory.call import Call
from infisical.memory.domain.places import secret_path
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

NO_COLON: Final = "Secret name cannot contain colon."
NO_SLASH: Final = "Secret name cannot contain forward slash."
MOST_FILTERS: Final = 10
TOO_MANY_FILTERS: Final = "You can only filter by up to 10 metadata fields"


# ---- kinds
def value() -> Field:
    """A secret's value: trimmed, but for one newline at its end."""
    inner = string(trim=False)

    def check(text: Any, path: Path, issues: Issues) -> Any:
        read = inner.check(text, path, issues)
        if not isinstance(read, str):
            return read
        return f"{read.strip()}\n" if read.endswith("\n") else read.strip()

    return Field(check)


def new_name() -> Field:
    """A name for a secret."""
    return string(least=1).where(lambda name: ":" not in name, NO_COLON).where(lambda name: "/" not in name, NO_SLASH)


def metadata_filter() -> Field:
    """Pairs, as `key=a,value=b|key=c,value=d`; a pair without a key or without a value is left out."""
    inner = string()

    def check(text: Any, path: Path, issues: Issues) -> Any:
        read = inner.check(text, path, issues)
        pairs = [_pair(part) for part in read.split("|")] if isinstance(read, str) else []
        found = tuple((pair["key"], pair["value"]) for pair in pairs if pair.get("key") and pair.get("value"))
        if len(found) > MOST_FILTERS:
            issues.append(build_issue(TOO_MANY_FILTERS, path))
        return found

    return Field(check)


def _pair(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(","):
        name, _, given = part.partition("=")
        found[name.strip().lower()] = given.strip()
    return found


def slugs() -> Field:
    """Slugs in one text, between commas."""
    inner = string()

    def check(text: Any, path: Path, issues: Issues) -> Any:
        read = inner.check(text, path, issues)
        return tuple(part.strip() for part in read.split(",") if part.strip()) if isinstance(read, str) else ()

    return Field(check)


METADATA: Final = array(
    obj(key=string(least=1), value=string().optional(""), isEncrypted=boolean().optional(False))
).optional()
PATH: Final = secret_path().optional("/")
TYPE: Final = choice("shared", "personal").optional("shared")
NAMES: Final = array(string()).optional()
COMMENT: Final = string()
NOTE: Final = string(most=1024, trim=False).or_null().optional()
DAYS: Final = number().or_null().optional()
ENCODING: Final = boolean().or_null().optional()
"""skipMultilineEncoding of a new secret; of one that is there it may not be null."""


# ---- parts of queries and bodies; each route puts the project's name before them
LISTING: Final[dict[str, Field]] = {
    "environment": string().optional(""),
    "secretPath": PATH,
    "viewSecretValue": flag_text(default=True),
    "expandSecretReferences": flag_text(),
    "recursive": flag_text(),
    "include_imports": flag_text(),
    "includeImports": flag_text(),  # as servers since February 2026 call it
    "tagSlugs": slugs().optional(()),
    "metadataFilter": metadata_filter().optional(()),
}
READING: Final[dict[str, Field]] = {
    "environment": string().optional(""),
    "secretPath": PATH,
    "version": number_text().optional(),
    "type": TYPE,
    "viewSecretValue": flag_text(default=True),
    "expandSecretReferences": flag_text(),
    "include_imports": flag_text(),
    "includeImports": flag_text(),  # as servers since February 2026 call it
}
WHERE: Final[dict[str, Field]] = {"environment": string(), "secretPath": PATH}
CREATING: Final[dict[str, Field]] = {
    **WHERE,
    "secretValue": value(),
    "secretComment": COMMENT.optional(""),
    "secretMetadata": METADATA,
    "tagIds": NAMES,
    "skipMultilineEncoding": ENCODING,
    "type": TYPE,
    "secretReminderRepeatDays": DAYS,
    "secretReminderNote": NOTE,
}
CHANGES: Final[dict[str, Field]] = {
    "secretValue": value().optional(),
    "secretComment": COMMENT.optional(),
    "newSecretName": new_name().optional(),
    "skipMultilineEncoding": boolean().optional(),
    "tagIds": NAMES,
    "secretMetadata": METADATA,
    "secretReminderNote": NOTE,
    "secretReminderRepeatDays": DAYS,
}
UPDATING: Final[dict[str, Field]] = {
    **WHERE,
    **CHANGES,
    "type": TYPE,
    "metadata": record(string(trim=False)).optional(),
    "secretReminderRecipients": NAMES,
}
DELETING: Final[dict[str, Field]] = {**WHERE, "type": TYPE}
NEW_ITEM: Final = obj(
    secretKey=new_name(),
    secretValue=value(),
    secretComment=COMMENT.optional(""),
    skipMultilineEncoding=ENCODING,
    metadata=record(string(trim=False)).optional(),
    secretMetadata=METADATA,
    tagIds=NAMES,
)
CHANGED_ITEM: Final = obj(secretKey=new_name(), secretPath=secret_path().optional(), **CHANGES)
DELETED_ITEM: Final = obj(secretKey=string(trim=False), type=TYPE)
CREATING_MANY: Final[dict[str, Field]] = {**WHERE, "secrets": array(NEW_ITEM, least=1)}
UPDATING_MANY: Final[dict[str, Field]] = {
    **WHERE,
    "mode": choice("ignore", "upsert", "failOnNotFound").optional("failOnNotFound"),
    "secrets": array(CHANGED_ITEM, least=1),
}
DELETING_MANY: Final[dict[str, Field]] = {**WHERE, "secrets": array(DELETED_ITEM, least=1)}

LATER: Final = frozenset(
    {"viewSecretValue", "metadataFilter", "secretMetadata", "mode", "secretReminderRecipients", "includeImports"}
)
"""What the server of 2024 does not know: it leaves such names out like any other."""


def older(fields: dict[str, Field]) -> dict[str, Field]:
    """Return fields as the server of 2024 reads them: what came later has its default, whatever is sent."""
    return {name: _unread(kind) if name in LATER else kind for name, kind in fields.items()}


def _unread(kind: Field) -> Field:
    return replace(kind, check=lambda given, path, issues: kind.default, nullable=True)


# ---- the name in a path
def secret_name(call: Call, kind: Field) -> str:
    """Return the secret's name that a path holds, as a kind of field reads it."""
    issues: Issues = []
    read = kind.read(call.path.get("secretName", ABSENT_MARK), ("secretName",), issues)
    if issues:
        raise Refusal(401 if call.is_2024 else 422, "ValidationFailure", issues)
    return str(read)
