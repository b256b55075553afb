"""Secrets, the older way: the v3 raw routes, which both generations have. What they do is what today's routes do.

A project is named by its id or its slug; the server of 2024 takes the id alone for single writes.
"""

from __future__ import annotations

from typing import Final

from infisical.memory.call import Call
from infisical.memory.domain.places import Place, project_by_slug
from infisical.memory.refusals import bad_request, internal_error
from infisical.memory.routing import MACHINES, READERS, Answer, Handler, Method, Route, route
from infisical.memory.secrets import fields, reading, writing
from infisical.memory.validation import Field, obj, string

LIMIT: Final = "secrets"
PATH: Final = "/api/v3/secrets/raw"
NAMED: Final = "/api/v3/secrets/raw/{secretName}"
BATCH: Final = "/api/v3/secrets/batch/raw"
MAY_BE: Final = string().optional("")
READ_FROM: Final[dict[str, Field]] = {"workspaceId": MAY_BE, "workspaceSlug": MAY_BE}
WRITTEN_TO: Final[dict[str, Field]] = {"workspaceId": MAY_BE, "projectSlug": MAY_BE}
BY_ID: Final[dict[str, Field]] = {"workspaceId": string()}


# ---- where
def read_from(call: Call) -> Place:
    """Return the place that a query names; what it does not name is empty."""
    scope = reading.own_scope(call)
    if scope is not None:
        return scope
    asked = call.query
    project_id = asked["workspaceId"]
    if not project_id and asked["workspaceSlug"]:
        project_id = project_by_slug(call, asked["workspaceSlug"])["id"]
    return Place(project_id, asked["environment"], asked["secretPath"])


def written_to(call: Call) -> Place:
    """Return the place that a body names."""
    asked = call.body
    project_id = asked["workspaceId"]
    if not project_id:
        if not asked.get("projectSlug"):
            raise bad_request("You must provide projectSlug or workspaceId")
        project_id = project_by_slug(call, asked["projectSlug"])["id"]
    return Place(project_id, asked["environment"], asked["secretPath"])


def name(call: Call) -> str:
    return fields.secret_name(call, string(least=1))


# ---- what each route does
def listed(call: Call) -> Answer:
    place = read_from(call)
    if not place.project_id or not place.environment:
        raise bad_request(f"Missing {'workspace' if call.is_2024 else 'project'} id or environment")
    return reading.listing(call, place, call.query)


def got(call: Call) -> Answer:
    place = read_from(call)
    if not place.environment:
        raise bad_request("Missing environment")
    if not place.project_id:
        raise bad_request("You must provide workspaceSlug or workspaceId")
    return {"secret": reading.by_name(call, place, name(call), call.query)}


def created(call: Call) -> Answer:
    return writing.create(call, written_to(call), fields.secret_name(call, fields.new_name()), call.body)


def updated(call: Call) -> Answer:
    return writing.update(call, written_to(call), name(call), call.body)


def deleted(call: Call) -> Answer:
    return writing.delete(call, written_to(call), name(call), call.body["type"])


def all_created(call: Call) -> Answer:
    return writing.create_many(call, written_to(call), call.body["secrets"])


def all_updated(call: Call) -> Answer:
    answer = writing.update_many(call, written_to(call), call.body["mode"], call.body["secrets"])
    if answer.get("secrets") == []:
        raise internal_error()  # the server looks at the first of the changed ones, whether there is one or not
    return answer


def all_deleted(call: Call) -> Answer:
    return writing.delete_many(call, written_to(call), call.body["secrets"])


# ---- the routes: each generation has its own fields
def today(method: Method, path: str, handler: Handler, parts: dict[str, Field]) -> Route:
    """Return today's route."""
    if method == "GET":
        query = obj({**READ_FROM, **parts})
        return route(method, path, generation="current", access=READERS, limit=LIMIT, query=query)(handler)
    return route(method, path, generation="current", access=READERS, limit=LIMIT, body=obj({**WRITTEN_TO, **parts}))(
        handler
    )


def before(method: Method, path: str, handler: Handler, parts: dict[str, Field], project: dict[str, Field]) -> Route:
    """Return the route of 2024."""
    read = obj({**project, **fields.older(parts)})
    if method == "GET":
        return route(method, path, generation="2024-10", access=READERS, limit=LIMIT, query=read)(handler)
    return route(method, path, generation="2024-10", access=READERS, limit=LIMIT, body=read)(handler)


@route("GET", "/api/v3/secrets/raw/id/{secretId}", generation="current", access=MACHINES, limit=LIMIT)
def get_secret_by_id(call: Call) -> Answer:
    return {"secret": reading.by_id(call, call.path["secretId"])}


list_secrets = today("GET", PATH, listed, fields.LISTING)
list_secrets_before = before("GET", PATH, listed, fields.LISTING, READ_FROM)
get_secret = today("GET", NAMED, got, fields.READING)
get_secret_before = before("GET", NAMED, got, fields.READING, READ_FROM)
create_secret = today("POST", NAMED, created, fields.CREATING)
create_secret_before = before("POST", NAMED, created, fields.CREATING, BY_ID)
update_secret = today("PATCH", NAMED, updated, fields.UPDATING)
update_secret_before = before("PATCH", NAMED, updated, fields.UPDATING, BY_ID)
delete_secret = today("DELETE", NAMED, deleted, fields.DELETING)
delete_secret_before = before("DELETE", NAMED, deleted, fields.DELETING, BY_ID)
create_secrets = today("POST", BATCH, all_created, fields.CREATING_MANY)
create_secrets_before = before("POST", BATCH, all_created, fields.CREATING_MANY, WRITTEN_TO)
update_secrets = today("PATCH", BATCH, all_updated, fields.UPDATING_MANY)
update_secrets_before = before("PATCH", BATCH, all_updated, fields.UPDATING_MANY, WRITTEN_TO)
delete_secrets = today("DELETE", BATCH, all_deleted, fields.DELETING_MANY)
delete_secrets_before = before("DELETE", BATCH, all_deleted, fields.DELETING_MANY, WRITTEN_TO)
