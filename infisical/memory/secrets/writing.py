"""Writing secrets: create, update and delete, one or many, for the routes of both generations.

Each function checks permissions and the request, then applies the change, or requests approval if a policy says so.
A batch applies completely or not at all: a refusal ends the request and discards its draft.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import access, tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place, get_environment
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.secrets import approvals, store, views
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
CASE_HINT: Final = "You can disable this requirement in project settings"
USER_ONLY_MESSAGE: Final = "Must be user to create personal secret"


def collect_columns(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that a request sets; omitted ones are absent."""
    columns = {column: body[name] for name, column in COLUMNS.items() if name in body}
    if "skipMultilineEncoding" in columns:
        columns["skipMultilineEncoding"] = bool(columns["skipMultilineEncoding"])
    for column in ("tagIds", "secretMetadata", "reminderRecipients"):
        if column in columns:
            columns[column] = tuple(columns[column])
    return columns


def permit_secrets(call: Call, place: Place, action: str) -> Row:
    """Return the project; refuse a caller without this permission for the secrets of a place."""
    access.get_project(call, place.project_id)  # a server of 2024 looks up the project's key before the membership
    return access.permit(call, place.project_id, action, "secrets", environment=place.environment, path=place.path)


def check_old_place(call: Call, place: Place, action: str, kind: str, error: str) -> None:
    """Check what October 2024 checks before the owner of a secret: a policy's environment, permission, and folder."""
    access.get_project(call, place.project_id)
    has_policies = kind == store.SHARED_TYPE and call.actor.kind == "user"
    if has_policies and tree.find_environment(call.draft, place.project_id, place.environment) is None:
        raise not_found(f"Environment with slug '{place.environment}' not found in project with ID {place.project_id}")
    permit_secrets(call, place, action)
    tree.get_folder(call, place.project_id, place.environment, place.path, error)


def check_tags(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> None:
    """Refuse tags that the project does not have."""
    tags = call.draft.rows(tables.tags(place.project_id))
    tag_ids = {tag_id for item in items for tag_id in item.get("tagIds", ())}
    if call.is_2024 and not tag_ids <= tags.keys():
        raise not_found("One or more tags not found")
    if not tag_ids <= tags.keys():
        slugs = ",".join(tags[tag_id]["slug"] for tag_id in tags if tag_id in tag_ids)
        raise not_found(f"Tag not found. Found {slugs}")


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
    project = permit_secrets(call, place, "create")
    check_case(call, project, [name])
    user_id = choose_owner(call, body["type"])

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "CreateSecret")
        if store.find_secret(call.draft, folder, name, user_id) is not None:
            raise bad_request("Secret already exist")
        if user_id is not None and store.find_secret(call.draft, folder, name) is None:
            raise bad_request("Failed to create personal secret override for no corresponding shared secret")
        check_tags(call, place, [body])
        row = store.insert_secret(call, folder, name, user_id, **collect_columns(body))
        return {"secret": views.describe_secret(call, place, row)}

    if user_id is not None:
        return apply(call)
    return approvals.apply_or_request(
        call, [place], approvals.make_changes("create", [{**body, "secretKey": name}]), apply
    )


def create_secrets(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if call.is_2024:
        check_old_place(call, place, "create", store.SHARED_TYPE, "CreateManySecret")
    project = permit_secrets(call, place, "create")
    names = [item["secretKey"] for item in items]
    check_case(call, project, names, many=True)

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "CreateManySecret")
        counts = Counter(names)
        taken_names = [
            name
            for name, count in counts.items()
            if (count > 1 and not call.is_2024) or store.find_secret(call.draft, folder, name) is not None
        ]
        if taken_names:
            raise bad_request(f"Secret already exist: {','.join(taken_names)}")
        check_tags(call, place, items)
        insert = store.insert_copy if call.is_2024 else store.insert_secret
        rows = [insert(call, folder, item["secretKey"], **collect_columns(item)) for item in items]
        return {"secrets": [views.describe_secret(call, place, row) for row in rows]}

    return approvals.apply_or_request(call, [place], approvals.make_changes("create", items), apply)


