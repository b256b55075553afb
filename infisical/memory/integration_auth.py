"""Integration auths: the tokens of other services that a project's integrations go with. The tokens are never shown."""

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

AUTHS: Final = "integration_auths"  # id -> what is shown of it, and its tokens
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


def url() -> Field:
    """A URL of any scheme; a web address needs a host."""
    inner = string()

    def check(value: object, path: Path, issues: Issues) -> object:
        before = len(issues)
        read = inner.check(value, path, issues)
        if len(issues) == before and not is_url(read):
            issues.append({"validation": "url", "code": "invalid_string", "message": "Invalid url", "path": list(path)})
        return read

    return Field(check)


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    web = parts.scheme in ("http", "https")
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:.", text) is not None and bool(parts.netloc or not web)


TOKENS: Final = {
    "accessId": string().optional(),
    "accessToken": string().optional(),
    "awsAssumeIamRoleArn": url().optional(),
    "url": url().optional(),
    "namespace": string().optional(),
    "refreshToken": string().optional(),
}
CREATE: Final = obj(TOKENS, workspaceId=string(), integration=string())
UPDATE: Final = obj(TOKENS, integration=string().optional())


def shown(row: Row) -> Row:
    return pick(row, *COLUMNS)


def found(call: Call, action: str) -> Row:
    """Return the integration auth that the path names; refuse who may not do this to integrations."""
    row = call.draft.get(AUTHS, call.path["integrationAuthId"])
    if row is None:
        raise not_found(f"Integration auth with ID '{call.path['integrationAuthId']}' not found")
    permit(call, row["projectId"], action, "integrations")
    return row


def known(integration: str) -> str:
    if integration not in INTEGRATIONS:
        raise bad_request("Invalid integration")
    return integration


@route("POST", "/api/v1/integration-auth/access-token", access=MACHINES, body=CREATE)
def create_integration_auth(call: Call) -> Answer:
    body = {name: value for name, value in call.body.items() if name != "workspaceId"}
    integration = known(body["integration"])
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
    return {"integrationAuth": shown(call.draft.put(AUTHS, row["id"], row))}


@route("GET", AUTH_PATH, access=MACHINES)
def get_integration_auth(call: Call) -> Answer:
    return {"integrationAuth": shown(found(call, "read"))}


@route("PATCH", AUTH_PATH, generation="current", access=MACHINES, body=UPDATE)
def update_integration_auth(call: Call) -> Answer:
    row = found(call, "edit")
    known(call.body.get("integration", row["integration"]))
    return {"integrationAuth": shown(call.draft.merge(AUTHS, row["id"], **call.body, updatedAt=call.timestamp))}


@route("DELETE", AUTH_PATH, access=MACHINES)
def delete_integration_auth(call: Call) -> Answer:
    row = found(call, "delete")
    call.draft.drop(AUTHS, row["id"])
    return {"integrationAuth": shown(row)}


@route("DELETE", "/api/v1/integration-auth", access=MACHINES, query=obj(integration=string(), projectId=string()))
def delete_integration_auths(call: Call) -> Answer:
    project_id = permit(call, call.query["projectId"], "delete", "integrations")["id"]
    rows = call.draft.where(AUTHS, projectId=project_id, integration=call.query["integration"])
    for row in rows:
        call.draft.drop(AUTHS, row["id"])
    return {"integrationAuth": [shown(row) for row in rows]}


def listed(call: Call) -> Answer:
    project_id = permit(call, call.path["projectId"], "read", "integrations")["id"]
    return {"authorizations": [shown(row) for row in call.draft.where(AUTHS, projectId=project_id)]}


list_integration_auths = route(
    "GET", "/api/v1/projects/{projectId}/authorizations", generation="current", access=MACHINES
)(listed)
list_workspace_authorizations = route("GET", "/api/v1/workspace/{projectId}/authorizations", access=MACHINES)(listed)
