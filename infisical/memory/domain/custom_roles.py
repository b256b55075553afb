"""Custom roles of a project: their rows, and whether the rules of one allow an action.

A rule names a subject and actions, and may be inverted or have conditions on environment and path; the last rule that
matches decides. Built-in roles are in access.py, routes in projects/roles.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infisical.memory import patterns
from infisical.memory.state import Draft, Row

CUSTOM_ROLE = "custom"
"""The role of a membership that has a custom one; `customRoleId` is its id."""


READ_ACTIONS = frozenset({"describeSecret", "readValue"})
"""Actions that a rule for `read` covers: today's server adds them to the rules of the old routes."""


def get_table(project_id: str) -> tuple[str, str]:
    """Return the table of a project's roles: id -> id, slug, name, description, permissions, projectId, ..."""
    return ("project_roles", project_id)


def find_role(draft: Draft, project_id: str, slug: str) -> Row | None:
    return draft.find(get_table(project_id), slug=slug)


def make_columns(role: Row) -> dict[str, Any]:
    """Make the columns of a membership's role that name a custom one."""
    return {
        "role": CUSTOM_ROLE,
        "customRoleId": role["id"],
        "customRoleName": role["name"],
        "customRoleSlug": role["slug"],
    }


def is_allowed(
    draft: Draft,
    project_id: str,
    membership: Row,
    action: str,
    subject: str,
    environment: str | None,
    path: str | None,
) -> bool:
    """Return True if one of the custom roles of a membership allows an action on a subject."""
    rows = draft.rows(get_table(project_id))
    roles = (rows.get(role.get("customRoleId") or "") for role in membership["roles"] if role["role"] == CUSTOM_ROLE)
    return any(
        _decide(role["permissions"], action, subject, {"environment": environment, "secretPath": path})
        for role in roles
        if role is not None
    )


def _decide(rules: Sequence[Mapping[str, Any]], action: str, subject: str, place: Mapping[str, str | None]) -> bool:
    for rule in reversed(rules):
        actions = rule.get("action") or ()
        named = (actions,) if isinstance(actions, str) else actions
        subjects = rule.get("subject") or ()
        about = (subjects,) if isinstance(subjects, str) else subjects
        if (
            (action in named or (action in READ_ACTIONS and "read" in named))
            and subject in about
            and _matches(rule.get("conditions") or {}, place)
        ):
            return not rule.get("inverted")
    return False


def _matches(conditions: Mapping[str, Any], place: Mapping[str, str | None]) -> bool:
    """Return True if a place meets the conditions. Without a place only the existence of a rule counts."""
    for name, condition in conditions.items():
        value = place.get(name)
        if value is None:
            continue
        tests = {"$eq": condition} if not isinstance(condition, Mapping) else condition
        if not all(_is_met(value, operator, operand) for operator, operand in tests.items()):
            return False
    return True


def _is_met(value: str, operator: str, operand: Any) -> bool:
    if operator == "$eq":
        return bool(value == operand)
    if operator == "$ne":
        return bool(value != operand)
    if operator == "$in":
        return isinstance(operand, list) and value in operand
    return operator == "$glob" and isinstance(operand, str) and patterns.matches_glob(operand, value)
