"""Views: the secrets of answers, with the keys of each generation. Rows are found elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.state import Row

MASK: Final = "<hidden-by-infisical>"
"""Replaces a hidden value."""
OLD_NAMES: Final = frozenset({"secretPath", "tags"})
"""The optional keys of a secret that the server of 2024 has already."""


def describe_secret(call: Call, place: Place, secret: Row, **more: Any) -> dict[str, Any]:
    """Return a secret as answers have it; `more` are the keys that this answer adds."""
    dates = {"createdAt": secret["createdAt"], "updatedAt": secret["updatedAt"]}
    if call.is_2024:
        added = {name: value for name, value in more.items() if name in OLD_NAMES}
        return {**_describe_columns(place, secret), "metadata": None, **dates, **added}
    return {**_describe_columns(place, secret), **dates, "isRotatedSecret": False, "rotationId": None, **more}


def describe_imported(call: Call, place: Place, secret: Row, **more: Any) -> dict[str, Any]:
    """Return a secret as lists of imports have it: without dates and project id."""
    plain = _describe_columns(place, secret) | {"workspace": ""}
    if call.is_2024:
        return {**plain, "metadata": None}
    return {**plain, "isRotatedSecret": False, "rotationId": None, **more}


def describe_read(call: Call, place: Place, secret: Row, *, hidden: bool, value: str | None = None) -> dict[str, Any]:
    """Return a secret as reading answers it: with tags and metadata, a hidden value masked."""
    text = secret["value"] if value is None else value
    masked = {**secret, "value": MASK if hidden else text}
    return describe_secret(
        call,
        place,
        masked,
        secretPath=place.path,
        secretValueHidden=hidden,
        secretMetadata=copy_metadata(secret),
        tags=describe_tags(call, place.project_id, secret),
    )


def describe_written(call: Call, place: Place, secret: Row) -> dict[str, Any]:
    """Return a secret as updating and deleting answer it."""
    return describe_secret(call, place, secret, secretValueHidden=False)


def copy_metadata(secret: Row) -> list[Mapping[str, Any]]:
    return [dict(one) for one in secret["secretMetadata"]]


def describe_tags(call: Call, project_id: str, secret: Row) -> list[dict[str, Any]]:
    """Return the tags of a secret, without deleted ones."""
    project_tags = call.draft.rows(tables.tags(project_id))
    tags = [project_tags[tag_id] for tag_id in secret["tagIds"] if tag_id in project_tags]
    return [{"id": tag["id"], "slug": tag["slug"], "color": tag["color"], "name": tag["slug"]} for tag in tags]


def _describe_columns(place: Place, secret: Row) -> dict[str, Any]:
    return {
        "id": secret["id"],
        "_id": secret["id"],
        "workspace": place.project_id,
        "environment": place.environment,
        "version": secret["version"],
        "type": secret["type"],
        "secretKey": secret["key"],
        "secretValue": secret["value"],
        "secretComment": secret["comment"],
        # since 2026 always null: another service has the reminders (reminder-service.ts)
        "secretReminderNote": secret["reminderNote"],
        "secretReminderRepeatDays": secret["reminderRepeatDays"],
        "skipMultilineEncoding": secret["skipMultilineEncoding"],
    }
