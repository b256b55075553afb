"""Secret writing: secrets created, changed, deleted and moved, one or many, for the routes of both ages.

Each function says who may, what is refused, and makes the change; or asks for approval where a policy wants that.
A batch is made wholly or not at all: a refusal ends the request, and its draft with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from infisical.memory import access, tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place, environment_of
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
"""What requests call a column -> the column."""
OTHER_CASE: Final = "You can disable this requirement in project settings"
NOBODYS: Final = "Must be user to create personal secret"


def columns_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that a request gives; those that it leaves out stay out."""
    found = {column: asked[name] for name, column in COLUMNS.items() if name in asked}
    if "skipMultilineEncoding" in found:
        found["skipMultilineEncoding"] = bool(found["skipMultilineEncoding"])
    for column in ("tagIds", "secretMetadata", "reminderRecipients"):
        if column in found:
            found[column] = tuple(found[column])
    return found


def permitted(call: Call, place: Place, action: str) -> Row:
    """Return the project; refuse who may not do this to secrets in a place."""
    return access.permit(call, place.project_id, action, "secrets", environment=place.environment, path=place.path)


def check_tags(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> None:
    """Refuse tags that the project does not have."""
    known = call.draft.rows(tables.tags(place.project_id))
    wanted = {tag_id for item in items for tag_id in item.get("tagIds", ())}
    if not wanted <= known.keys():
        found = ",".join(known[tag_id]["slug"] for tag_id in known if tag_id in wanted)
        raise not_found(f"Tag not found. Found {found}")


def check_case(call: Call, project: Row, names: Sequence[str], *, many: bool = False) -> None:
    """Refuse names that are not in capitals where the project wants them so; in 2024 only the web client did."""
    wrong = [name for name in names if name != name.upper()]
    if call.is_2024 or not project["autoCapitalization"] or not wrong:
        return
    if many:
        which = ", ".join(wrong)
        raise bad_request(f"Secret names must be in UPPERCASE per project requirements: {which}. {OTHER_CASE}")
    raise bad_request(f"Secret name must be in UPPERCASE per project requirements. {OTHER_CASE}.")


def owner(call: Call, kind: str, refusal: str = NOBODYS) -> str | None:
    """Return whose secret is meant: nobody's for a shared one; only people have personal ones."""
    if kind == store.SHARED:
        return None
    if call.actor.kind != "user":
        raise bad_request(refusal)
    return call.actor.id


# ---- create
def create(call: Call, place: Place, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    project = permitted(call, place, "create")
    check_case(call, project, [name])
    user_id = owner(call, asked["type"])

    def make(made: Call) -> dict[str, Any]:
        folder = tree.get_folder(made, place.project_id, place.environment, place.path, "CreateSecret")
        if store.find(made.draft, folder, name, user_id) is not None:
            raise bad_request("Secret already exist")
        if user_id is not None and store.find(made.draft, folder, name) is None:
            raise bad_request("Failed to create personal secret override for no corresponding shared secret")
        check_tags(made, place, [asked])
        row = store.insert(made, folder, name, user_id, **columns_of(asked))
        return {"secret": views.shown(made, place, row)}

    if user_id is not None:
        return make(call)
    return approvals.made_or_asked(call, [place], approvals.asked("create", [{**asked, "secretKey": name}]), make)


def create_many(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    project = permitted(call, place, "create")
    names = [item["secretKey"] for item in items]
    check_case(call, project, names, many=True)

    def make(made: Call) -> dict[str, Any]:
        folder = tree.get_folder(made, place.project_id, place.environment, place.path, "CreateManySecret")
        counts = Counter(names)
        taken = [
            name for name, count in counts.items() if count > 1 or store.find(made.draft, folder, name) is not None
        ]
        if taken:
            raise bad_request(f"Secret already exist: {','.join(taken)}")
        check_tags(made, place, items)
        rows = [store.insert(made, folder, item["secretKey"], **columns_of(item)) for item in items]
        return {"secrets": [views.shown(made, place, row) for row in rows]}

    return approvals.made_or_asked(call, [place], approvals.asked("create", items), make)


# ---- update
def update(call: Call, place: Place, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    new_name = asked.get("newSecretName")
    user_id = owner(call, asked["type"])
    project = permitted(call, place, "edit" if user_id is None else "read")
    check_case(call, project, [new_name] if new_name else [])
    if user_id is not None and new_name:
        raise bad_request("Personal secret cannot change the key name")

    def make(made: Call) -> dict[str, Any]:
        folder = tree.get_folder(made, place.project_id, place.environment, place.path, "UpdateSecret")
        row = store.find(made.draft, folder, name, user_id)
        if row is None:
            raise not_found(f"{'Secret' if user_id is None else 'Personal secret'} with name {name} not found")
        check_tags(made, place, [asked])
        if new_name and store.find(made.draft, folder, new_name) is not None:
            raise bad_request("Secret with the new name already exists")
        row = store.revise(made, folder, row, key=new_name or name, **columns_of(asked))
        # the server answers with what it was sent: what was left out is empty there, and kept all the same
        told = {**row, "value": asked.get("secretValue", ""), "comment": asked.get("secretComment", "")}
        return {"secret": views.written(made, place, told)}

    if user_id is not None:
        return make(call)
    return approvals.made_or_asked(call, [place], approvals.asked("update", [{**asked, "secretKey": name}]), make)


def update_many(call: Call, place: Place, mode: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    by_path: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        by_path.setdefault(item.get("secretPath") or place.path, []).append(item)
    places = [Place(place.project_id, place.environment, path) for path in by_path]
    renamed = [item["newSecretName"] for item in items if item.get("newSecretName")]
    for number, one in enumerate(places):
        project = permitted(call, one, "edit")
        if number == 0:
            check_case(call, project, renamed, many=True)
    environment_of(call, place.project_id, place.environment)

    def make(made: Call) -> dict[str, Any]:
        found = [row for one in places for row in _update_in(made, one, mode, by_path[one.path])]
        return {"secrets": found}

    return approvals.made_or_asked(call, places, approvals.asked("update", items), make)


def _update_in(call: Call, place: Place, mode: str, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Change secrets of one folder; those that were there come before those that were not."""
    folder = tree.get_folder(call, place.project_id, place.environment, place.path, "UpdateManySecret")
    there = [item for item in items if _taken(call, folder, item["secretKey"])]
    absent = [item for item in items if not _taken(call, folder, item["secretKey"])]
    if absent and mode == "failOnNotFound":
        names = ", ".join(item["secretKey"] for item in absent)
        raise not_found(f"Secret does not exist: {names} in path {place.path}")
    check_tags(call, place, items)
    taken = [name for item in there if (name := item.get("newSecretName")) and _taken(call, folder, name)]
    if taken:
        raise bad_request(f"Secret with new name already exists: {', '.join(taken)}")
    rows = []
    for item in there:
        before = _named(call, folder, item["secretKey"])
        key = item.get("newSecretName") or item["secretKey"]
        if key != item["secretKey"] and _taken(call, folder, key):
            raise bad_request(f"Secret with new name already exists: {key}")
        rows.append(store.revise(call, folder, before, key=key, **columns_of(item)))
    if mode == "upsert" and absent:
        permitted(call, place, "create")
        for item in absent:
            if _taken(call, folder, item["secretKey"]):
                raise bad_request(f"Secret already exist: {item['secretKey']}")
            rows.append(store.insert(call, folder, item["secretKey"], **columns_of(item)))
    return [views.written(call, place, row) for row in rows]


def _taken(call: Call, folder: Row, name: str) -> bool:
    return store.find(call.draft, folder, name) is not None


def _named(call: Call, folder: Row, name: str) -> Row:
    """Return a shared secret; refuse if it was renamed by an earlier part of the same batch."""
    found = store.find(call.draft, folder, name)
    if found is None:
        raise not_found(f"Secret with name {name} not found")
    return found


# ---- delete
def delete(call: Call, place: Place, name: str, kind: str) -> dict[str, Any]:
    user_id = owner(call, kind, "Must be user to delete personal secret")
    permitted(call, place, "delete" if user_id is None else "read")

    def make(made: Call) -> dict[str, Any]:
        folder = tree.get_folder(made, place.project_id, place.environment, place.path, "DeleteSecret")
        row = store.find(made.draft, folder, name, user_id)
        if row is None:
            raise not_found(f"Secret with name '{name}' not found", "DeleteSecret")
        store.remove(made, folder, row)
        return {"secret": views.written(made, place, row)}

    if user_id is not None:
        return make(call)
    return approvals.made_or_asked(call, [place], approvals.asked("delete", [{"secretKey": name}]), make)


def delete_many(call: Call, place: Place, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    shared = [item for item in items if item["type"] == store.SHARED]
    permitted(call, place, "delete" if shared else "read")

    def make(made: Call) -> dict[str, Any]:
        folder = tree.get_folder(made, place.project_id, place.environment, place.path, "DeleteManySecret")
        rows, absent, overrides = [], [], store.overrides_in(made.draft, folder)
        for item in items:
            user_id = owner(made, item["type"], "Must be user to delete personal secret")
            row = store.find(made.draft, folder, item["secretKey"], user_id)
            if row is None:
                absent.append(item["secretKey"])
            else:
                store.remove(made, folder, row, overrides)
                rows.append(row)
        if absent:
            raise not_found(f"One or more secrets does not exist: {', '.join(absent)}")
        return {"secrets": [views.written(made, place, row) for row in rows]}

    if not shared:
        return make(call)
    return approvals.made_or_asked(call, [place], approvals.asked("delete", items), make)
