"""The current routes of secrets: reading, writing, moving. The old ones are in secrets_v3.py."""

from __future__ import annotations

from typing import Any, Final

from infisical.memory import access, tree
from infisical.memory.call import Call
from infisical.memory.domain.places import Place
from infisical.memory.refusals import Refusal, bad_request, not_found
from infisical.memory.routing import JWT, MACHINES, READERS, Answer, route
from infisical.memory.secrets import fields, moving, permissions, reading, references, store, writing
from infisical.memory.state import Row
from infisical.memory.validation import Field, array, boolean, flag_text, obj, string

LIMIT: Final = "secrets"
PATH: Final = "/api/v4/secrets"
NAMED_PATH: Final = "/api/v4/secrets/{secretName}"
BATCH_PATH: Final = "/api/v4/secrets/batch"
PROJECT_FIELDS: Final[dict[str, Field]] = {"projectId": string()}
REFERENCE_QUERY: Final = obj({**PROJECT_FIELDS, **fields.PLACE_FIELDS})
MOVE_BODY: Final = obj(
    {
        **PROJECT_FIELDS,
        "sourceEnvironment": string(),
        "sourceSecretPath": fields.PATH_FIELD,
        "destinationEnvironment": string(),
        "destinationSecretPath": fields.PATH_FIELD,
        "secretIds": array(string(trim=False)),
        "shouldOverwrite": boolean().optional(False),
    }
)


def read_place(body: Any) -> Place:
    return Place(body["projectId"], body["environment"], body["secretPath"])


def read_secret_name(call: Call) -> str:
    return fields.read_name(call, string(least=1))


# ---- read
@route(
    "GET",
    PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    query=obj({"projectId": string().optional(""), **fields.TODAY_LIST_FIELDS}),
)
def list_secrets(call: Call) -> Answer:
    place = reading.get_token_scope(call) or read_place(call.query)
    if not place.project_id or not place.environment:
        raise bad_request("Missing project id or environment")
    return reading.list_secrets(call, place, call.query)


@route(
    "GET",
    NAMED_PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    query=obj({**PROJECT_FIELDS, **fields.TODAY_READ_FIELDS}),
)
def get_secret(call: Call) -> Answer:
    place = reading.get_token_scope(call) or read_place(call.query)
    if not place.environment:
        raise bad_request("Missing environment")
    return {"secret": reading.get_by_name(call, place, read_secret_name(call), call.query)}


@route("GET", "/api/v4/secrets/id/{secretId}", generation="current", access=MACHINES, limit=LIMIT)
def get_secret_by_id(call: Call) -> Answer:
    return {"secret": reading.get_by_id(call, call.path["secretId"])}


# ---- write
@route(
    "POST",
    NAMED_PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    body=obj({**PROJECT_FIELDS, **fields.CREATE_FIELDS}),
)
def create_secret(call: Call) -> Answer:
    return writing.create_secret(
        call, read_place(call.body), fields.read_name(call, fields.make_name_field()), call.body
    )


@route(
    "PATCH",
    NAMED_PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    body=obj({**PROJECT_FIELDS, **fields.UPDATE_FIELDS}),
)
def update_secret(call: Call) -> Answer:
    return writing.update_secret(call, read_place(call.body), read_secret_name(call), call.body)


@route(
    "DELETE",
    NAMED_PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    body=obj({**PROJECT_FIELDS, **fields.DELETE_FIELDS}),
)
def delete_secret(call: Call) -> Answer:
    return writing.delete_secret(call, read_place(call.body), read_secret_name(call), call.body["type"])


@route(
    "POST",
    BATCH_PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    body=obj({**PROJECT_FIELDS, **fields.BATCH_CREATE_FIELDS}),
)
def create_secrets(call: Call) -> Answer:
    return writing.create_secrets(call, read_place(call.body), call.body["secrets"])


@route(
    "PATCH",
    BATCH_PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    body=obj({**PROJECT_FIELDS, **fields.BATCH_UPDATE_FIELDS}),
)
def update_secrets(call: Call) -> Answer:
    return writing.update_secrets(call, read_place(call.body), call.body["mode"], call.body["secrets"])


@route(
    "DELETE",
    BATCH_PATH,
    generation="current",
    access=READERS,
    limit=LIMIT,
    body=obj({**PROJECT_FIELDS, **fields.BATCH_DELETE_FIELDS}),
)
def delete_secrets(call: Call) -> Answer:
    return writing.delete_secrets(call, read_place(call.body), call.body["secrets"])


@route("POST", "/api/v4/secrets/move", generation="current", access=MACHINES, limit=LIMIT, body=MOVE_BODY)
def move_secrets(call: Call) -> Answer:
    body = call.body
    return moving.move_secrets(
        call,
        Place(body["projectId"], body["sourceEnvironment"], body["sourceSecretPath"]),
        Place(body["projectId"], body["destinationEnvironment"], body["destinationSecretPath"]),
        body["secretIds"],
        overwrite=body["shouldOverwrite"],
    )


# ---- references and access
def require_readable(call: Call, place: Place, key: str, missing_folder: Refusal | None = None) -> Row:
    """Return the shared secret of a name; refuse an unknown name, and a caller who may not read it."""
    access.require_project_access(call, place.project_id, is_bot_lookup=True)
    folder = tree.find_folder(call.draft, place.project_id, place.environment, place.path)
    if folder is None and missing_folder is not None:
        raise missing_folder
    row = None if folder is None else store.find_secret(call.draft, folder, key)
    if row is None:
        raise not_found(f"Secret with name '{key}' not found")
    reading.permit_read(call, place, "describeSecret")
    return row


@route(
    "GET",
    f"{NAMED_PATH}/reference-dependency-tree",
    generation="current",
    access=JWT,
    limit=LIMIT,
    query=REFERENCE_QUERY,
)
def list_references(call: Call) -> Answer:
    place = read_place(call.query)
    message = "Folder not found for the given environment slug & secret path"
    require_readable(call, place, read_secret_name(call), not_found(message, "GetSecretReferences"))
    return {"tree": references.build_dependents(call, place, read_secret_name(call))}


@route(
    "GET", f"{NAMED_PATH}/secret-reference-tree", generation="current", access=JWT, limit=LIMIT, query=REFERENCE_QUERY
)
def get_reference_tree(call: Call) -> Answer:
    place = read_place(call.query)
    row = require_readable(call, place, read_secret_name(call))
    value = references.expand_value(call, place, {**row, "skipMultilineEncoding": False})
    return {"tree": references.build_tree(call, place, row), "value": value}


@route(
    "GET",
    "/api/v1/secrets/{secretName}/access-list",
    generation="current",
    access=JWT,
    query=obj({**PROJECT_FIELDS, **fields.PLACE_FIELDS, "includeAllEntities": flag_text()}),
)
def get_access_list(call: Call) -> Answer:
    place = read_place(call.query)
    message = f"Folder with path '{place.path}' in environment with slug '{place.environment}' not found"
    require_readable(call, place, read_secret_name(call), not_found(message, "GetSecretByName"))
    return permissions.list_access(call, place.project_id, include_all=call.query["includeAllEntities"])
