"""Secrets: today's routes of reading, writing and moving them. The older ones are in secrets_v3.py."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import JWT, MACHINES, READERS, Answer, route
from infisical.memory.secrets import fields, moving, permissions, reading, references, store, writing
from infisical.memory.state import Row
from infisical.memory.validation import Field, array, boolean, flag_text, obj, string

LIMIT: Final = "secrets"
PATH: Final = "/api/v4/secrets"
NAMED: Final = "/api/v4/secrets/{secretName}"
BATCH: Final = "/api/v4/secrets/batch"
PROJECT: Final[dict[str, Field]] = {"projectId": string()}
REFERENCE: Final = obj({**PROJECT, **fields.WHERE})
MOVING: Final = obj(
    {
        **PROJECT,
        "sourceEnvironment": string(),
        "sourceSecretPath": fields.PATH,
        "destinationEnvironment": string(),
        "destinationSecretPath": fields.PATH,
        "secretIds": array(string(trim=False)),
        "shouldOverwrite": boolean().optional(False),
    }
)


def where(asked: Any) -> Place:
    return Place(asked["projectId"], asked["environment"], asked["secretPath"])


def name(call: Call) -> str:
    return fields.secret_name(call, string(least=1))


# ---- read
@route(
    "GET",
    PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    query=obj({"projectId": string().optional(""), **fields.LISTING}),
)
def list_secrets(call: Call) -> Answer:
    place = reading.own_scope(call) or where(call.query)
    if not place.project_id or not place.environment:
        raise bad_request("Missing project id or environment")
    return reading.listing(call, place, call.query)


@route("GET", NAMED, generation="current", access=READERS, limit=LIMIT, query=obj({**PROJECT, **fields.READING}))
def get_secret(call: Call) -> Answer:
    place = reading.own_scope(call) or where(call.query)
    if not place.environment:
        raise bad_request("Missing environment")
    return {"secret": reading.by_name(call, place, name(call), call.query)}


@route("GET", "/api/v4/secrets/id/{secretId}", generation="current", access=MACHINES, limit=LIMIT)
def get_secret_by_id(call: Call) -> Answer:
    return {"secret": reading.by_id(call, call.path["secretId"])}


# ---- write
@route("POST", NAMED, generation="current", access=READERS, limit=LIMIT, body=obj({**PROJECT, **fields.CREATING}))
def create_secret(call: Call) -> Answer:
    return writing.create(call, where(call.body), fields.secret_name(call, fields.new_name()), call.body)


@route("PATCH", NAMED, generation="current", access=READERS, limit=LIMIT, body=obj({**PROJECT, **fields.UPDATING}))
def update_secret(call: Call) -> Answer:
    return writing.update(call, where(call.body), name(call), call.body)


@route("DELETE", NAMED, generation="current", access=READERS, limit=LIMIT, body=obj({**PROJECT, **fields.DELETING}))
def delete_secret(call: Call) -> Answer:
    return writing.delete(call, where(call.body), name(call), call.body["type"])


@route("POST", BATCH, generation="current", access=READERS, limit=LIMIT, body=obj({**PROJECT, **fields.CREATING_MANY}))
def create_secrets(call: Call) -> Answer:
    return writing.create_many(call, where(call.body), call.body["secrets"])


@route("PATCH", BATCH, generation="current", access=READERS, limit=LIMIT, body=obj({**PROJECT, **fields.UPDATING_MANY}))
def update_secrets(call: Call) -> Answer:
    return writing.update_many(call, where(call.body), call.body["mode"], call.body["secrets"])


@route(
    "DELETE", BATCH, generation="current", access=READERS, limit=LIMIT, body=obj({**PROJECT, **fields.DELETING_MANY})
)
def delete_secrets(call: Call) -> Answer:
    return writing.delete_many(call, where(call.body), call.body["secrets"])


@route("POST", "/api/v4/secrets/move", generation="current", access=MACHINES, limit=LIMIT, body=MOVING)
def move_secrets(call: Call) -> Answer:
    asked = call.body
    return moving.move(
        call,
        Place(asked["projectId"], asked["sourceEnvironment"], asked["sourceSecretPath"]),
        Place(asked["projectId"], asked["destinationEnvironment"], asked["destinationSecretPath"]),
        asked["secretIds"],
        overwrite=asked["shouldOverwrite"],
    )


# ---- what a secret has to do with others, and with people
def found(call: Call, place: Place, key: str, error: str = "NotFound") -> Row:
    """Return the shared secret of a name; refuse who may not read it, and a name that is not there."""
    reading.may_read(call, place)
    folder = tree.get_folder(call, place.project_id, place.environment, place.path, error)
    row = store.find(call.draft, folder, key)
    if row is None:
        raise not_found(f"Secret with name '{key}' not found")
    return row


@route("GET", f"{NAMED}/reference-dependency-tree", generation="current", access=JWT, limit=LIMIT, query=REFERENCE)
def list_references(call: Call) -> Answer:
    place = where(call.query)
    found(call, place, name(call))
    return {"tree": references.dependents_of(call, place, name(call))}


@route("GET", f"{NAMED}/secret-reference-tree", generation="current", access=JWT, limit=LIMIT, query=REFERENCE)
def get_reference_tree(call: Call) -> Answer:
    place = where(call.query)
    row = found(call, place, name(call))
    value = references.expanded(call, place, {**row, "skipMultilineEncoding": False})
    return {"tree": references.tree_of(call, place, row), "value": value}


@route(
    "GET",
    "/api/v1/secrets/{secretName}/access-list",
    generation="current",
    access=JWT,
    query=obj({**PROJECT, **fields.WHERE, "includeAllEntities": flag_text()}),
)
def get_access_list(call: Call) -> Answer:
    place = where(call.query)
    found(call, place, name(call), "GetSecretByName")
    return permissions.access_list(call, place.project_id, everybody=call.query["includeAllEntities"])
