"""The organization admin's group: every request as a value, every answer decoded, and who may ask."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import AuthenticationError, IdentityAccessToken, InfisicalClient, Request
from infisical.access import Access
from infisical.decode import one
from infisical.endpoints.org_admin import OrgAdmin, OrgAdminProjectList
from infisical.endpoints.projects import Project, ProjectMembership
from infisical.executors import ScriptedExecutor
from tests.wire import answer

PROJECTS = "/api/v1/organization-admin/projects"
LIST_ACCESS = Access("org_admin", server=("identity_access_token", "jwt"))

REQUESTS = [
    (
        OrgAdmin.list_projects(search="s", offset=0, limit=10),
        Request(
            "GET",
            PROJECTS,
            (),
            (("search", "s"), ("offset", 0), ("limit", 10)),
            None,
            one(OrgAdminProjectList),
            LIST_ACCESS,
        ),
    ),
    (
        OrgAdmin.grant_project_access(project_id="p1"),
        Request(
            "POST",
            f"{PROJECTS}/{{projectId}}/grant-admin-access",
            (("projectId", "p1"),),
            (),
            {},
            one(ProjectMembership, at="membership"),
            Access("org_admin"),
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ANSWERS = [
    (
        OrgAdmin.list_projects(),
        {
            "projects": [
                {
                    "id": "p1",
                    "name": "n",
                    "description": None,
                    "type": "secret-manager",
                    "defaultProduct": "secret-manager",
                    "slug": "s",
                    "autoCapitalization": False,
                    "orgId": "o1",
                    "createdAt": "2026-01-01T00:00:00.000Z",
                    "updatedAt": "2026-01-02T00:00:00.000Z",
                    "version": 3,
                    "upgradeStatus": "done",
                    "pitVersionLimit": 10,
                    "kmsCertificateKeyId": "k1",
                    "auditLogsRetentionDays": 30,
                    "hasDeleteProtection": False,
                    "secretSharing": True,
                    "showSnapshotsLegacy": False,
                    "secretDetectionIgnoreValues": ["x"],
                    "enforceEncryptedSecretManagerSecretMetadata": True,
                }
            ],
            "count": 1,
        },
        OrgAdminProjectList(
            projects=(
                Project(
                    id="p1",
                    name="n",
                    type="secret-manager",
                    default_product="secret-manager",
                    slug="s",
                    auto_capitalization=False,
                    org_id="o1",
                    created_at="2026-01-01T00:00:00.000Z",
                    updated_at="2026-01-02T00:00:00.000Z",
                    version=3,
                    upgrade_status="done",
                    pit_version_limit=10,
                    kms_certificate_key_id="k1",
                    audit_logs_retention_days=30,
                    has_delete_protection=False,
                    secret_sharing=True,
                    show_snapshots_legacy=False,
                    secret_detection_ignore_values=("x",),
                    enforce_encrypted_secret_manager_secret_metadata=True,
                ),
            ),
            count=1,
        ),
    ),
    (
        OrgAdmin.grant_project_access(project_id="p1"),
        {
            "membership": {
                "id": "m1",
                "userId": "u1",
                "projectId": "p1",
                "createdAt": "2026-01-01T00:00:00.000Z",
                "updatedAt": "2026-01-02T00:00:00.000Z",
            }
        },
        ProjectMembership(
            id="m1",
            user_id="u1",
            project_id="p1",
            created_at="2026-01-01T00:00:00.000Z",
            updated_at="2026-01-02T00:00:00.000Z",
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_with_the_server_policy_identities_may_list_but_not_grant():
    executor = ScriptedExecutor(answer({"projects": []}))
    client = InfisicalClient(auth=IdentityAccessToken("t"), executor=executor, auth_policy="server")

    assert OrgAdmin(client).list_projects() == Success(OrgAdminProjectList(projects=()))
    assert isinstance(OrgAdmin(client).grant_project_access(project_id="p1").failure(), AuthenticationError)
    assert len(executor.sent) == 1
