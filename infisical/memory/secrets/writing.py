"""Writing secrets: create, update and delete, one or many, for the routes of both generations.

Each function checks permissions and the request, then applies the change, or requests approval if a policy says so.
A batch applies completely or not at all: a refusal ends the request and discards its draft.

In 2024 permissions come first. Today membership comes first, then the folder and the secrets, then permissions: rules
without another source rest on secret-service.ts at 4dcfbfcb and secret-v2-bridge-service.ts at b6187fc3 (2026).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from infisical.memory import access, tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place, get_environment
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.secrets import approvals, renaming, store, views
from infisical.memory.state import Row

COLUMNS: Final = {
    "secretValue": "value",
    "secretComment": "comment",
    "tagIds": "tagIds",
    "secretMetadata": "secretMetadata",
    "skipMultilineEncoding": "skipMultilineEncoding",
    "secretReminderNote": "reminderNote",
    "secretReminderRepeatDays": "reminderRepeatDays",
    "secretReminderRecipients": "reminderRecipients",
}
"""A request's name of a column -> the column."""
REMINDER_COLUMNS: Final = frozenset({"reminderNote", "reminderRepeatDays", "reminderRecipients"})
"""Columns of 2024. Today another service has the reminders, and a secret's columns stay null."""
CASE_HINT: Final = "You can disable this requirement in project settings"
USER_ONLY_MESSAGE: Final = "Must be user to create personal secret"
DELETE_USER_ONLY_MESSAGE: Final = "Must be user to delete personal secret"


