"""Integration auths: the tokens of other services for a project's integrations. No answer shows the tokens."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from infisical.memory.access import permit
from infisical.memory.call import Call, pick
from infisical.memory.refusals import bad_request, not_found
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.state import Row
from infisical.memory.validation import Field, Issues, Path, obj, string

INTEGRATION_AUTHS: Final = "integration_auths"  # id -> the columns of answers, and the tokens
AUTH_PATH: Final = "/api/v1/integration-auth/{integrationAuthId}"
COLUMNS: Final = (
    "id",
    "projectId",
    "integration",
    "teamId",
    "url",
    "namespace",
    "accountId",
    "metadata",
    "createdAt",
    "updatedAt",
)
INTEGRATIONS: Final = frozenset(
    [
        "aws-parameter-store",
        "aws-secret-manager",
        "azure-app-configuration",
        "azure-devops",
        "azure-key-vault",
        "bitbucket",
        "checkly",
        "circleci",
        "cloud-66",
        "cloudflare-pages",
        "cloudflare-workers",
        "codefresh",
        "databricks",
        "digital-ocean-app-platform",
        "flyio",
        "gcp-secret-manager",
        "github",
        "gitlab",
        "hashicorp-vault",
        "hasura-cloud",
        "heroku",
        "laravel-forge",
        "netlify",
        "northflank",
        "octopus-deploy",
        "qovery",
        "railway",
        "render",
        "rundeck",
        "supabase",
        "teamcity",
        "terraform-cloud",
        "travisci",
        "vercel",
        "windmill",
    ]
)


def make_url_field() -> Field:
    """Make the field of a URL with any scheme; `http` and `https` need a host."""
    field = string()

    def check(value: object, path: Path, issues: Issues) -> object:
        issue_count = len(issues)
        text = field.check(value, path, issues)
        if len(issues) == issue_count and not is_url(text):
            issues.append({"validation": "url", "code": "invalid_string", "message": "Invalid url", "path": list(path)})
        return text

    return Field(check)


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    web = parts.scheme in ("http", "https")
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:.", text) is not None and bool(parts.netloc or not web)


TOKEN_FIELDS: Final = {
    "accessId": string().optional(),
    "accessToken": string().optional(),
    "awsAssumeIamRoleArn": make_url_field().optional(),
    "url": make_url_field().optional(),
    "namespace": string().optional(),
    "refreshToken": string().optional(),
}
CREATE_BODY: Final = obj(TOKEN_FIELDS, workspaceId=string(), integration=string())
UPDATE_BODY: Final = obj(TOKEN_FIELDS, integration=string().optional())


def describe_auth(row: Row) -> Row:
    return pick(row, *COLUMNS)


def get_permitted(call: Call, action: str) -> Row:
    """Return the integration auth that the path names; refuse a caller without this permission for integrations."""
    row = call.draft.get(INTEGRATION_AUTHS, call.path["integrationAuthId"])
    if row is None:
        raise not_found(f"Integration auth with ID '{call.path['integrationAuthId']}' not found")
    permit(call, row["projectId"], action, "integrations")
    return row


def check_integration(integration: str) -> str:
    if integration not in INTEGRATIONS:
        raise bad_request("Invalid integration")
    return integration


@route("POST", "/api/v1/integration-auth/access-token", access=MACHINES, body=CREATE_BODY)
def create_integration_auth(call: Call) -> Answer:
    body = {name: value for name, value in call.body.items() if name != "workspaceId"}
    integration = check_integration(body["integration"])
    project_id = permit(call, call.body["workspaceId"], "create", "integrations")["id"]
    columns = {
        "projectId": project_id,
        "teamId": None,
        "accountId": None,
        "url": None,
        "namespace": None,
        "metadata": {"authMethod": "serviceAccount"} if integration == "gcp-secret-manager" else None,
    }
    row = call.new_row(**{**columns, **body})
    return {"integrationAuth": describe_auth(call.draft.put(INTEGRATION_AUTHS, row["id"], row))}


@route("GET", AUTH_PATH, access=MACHINES)
def get_integration_auth(call: Call) -> Answer:
    return {"integrationAuth": describe_auth(get_permitted(call, "read"))}


@route("PATCH", AUTH_PATH, generation="current", access=MACHINES, body=UPDATE_BODY)
def update_integration_auth(call: Call) -> Answer:
    row = get_permitted(call, "edit")
    check_integration(call.body.get("integration", row["integration"]))
    return {
        "integrationAuth": describe_auth(
            call.draft.merge(INTEGRATION_AUTHS, row["id"], **call.body, updatedAt=call.timestamp)
        )
    }


@route("DELETE", AUTH_PATH, access=MACHINES)
def delete_integration_auth(call: Call) -> Answer:
    row = get_permitted(call, "delete")
    call.draft.drop(INTEGRATION_AUTHS, row["id"])
    return {"integrationAuth": describe_auth(row)}


@route("DELETE", "/api/v1/integration-auth", access=MACHINES, query=obj(integration=string(), projectId=string()))
def delete_integration_auths(call: Call) -> Answer:
    project_id = permit(call, call.query["projectId"], "delete", "integrations")["id"]
    rows = call.draft.where(INTEGRATION_AUTHS, projectId=project_id, integration=call.query["integration"])
    for row in rows:
        call.draft.drop(INTEGRATION_AUTHS, row["id"])
    return {"integrationAuth": [describe_auth(row) for row in rows]}


def list_auths(call: Call) -> Answer:
    project_id = permit(call, call.path["projectId"], "read", "integrations")["id"]
    return {"authorizations": [describe_auth(row) for row in call.draft.where(INTEGRATION_AUTHS, projectId=project_id)]}


list_integration_auths = route(
    "GET", "/api/v1/projects/{projectId}/authorizations", generation="current", access=MACHINES
)(list_auths)
list_workspace_authorizations = route("GET", "/api/v1/workspace/{projectId}/authorizations", access=MACHINES)(
    list_auths
)
