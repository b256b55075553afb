"""Users of the instance: instance admins list and delete them, and grant or revoke admin access."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tables
from infisical.memory.call import Call, pick
from infisical.memory.domain import cascade
from infisical.memory.domain.instance import require_admin
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import array, number_text, obj, string, true_text

USERS_PATH: Final = "/api/v1/admin/user-management/users"
USER_PATH: Final = f"{USERS_PATH}/{{userId}}"
USER_COLUMNS: Final = ("username", "firstName", "lastName", "email", "id")
SEARCH_COLUMNS: Final = ("username", "firstName", "lastName", "email")
PAGE_FIELDS: Final[dict[str, Any]] = {
    "searchTerm": string().optional(""),
    "offset": number_text().optional(0),
    "limit": number_text(most=100).optional(20),
}


def page_rows(call: Call, rows: list[Row], columns: tuple[str, ...], order: str) -> tuple[list[Row], int]:
    """Return the requested page of the rows that contain the search term, and the number of all matches."""
    term = call.query["searchTerm"].lower()
    matches = [row for row in rows if any(term in str(row.get(column) or "").lower() for column in columns)]
    matches.sort(key=lambda row: (str(row[order]).lower(), row["id"]))
    start = int(call.query["offset"])
    return matches[start : start + int(call.query["limit"])], len(matches)


def load_user(call: Call) -> Row:
    row = call.draft.get(tables.USERS, call.path["userId"])
    if row is None:
        raise not_found(f"User with ID '{call.path['userId']}' not found")
    return row


def list_admin_ids(call: Call) -> set[str]:
    return {row["id"] for row in call.draft.where(tables.USERS, superAdmin=True)}


@route("GET", USERS_PATH, access=MACHINES, query=obj(PAGE_FIELDS, adminsOnly=true_text()))
def list_users(call: Call) -> Answer:
    require_admin(call)
    users = call.draft.where(tables.USERS, isGhost=False, **({"superAdmin": True} if call.query["adminsOnly"] else {}))
    page, total = page_rows(call, users, SEARCH_COLUMNS, "username")
    return {"users": [pick(row, *USER_COLUMNS, "superAdmin") for row in page], "total": total}


@route("DELETE", USER_PATH, access=MACHINES)
def delete_user(call: Call) -> Answer:
    require_admin(call)
    row = load_user(call)
    if list_admin_ids(call) == {row["id"]}:
        raise bad_request(
            "Cannot delete the only server admin on this instance. Add another server admin to delete this user."
        )
    cascade.remove(call.draft, [row["id"]])
    return {"users": pick(row, *USER_COLUMNS)}  # one object, despite the plural name


@route("DELETE", USERS_PATH, generation="current", access=MACHINES, body=obj(userIds=array(string())))
def delete_users(call: Call) -> Answer:
    require_admin(call)
    user_ids = call.body["userIds"]
    if list_admin_ids(call) <= set(user_ids):
        raise bad_request(
            "Instance must have at least one server admin. Add another server admin to delete these users."
        )
    rows = [row for row in call.draft.rows(tables.USERS).values() if row["id"] in user_ids]
    cascade.remove(call.draft, [row["id"] for row in rows])
    return {"users": [pick(row, *USER_COLUMNS) for row in rows]}


@route("PATCH", f"{USER_PATH}/admin-access", generation="current", access=MACHINES)
def grant_admin_access(call: Call) -> Answer:
    require_admin(call)
    call.draft.merge(tables.USERS, load_user(call)["id"], superAdmin=True, updatedAt=call.timestamp)
    return None


@route("DELETE", f"{USER_PATH}/admin-access", generation="current", access=MACHINES)
def revoke_admin_access(call: Call) -> Answer:
    require_admin(call)
    row = load_user(call)
    if list_admin_ids(call) == {row["id"]}:
        raise bad_request(
            "Cannot remove the only server admin on this instance."
            " Add another server admin to remove status for this user."
        )
    return {
        "user": pick(
            call.draft.merge(tables.USERS, row["id"], superAdmin=False, updatedAt=call.timestamp), *USER_COLUMNS
        )
    }