def collect_columns(call: Call, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that a request sets; omitted ones are absent."""
    columns = {
        column: body[name]
        for name, column in COLUMNS.items()
        if name in body and (call.is_2024 or column not in REMINDER_COLUMNS)
    }
    if "skipMultilineEncoding" in columns:
        columns["skipMultilineEncoding"] = bool(columns["skipMultilineEncoding"])
    for column in ("tagIds", "secretMetadata", "reminderRecipients"):
        if column in columns:
            columns[column] = tuple(columns[column])
    return columns


def permit_secrets(call: Call, place: Place, action: str) -> Row:
    """Return the project; refuse a caller without this permission for the secrets of a place."""
    if call.is_2024:
        access.get_project(call, place.project_id)  # the project's key is looked up before the membership
    return access.permit(call, place.project_id, action, "secrets", environment=place.environment, path=place.path)


def check_old_place(call: Call, place: Place, action: str, kind: str, error: str) -> None:
    """Check what October 2024 checks before the owner of a secret: a policy's environment, permission, and folder."""
    access.get_project(call, place.project_id)
    has_policies = kind == store.SHARED_TYPE and call.actor.kind == "user"
    if has_policies and tree.find_environment(call.draft, place.project_id, place.environment) is None:
        raise not_found(f"Environment with slug '{place.environment}' not found in project with ID {place.project_id}")
    permit_secrets(call, place, action)
    tree.get_folder(call, place.project_id, place.environment, place.path, error)


def permit_early(call: Call, place: Place, action: str) -> Row:
    """Return the project before the folder is looked up; refuse a caller without permission, today without access."""
    if call.is_2024:
        return permit_secrets(call, place, action)
    return access.require_project_access(call, place.project_id, is_bot_lookup=True)


def permit_late(call: Call, place: Place, action: str) -> None:
    """Refuse a caller without permission, after the folder and the secrets were looked up."""
    if not call.is_2024:
        permit_secrets(call, place, action)


def choose_personal_action(call: Call) -> str:
    """Return the permission that personal secrets need."""
    return "read" if call.is_2024 else "describeSecret"


def check_environment(call: Call, place: Place) -> None:
    """Refuse a missing environment as the search for policies does, which precedes every other check of a write."""
    if call.is_2024 or tree.find_environment(call.draft, place.project_id, place.environment) is not None:
        return
    # findEnvPolicies in secret-approval-policy-service.ts, 2026
    raise not_found(f"Environment with slug '{place.environment}' not found in project with ID {place.project_id}")


def check_tags(call: Call, place: Place, items: Sequence[Mapping[str, Any]], message: str | None = None) -> None:
    """Refuse tags that the project does not have, and today a tag that one new or changed secret names twice."""
    tags = call.draft.rows(tables.tags(place.project_id))
    tag_ids = {tag_id for item in items for tag_id in item.get("tagIds", ())}
    repeats = not call.is_2024 and len(items) == 1 and len(items[0].get("tagIds", ())) != len(tag_ids)
    if call.is_2024 and not tag_ids <= tags.keys():
        raise not_found("One or more tags not found")
    if not tag_ids <= tags.keys() or (repeats and message is None):
        slugs = ",".join(tags[tag_id]["slug"] for tag_id in tags if tag_id in tag_ids)
        raise not_found(message or f"Tag not found. Found {slugs}")


def drop_repeated(call: Call, items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the items of a batch; today the last one of each key, at the place of the first."""
    return list(items) if call.is_2024 else list({item["secretKey"]: item for item in items}.values())


def check_case(call: Call, project: Row, names: Sequence[str], *, many: bool = False) -> None:
    """Refuse names that are not in upper case if the project requires it. In 2024 only the web client did so."""
    mixed_case = [name for name in names if name != name.upper()]
    if call.is_2024 or not project["autoCapitalization"] or not mixed_case:
        return
    if many:
        joined = ", ".join(mixed_case)
        raise bad_request(f"Secret names must be in UPPERCASE per project requirements: {joined}. {CASE_HINT}")
    raise bad_request(f"Secret name must be in UPPERCASE per project requirements. {CASE_HINT}.")


def choose_owner(call: Call, kind: str, refusal: str = USER_ONLY_MESSAGE) -> str | None:
    """Return the owner of the secret: None for a shared one. Only users have personal ones."""
    if kind == store.SHARED_TYPE:
        return None
    if call.actor.kind != "user":
        raise bad_request(refusal)
    return call.actor.id


# ---- create
def create_secret(call: Call, place: Place, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    if call.is_2024:
        check_old_place(call, place, "create", body["type"], "CreateSecret")
    project = permit_early(call, place, "create")
    check_case(call, project, [name])
    is_personal = body["type"] != store.SHARED_TYPE
    if call.is_2024:
        choose_owner(call, body["type"])
    elif not is_personal:
        check_environment(call, place)

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "CreateSecret")
        user_id = choose_owner(call, body["type"])
        existing = store.find_secret(call.draft, folder, name, user_id)
        if existing is not None:
            raise bad_request(
                "Secret already exist"
                if call.is_2024 or user_id is not None
                else f"Secret '{name}' already exists in path '{place.path}' of environment '{place.environment}'"
            )
        if user_id is not None and store.find_secret(call.draft, folder, name) is None:
            raise bad_request("Failed to create personal secret override for no corresponding shared secret")
        check_tags(call, place, [body])
        permit_late(call, place, "create" if user_id is None else choose_personal_action(call))
        row = store.insert_secret(call, folder, name, user_id, **collect_columns(call, body))
        return {"secret": views.describe_secret(call, place, row)}

    if is_personal:
        return apply(call)
    return approvals.apply_or_request(
        call, [place], approvals.make_changes("create", [{**body, "secretKey": name}]), apply
    )


def create_secrets(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if call.is_2024:
        check_old_place(call, place, "create", store.SHARED_TYPE, "CreateManySecret")
    project = permit_early(call, place, "create")
    check_case(call, project, [item["secretKey"] for item in items], many=True)
    check_environment(call, place)
    items = drop_repeated(call, items)

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "CreateManySecret")
        _refuse_taken(call, place, folder, [item["secretKey"] for item in items])
        check_tags(call, place, items, None if len(items) > 1 or call.is_2024 else _name_tags(call, place, items))
        permit_late(call, place, "create")
        insert = store.insert_copy if call.is_2024 else store.insert_secret
        rows = [insert(call, folder, item["secretKey"], **collect_columns(call, item)) for item in items]
        return {"secrets": [views.describe_secret(call, place, row) for row in rows]}

    return approvals.apply_or_request(call, [place], approvals.make_changes("create", items), apply)


def _name_tags(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> str:
    """Return the refusal of unknown tags in a batch, which counts a repeated tag once."""
    tags = call.draft.rows(tables.tags(place.project_id))
    tag_ids = {tag_id for item in items for tag_id in item.get("tagIds", ())}
    return f"Tag not found. Found {','.join(tags[tag_id]['slug'] for tag_id in tags if tag_id in tag_ids)}"


def _refuse_taken(call: Call, place: Place, folder: Row, names: Sequence[str]) -> None:
    counts = Counter(names)
    if call.is_2024:  # a name twice in one batch is stored twice
        counts = Counter(set(names))
    taken_names = [name for name, count in counts.items() if count > 1 or _has_secret(call, folder, name)]
    if not taken_names:
        return
    if call.is_2024:
        raise bad_request(f"Secret already exist: {','.join(taken_names)}")
    quoted = ", ".join(f"'{name}'" for name in taken_names)
    raise bad_request(f"Secret already exists: {quoted} in path '{place.path}' of environment '{place.environment}'")


# ---- update
def update_secret(call: Call, place: Place, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    new_name = body.get("newSecretName")
    if call.is_2024:
        check_old_place(call, place, "edit", body["type"], "UpdateSecret")
    is_personal = body["type"] != store.SHARED_TYPE
    if call.is_2024:
        choose_owner(call, body["type"])
    project = permit_early(call, place, "read" if is_personal else "edit")
    check_case(call, project, [new_name] if new_name else [])
    if call.is_2024 and is_personal and new_name:
        raise bad_request("Personal secret cannot change the key name")
    if not is_personal:
        check_environment(call, place)

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "UpdateSecret")
        user_id = choose_owner(call, body["type"])
        if user_id is not None:
            if new_name:
                raise bad_request("Personal secret cannot change the key name")
            permit_late(call, place, choose_personal_action(call))
        row = store.find_secret(call.draft, folder, name, user_id)
        if row is None:
            raise not_found(f"{'Secret' if user_id is None else 'Personal secret'} with name {name} not found")
        if user_id is None:
            permit_late(call, place, "edit")
        check_tags(call, place, [body])
        if new_name and _has_secret(call, folder, new_name):
            raise bad_request(f"Secret with the new name already {'exist' if call.is_2024 else 'exists'}")
        row = store.revise_secret(call, folder, row, key=new_name or name, **collect_columns(call, body))
        if new_name and not call.is_2024:
            renaming.rename_references(call, place, folder, row, name)
        # the server answers with the request's fields: omitted ones are empty there, but keep their value
        answer_row = {**row, "value": body.get("secretValue", ""), "comment": body.get("secretComment", "")}
        return {"secret": views.describe_written(call, place, answer_row)}

    if is_personal:
        return apply(call)
    return approvals.apply_or_request(
        call, [place], approvals.make_changes("update", [{**body, "secretKey": name}]), apply
    )


def update_secrets(call: Call, place: Place, mode: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if call.is_2024:
        check_old_place(call, place, "edit", store.SHARED_TYPE, "UpdateManySecret")
    by_path: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        by_path.setdefault(item.get("secretPath") or place.path, []).append(item)
    places = [Place(place.project_id, place.environment, path) for path in by_path]
    renamed = [item["newSecretName"] for item in items if item.get("newSecretName")]
    for number, one in enumerate(places):
        project = permit_early(call, one, "edit")
        if number == 0:
            check_case(call, project, renamed, many=True)
    check_environment(call, place)
    get_environment(call, place.project_id, place.environment)

    def apply(call: Call) -> dict[str, Any]:
        updated = [
            row for one in places for row in _update_folder(call, one, mode, drop_repeated(call, by_path[one.path]))
        ]
        return {"secrets": updated}

    return approvals.apply_or_request(call, places, approvals.make_changes("update", items), apply)


def _update_folder(call: Call, place: Place, mode: str, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Update secrets of one folder; existing secrets come before new ones."""
    folder = tree.find_folder(call.draft, place.project_id, place.environment, place.path)
    if folder is None and not call.is_2024:
        raise not_found(f"Folder with path '{place.path}' in environment '{place.environment}' not found")
    folder = tree.get_folder(call, place.project_id, place.environment, place.path, "UpdateManySecret")
    existing = [item for item in items if _has_secret(call, folder, item["secretKey"])]
    absent = [item for item in items if not _has_secret(call, folder, item["secretKey"])]
    if absent and mode == "failOnNotFound":
        names = ", ".join(item["secretKey"] for item in absent)
        raise not_found(f"Secret does not exist: {names} in path {place.path}")
    if existing:
        permit_late(call, place, "edit")
    check_tags(call, place, items, None if call.is_2024 else "Tag not found")
    if mode == "upsert" and absent:
        permit_late(call, place, "create")
    new_names = [name for item in existing if (name := item.get("newSecretName"))]
    taken_names = [name for name in new_names if _has_secret(call, folder, name)]
    if taken_names:
        names = ", ".join(taken_names if call.is_2024 else new_names)
        raise bad_request(f"Secret with new name already exists: {names}")
    if new_names:
        permit_late(call, place, "create")
    rows = []
    for item in existing:
        secret = _require_secret(call, folder, item["secretKey"])
        key = item.get("newSecretName") or item["secretKey"]
        if key != item["secretKey"] and _has_secret(call, folder, key):
            raise bad_request(f"Secret with new name already exists: {key}")
        rows.append(store.revise_secret(call, folder, secret, key=key, **collect_columns(call, item)))
    if not call.is_2024:
        for item, row in zip(existing, rows, strict=True):
            if row["key"] != item["secretKey"]:
                renaming.rename_references(call, place, folder, row, item["secretKey"])
    if mode == "upsert" and absent:
        if call.is_2024:
            permit_secrets(call, place, "create")
        for item in absent:
            if _has_secret(call, folder, item["secretKey"]):
                raise bad_request(f"Secret already exist: {item['secretKey']}")
            rows.append(store.insert_secret(call, folder, item["secretKey"], **collect_columns(call, item)))
    return [views.describe_written(call, place, row) for row in rows]


def _has_secret(call: Call, folder: Row, name: str) -> bool:
    return store.find_secret(call.draft, folder, name) is not None


def _require_secret(call: Call, folder: Row, name: str) -> Row:
    """Return a shared secret; refuse if an earlier item of the batch renamed it."""
    secret = store.find_secret(call.draft, folder, name)
    if secret is None:
        raise not_found(f"Secret with name {name} not found")
    return secret


# ---- delete
def delete_secret(call: Call, place: Place, name: str, kind: str) -> dict[str, Any]:
    if call.is_2024:
        check_old_place(call, place, "delete", kind, "DeleteSecret")
    is_personal = kind != store.SHARED_TYPE
    if call.is_2024:
        choose_owner(call, kind, DELETE_USER_ONLY_MESSAGE)
    permit_early(call, place, "read" if is_personal else "delete")
    if not is_personal:
        check_environment(call, place)

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "DeleteSecret")
        user_id = choose_owner(call, kind, DELETE_USER_ONLY_MESSAGE)
        row = store.find_secret(call.draft, folder, name, user_id)
        if row is None and call.is_2024:
            raise not_found(f"Secret with name '{name}' not found", "DeleteSecret")
        if row is None:
            raise not_found("Secret not found")
        permit_late(call, place, "delete" if user_id is None else choose_personal_action(call))
        store.remove_secret(call, folder, row)
        return {"secret": views.describe_written(call, place, row)}

    if is_personal:
        return apply(call)
    return approvals.apply_or_request(call, [place], approvals.make_changes("delete", [{"secretKey": name}]), apply)


def delete_secrets(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if call.is_2024:
        check_old_place(call, place, "delete", store.SHARED_TYPE, "DeleteManySecret")
    shared = [item for item in items if item["type"] == store.SHARED_TYPE]
    permit_early(call, place, "delete" if shared else "read")
    check_environment(call, place)
    if call.is_2024 and not shared:
        return _delete_each(call, place, items)
    apply = _delete_each if call.is_2024 else _delete_existing
    return approvals.apply_or_request(
        call, [place], approvals.make_changes("delete", items), lambda call: apply(call, place, items)
    )


def _delete_each(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Delete secrets as the server of 2024 does: it looks for each item, personal ones included."""
    folder = tree.get_folder(call, place.project_id, place.environment, place.path, "DeleteManySecret")
    rows, absent, overrides = [], [], store.group_overrides(call.draft, folder)
    for item in items:
        user_id = choose_owner(call, item["type"], DELETE_USER_ONLY_MESSAGE)
        row = store.find_secret(call.draft, folder, item["secretKey"], user_id)
        if row is None:
            absent.append(item["secretKey"])
        else:
            store.remove_secret(call, folder, row, overrides)
            rows.append(row)
    if absent:
        names = ", ".join(row["key"] for row in rows)  # the message names those that exist
        raise not_found(f"One or more secrets does not exist: {names}")
    return {"secrets": [views.describe_written(call, place, row) for row in rows]}


def _delete_existing(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Delete secrets as today's server does: each key must have a shared secret, even if a personal one is deleted.

    The refusal lists the keys that exist, and a repeated key counts as missing. An identity has no personal secrets:
    asking for them deletes nothing.
    """
    folder = tree.get_folder(call, place.project_id, place.environment, place.path, "DeleteManySecret")
    keys = dict.fromkeys(item["secretKey"] for item in items)
    shared = [row for key in keys if (row := store.find_secret(call.draft, folder, key)) is not None]
    if len(shared) != len(items):
        raise not_found(f"One or more secrets does not exist: {', '.join(row['key'] for row in shared)}")
    permit_late(call, place, "delete")
    rows, overrides = [], store.group_overrides(call.draft, folder)
    for item in items:
        is_shared = item["type"] == store.SHARED_TYPE
        row = store.find_secret(call.draft, folder, item["secretKey"], None if is_shared else call.actor.id)
        if row is not None:
            store.remove_secret(call, folder, row, overrides)
            rows += [row, *(overrides.get(row["key"], ()) if is_shared else ())]
    return {"secrets": [_describe_deleted(call, place, row) for row in rows]}


def _describe_deleted(call: Call, place: Place, row: Row) -> dict[str, Any]:
    """Return a deleted secret; an override that is deleted with a shared one is in the answer, its value is not."""
    if row["type"] == store.SHARED_TYPE:
        return views.describe_written(call, place, row)
    visible_row = row if row["userId"] == call.actor.id else {**row, "value": views.MASK}
    return {**views.describe_written(call, place, visible_row), "secretValueHidden": True}