# ---- update
def update_secret(call: Call, place: Place, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    new_name = body.get("newSecretName")
    if call.is_2024:
        check_old_place(call, place, "edit", body["type"], "UpdateSecret")
    user_id = choose_owner(call, body["type"])
    project = permit_secrets(call, place, "edit" if user_id is None else "read")
    check_case(call, project, [new_name] if new_name else [])
    if user_id is not None and new_name:
        raise bad_request("Personal secret cannot change the key name")

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "UpdateSecret")
        row = store.find_secret(call.draft, folder, name, user_id)
        if row is None:
            raise not_found(f"{'Secret' if user_id is None else 'Personal secret'} with name {name} not found")
        check_tags(call, place, [body])
        if new_name and store.find_secret(call.draft, folder, new_name) is not None:
            raise bad_request(f"Secret with the new name already {'exist' if call.is_2024 else 'exists'}")
        row = store.revise_secret(call, folder, row, key=new_name or name, **collect_columns(body))
        # the server answers with the request's fields: omitted ones are empty there, but keep their value
        answer_row = {**row, "value": body.get("secretValue", ""), "comment": body.get("secretComment", "")}
        return {"secret": views.describe_written(call, place, answer_row)}

    if user_id is not None:
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
        project = permit_secrets(call, one, "edit")
        if number == 0:
            check_case(call, project, renamed, many=True)
    get_environment(call, place.project_id, place.environment)

    def apply(call: Call) -> dict[str, Any]:
        updated = [row for one in places for row in _update_folder(call, one, mode, by_path[one.path])]
        return {"secrets": updated}

    return approvals.apply_or_request(call, places, approvals.make_changes("update", items), apply)


def _update_folder(call: Call, place: Place, mode: str, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Update secrets of one folder; existing secrets come before new ones."""
    folder = tree.get_folder(call, place.project_id, place.environment, place.path, "UpdateManySecret")
    existing = [item for item in items if _has_secret(call, folder, item["secretKey"])]
    absent = [item for item in items if not _has_secret(call, folder, item["secretKey"])]
    if absent and mode == "failOnNotFound":
        names = ", ".join(item["secretKey"] for item in absent)
        raise not_found(f"Secret does not exist: {names} in path {place.path}")
    check_tags(call, place, items)
    taken_names = [name for item in existing if (name := item.get("newSecretName")) and _has_secret(call, folder, name)]
    if taken_names:
        raise bad_request(f"Secret with new name already exists: {', '.join(taken_names)}")
    rows = []
    for item in existing:
        secret = _require_secret(call, folder, item["secretKey"])
        key = item.get("newSecretName") or item["secretKey"]
        if key != item["secretKey"] and _has_secret(call, folder, key):
            raise bad_request(f"Secret with new name already exists: {key}")
        rows.append(store.revise_secret(call, folder, secret, key=key, **collect_columns(item)))
    if mode == "upsert" and absent:
        permit_secrets(call, place, "create")
        for item in absent:
            if _has_secret(call, folder, item["secretKey"]):
                raise bad_request(f"Secret already exist: {item['secretKey']}")
            rows.append(store.insert_secret(call, folder, item["secretKey"], **collect_columns(item)))
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
    user_id = choose_owner(call, kind, "Must be user to delete personal secret")
    permit_secrets(call, place, "delete" if user_id is None else "read")

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "DeleteSecret")
        row = store.find_secret(call.draft, folder, name, user_id)
        if row is None:
            raise not_found(f"Secret with name '{name}' not found", "DeleteSecret")
        store.remove_secret(call, folder, row)
        return {"secret": views.describe_written(call, place, row)}

    if user_id is not None:
        return apply(call)
    return approvals.apply_or_request(call, [place], approvals.make_changes("delete", [{"secretKey": name}]), apply)


def delete_secrets(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if call.is_2024:
        check_old_place(call, place, "delete", store.SHARED_TYPE, "DeleteManySecret")
    shared = [item for item in items if item["type"] == store.SHARED_TYPE]
    permit_secrets(call, place, "delete" if shared else "read")

    def apply(call: Call) -> dict[str, Any]:
        folder = tree.get_folder(call, place.project_id, place.environment, place.path, "DeleteManySecret")
        rows, absent, overrides = [], [], store.group_overrides(call.draft, folder)
        for item in items:
            user_id = choose_owner(call, item["type"], "Must be user to delete personal secret")
            row = store.find_secret(call.draft, folder, item["secretKey"], user_id)
            if row is None:
                absent.append(item["secretKey"])
            else:
                store.remove_secret(call, folder, row, overrides)
                rows.append(row)
        if absent:
            named = [row["key"] for row in rows] if call.is_2024 else absent  # the old message names those that exist
            raise not_found(f"One or more secrets does not exist: {', '.join(named)}")
        return {"secrets": [views.describe_written(call, place, row) for row in rows]}

    if not shared:
        return apply(call)
    return approvals.apply_or_request(call, [place], approvals.make_changes("delete", items), apply)
