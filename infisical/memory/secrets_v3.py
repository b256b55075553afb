"""The old routes of secrets, `/api/v3/secrets/raw`, which both generations have. They do what the current ones do.

A request names its project by id or slug; for single writes the server of 2024 accepts only the id.
"""

from __future__ import annotations

from typing import Final

from infisical.memory.call import Call
from infisical.memory.domain.places import Place, get_project_by_slug
from infisical.memory.refusals import bad_request, internal_error
from infisical.memory.routing import MACHINES, READERS, Answer, Handler, Method, Route, route
from infisical.memory.secrets import fields, reading, writing
from infisical.memory.validation import Field, array, obj, string

LIMIT: Final = "secrets"
PATH: Final = "/api/v3/secrets/raw"
NAMED_PATH: Final = "/api/v3/secrets/raw/{secretName}"
BATCH_PATH: Final = "/api/v3/secrets/batch/raw"
OPTIONAL_TEXT: Final = string().optional("")
READ_PROJECT_FIELDS: Final[dict[str, Field]] = {"workspaceId": OPTIONAL_TEXT, "workspaceSlug": OPTIONAL_TEXT}
WRITE_PROJECT_FIELDS: Final[dict[str, Field]] = {"workspaceId": OPTIONAL_TEXT, "projectSlug": OPTIONAL_TEXT}
PROJECT_ID_FIELDS: Final[dict[str, Field]] = {"workspaceId": string()}


# ---- places
def read_query_place(call: Call) -> Place:
    """Return the place that a query names; an omitted part is empty."""
    scope = reading.get_token_scope(call)
    if scope is not None:
        return scope
    query = call.query
    project_id = query["workspaceId"]
    if not project_id and query["workspaceSlug"]:
        project_id = get_project_by_slug(call, query["workspaceSlug"])["id"]
    return Place(project_id, query["environment"], query["secretPath"])


def read_body_place(call: Call) -> Place:
    """Return the place that a body names."""
    body = call.body
    project_id = body["workspaceId"]
    if not project_id and "projectSlug" in body:
        if not body.get("projectSlug"):
            raise bad_request("You must provide projectSlug or workspaceId")
        project_id = get_project_by_slug(call, body["projectSlug"])["id"]
    return Place(project_id, body["environment"], body["secretPath"])


def read_secret_name(call: Call) -> str:
    return fields.read_name(call, string(least=1))


# ---- handlers
def list_secrets(call: Call) -> Answer:
    place = read_query_place(call)
    if not place.project_id or not place.environment:
        raise bad_request(f"Missing {'workspace' if call.is_2024 else 'project'} id or environment")
    return reading.list_secrets(call, place, call.query)


def get_secret(call: Call) -> Answer:
    place = read_query_place(call)
    if not place.environment:
        raise bad_request("Missing environment")
    if not place.project_id:
        raise bad_request("You must provide workspaceSlug or workspaceId")
    return {"secret": reading.get_by_name(call, place, read_secret_name(call), call.query)}


def create_secret(call: Call) -> Answer:
    field = string() if call.is_2024 else fields.make_name_field()
    return writing.create_secret(call, read_body_place(call), fields.read_name(call, field), call.body)


def update_secret(call: Call) -> Answer:
    return writing.update_secret(call, read_body_place(call), read_secret_name(call), call.body)


def delete_secret(call: Call) -> Answer:
    return writing.delete_secret(call, read_body_place(call), read_secret_name(call), call.body["type"])


def create_secrets(call: Call) -> Answer:
    return writing.create_secrets(call, read_body_place(call), call.body["secrets"])


def update_secrets(call: Call) -> Answer:
    answer = writing.update_secrets(call, read_body_place(call), call.body["mode"], call.body["secrets"])
    if answer.get("secrets") == []:
        raise internal_error()  # the server reads the first updated secret without checking that there is one
    return answer


