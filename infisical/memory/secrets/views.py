"""Secret views: what answers say of a secret's row, in each generation's own keys. Finding rows is not done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.secrets.store import PERSONAL
from infisical.memory.state import Row

MASK: Final = "<hidden-by-infisical>"
"""What stands in the place of a value that is not shown."""
OLDER: Final = frozenset({"secretPath", "tags"})
"""What the server of 2024 adds to a secret; all else came later."""


def shown(call: Call, place: Place, secret: Row, **more: Any) -> dict[str, Any]:
    """Return a secret as answers hold it; `more` are the keys that this answer adds."""
    dates = {"createdAt": secret["createdAt"], "updatedAt": secret["updatedAt"]}
    if call.is_2024:
        added = {name: value for name, value in more.items() if name in OLDER}
        return {**_plain(place, secret), "metadata": None, **dates, **added}
    return {**_plain(place, secret), **dates, "isRotatedSecret": False, "rotationId": None, **more}


def imported(call: Call, place: Place, secret: Row, **more: Any) -> dict[str, Any]:
    """Return a secret as it stands among imports: without dates, and without the project's id."""
    plain = _plain(place, secret) | {"workspace": ""}
    if call.is_2024:
        return {**plain, "metadata": None}
    return {**plain, "isRotatedSecret": False, "rotationId": None, **more}


def read(call: Call, place: Place, secret: Row, *, hidden: bool, value: str | None = None) -> dict[str, Any]:
    """Return a secret as reading gives it: with tags and metadata, the value masked if it is hidden.

    A personal secret is never masked: who may see it is whose it is.
    """
    text = secret["value"] if value is None else value
    written = {**secret, "value": MASK if hidden and secret["type"] != PERSONAL else text}
    return shown(
        call,
        place,
        written,
        secretPath=place.path,
        secretValueHidden=hidden,
        secretMetadata=metadata_of(secret),
        tags=tags_of(call, place.project_id, secret),
    )


def written(call: Call, place: Place, secret: Row) -> dict[str, Any]:
    """Return a secret as changing and deleting give it."""
    return shown(call, place, secret, secretValueHidden=False)


def metadata_of(secret: Row) -> list[Mapping[str, Any]]:
    return [dict(one) for one in secret["secretMetadata"]]


def tags_of(call: Call, project_id: str, secret: Row) -> list[dict[str, Any]]:
    """Return the tags of a secret; one that was deleted since is no tag any more."""
    known = call.draft.rows(tables.tags(project_id))
    found = [known[tag_id] for tag_id in secret["tagIds"] if tag_id in known]
    return [{"id": tag["id"], "slug": tag["slug"], "color": tag["color"], "name": tag["slug"]} for tag in found]


def _plain(place: Place, secret: Row) -> dict[str, Any]:
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
        "secretReminderNote": secret["reminderNote"],
        "secretReminderRepeatDays": secret["reminderRepeatDays"],
        "skipMultilineEncoding": secret["skipMultilineEncoding"],
    }