def delete_secrets(call: Call) -> Answer:
    return writing.delete_secrets(call, read_body_place(call), call.body["secrets"])


# ---- the routes: the fields differ by generation
def make_route(method: Method, path: str, handler: Handler, parts: dict[str, Field]) -> Route:
    """Make the route of the current generation."""
    if method == "GET":
        query = obj({**READ_PROJECT_FIELDS, **parts})
        return route(method, path, generation="current", access=READERS, limit=LIMIT, query=query)(handler)
    return route(
        method, path, generation="current", access=READERS, limit=LIMIT, body=obj({**WRITE_PROJECT_FIELDS, **parts})
    )(handler)


def make_old_route(
    method: Method, path: str, handler: Handler, parts: dict[str, Field], project: dict[str, Field]
) -> Route:
    """Make the route of 2024."""
    fields_of_request = obj({**project, **fields.make_old_fields(parts)})
    if method == "GET":
        return route(method, path, generation="2024-10", access=READERS, limit=LIMIT, query=fields_of_request)(handler)
    return route(method, path, generation="2024-10", access=READERS, limit=LIMIT, body=fields_of_request)(handler)


@route("GET", "/api/v3/secrets/raw/id/{secretId}", generation="current", access=MACHINES, limit=LIMIT)
def get_secret_by_id(call: Call) -> Answer:
    return {"secret": reading.get_by_id(call, call.path["secretId"])}


list_route = make_route("GET", PATH, list_secrets, fields.LIST_FIELDS)
old_list_route = make_old_route("GET", PATH, list_secrets, fields.LIST_FIELDS, READ_PROJECT_FIELDS)
get_route = make_route("GET", NAMED_PATH, get_secret, fields.READ_FIELDS)
old_get_route = make_old_route("GET", NAMED_PATH, get_secret, fields.READ_FIELDS, READ_PROJECT_FIELDS)
create_route = make_route("POST", NAMED_PATH, create_secret, fields.CREATE_FIELDS)
old_create_route = make_old_route(
    "POST",
    NAMED_PATH,
    create_secret,
    {**fields.CREATE_FIELDS, "secretReminderNote": string(trim=False).or_null().optional()},
    PROJECT_ID_FIELDS,
)
update_route = make_route("PATCH", NAMED_PATH, update_secret, fields.UPDATE_FIELDS)
old_update_route = make_old_route(
    "PATCH",
    NAMED_PATH,
    update_secret,
    {**fields.UPDATE_FIELDS, "secretValue": fields.make_value_field()},
    PROJECT_ID_FIELDS,
)
delete_route = make_route("DELETE", NAMED_PATH, delete_secret, fields.DELETE_FIELDS)
old_delete_route = make_old_route("DELETE", NAMED_PATH, delete_secret, fields.DELETE_FIELDS, PROJECT_ID_FIELDS)
batch_create_route = make_route("POST", BATCH_PATH, create_secrets, fields.BATCH_CREATE_FIELDS)
old_batch_create_route = make_old_route(
    "POST",
    BATCH_PATH,
    create_secrets,
    {**fields.PLACE_FIELDS, "secrets": array(fields.OLD_NEW_ITEM, least=1)},
    WRITE_PROJECT_FIELDS,
)
batch_update_route = make_route("PATCH", BATCH_PATH, update_secrets, fields.BATCH_UPDATE_FIELDS)
old_batch_update_route = make_old_route(
    "PATCH",
    BATCH_PATH,
    update_secrets,
    {**fields.BATCH_UPDATE_FIELDS, "secrets": array(fields.OLD_CHANGED_ITEM, least=1)},
    WRITE_PROJECT_FIELDS,
)
batch_delete_route = make_route("DELETE", BATCH_PATH, delete_secrets, fields.BATCH_DELETE_FIELDS)
old_batch_delete_route = make_old_route(
    "DELETE", BATCH_PATH, delete_secrets, fields.BATCH_DELETE_FIELDS, WRITE_PROJECT_FIELDS
)
