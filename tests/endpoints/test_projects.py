"""The projects group: every request as a value, every answer decoded, and a recorded project."""

from __future__ import annotations

from dataclasses import replace

import pytest
from returns.result import Success

from infisical import DecodeError, IdentityAccessToken, InfisicalClient, Request
from infisical.access import USERS, WITH_SERVICE_TOKENS, Access
from infisical.decode import many, one
from infisical.endpoints.projects import (
    MembershipProject,
    MembershipUser,
    Project,
    ProjectEnvironment,
    ProjectMembership,
    ProjectMembershipRole,
    ProjectRole,
    Projects,
    ProjectTrustedIp,
    decode_environments,
)
from infisical.endpoints.secret_tags import Tag
from infisical.executors import ScriptedExecutor
from tests.wire import ORGANIZATION, PROJECT, answer, replaying

PROJECTS = Access("projects")
SERVICE_TOKEN_ACCESS = Access("projects", server=WITH_SERVICE_TOKENS)
USER_ACCESS = Access("projects", server=USERS)
PROJECT_DECODER = one(Project, at="workspace")
ENVIRONMENT = one(ProjectEnvironment, at="environment")
TRUSTED_IP = one(ProjectTrustedIp, at="trustedIp")
ID = (("projectId", "p"),)
WORKSPACE = "/api/v1/workspace/{projectId}"
IPS = "/api/v1/projects/{projectId}/trusted-ips"

REQUESTS = [
    (
        Projects.create(
            project_name="n",
            project_description="d",
            slug="a-slug",
            kms_key_id="k",
            template="default",
            type="secret-manager",
            should_create_default_envs=False,
            has_delete_protection=True,
        ),
        Request(
            "POST",
            "/api/v1/projects",
            (),
            (),
            {
                "projectName": "n",
                "projectDescription": "d",
                "slug": "a-slug",
                "kmsKeyId": "k",
                "template": "default",
                "type": "secret-manager",
                "shouldCreateDefaultEnvs": False,
                "hasDeleteProtection": True,
            },
            one(Project, at="project"),
            PROJECTS,
        ),
    ),
    (
        Projects.list(include_roles=True, type="kms"),
        Request(
            "GET",
            "/api/v1/projects",
            (),
            (("includeRoles", True), ("type", "kms")),
            None,
            many(Project, at="projects"),
            PROJECTS,
        ),
    ),
    (Projects.get(project_id="p"), Request("GET", WORKSPACE, ID, (), None, PROJECT_DECODER, SERVICE_TOKEN_ACCESS)),
    (
        Projects.get_by_slug(slug="s"),
        Request("GET", "/api/v1/projects/slug/{slug}", (("slug", "s"),), (), None, one(Project), PROJECTS),
    ),
    (
        Projects.update(
            project_id="p",
            name="n",
            description="",
            auto_capitalization=False,
            has_delete_protection=True,
            slug="s",
            secret_sharing=False,
            show_snapshots_legacy=True,
            default_product="pam",
            secret_detection_ignore_values=["v"],
        ),
        Request(
            "PATCH",
            WORKSPACE,
            ID,
            (),
            {
                "name": "n",
                "description": "",
                "autoCapitalization": False,
                "hasDeleteProtection": True,
                "slug": "s",
                "secretSharing": False,
                "showSnapshotsLegacy": True,
                "defaultProduct": "pam",
                "secretDetectionIgnoreValues": ("v",),
            },
            PROJECT_DECODER,
            PROJECTS,
        ),
    ),
    (Projects.delete(project_id="p"), Request("DELETE", WORKSPACE, ID, (), None, PROJECT_DECODER, PROJECTS)),
    (
        Projects.list_memberships(project_id="p"),
        Request("GET", f"{WORKSPACE}/memberships", ID, (), None, many(ProjectMembership, at="memberships"), PROJECTS),
    ),
    (
        Projects.list_environments(project_id="p"),
        Request("GET", WORKSPACE, ID, (), None, decode_environments, SERVICE_TOKEN_ACCESS),
    ),
    (
        Projects.get_environment(project_id="p", env_id="e"),
        Request(
            "GET",
            "/api/v1/projects/{projectId}/environments/{envId}",
            (*ID, ("envId", "e")),
            (),
            None,
            ENVIRONMENT,
            PROJECTS,
        ),
    ),
    (
        Projects.create_environment(project_id="p", name="n", slug="s", position=1),
        Request(
            "POST",
            f"{WORKSPACE}/environments",
            ID,
            (),
            {"name": "n", "slug": "s", "position": 1},
            ENVIRONMENT,
            PROJECTS,
        ),
    ),
    (
        Projects.update_environment(project_id="p", environment_id="e", name="n", slug="s", position=2),
        Request(
            "PATCH",
            f"{WORKSPACE}/environments/{{environmentId}}",
            (*ID, ("environmentId", "e")),
            (),
            {"name": "n", "slug": "s", "position": 2},
            ENVIRONMENT,
            PROJECTS,
        ),
    ),
    (
        Projects.delete_environment(project_id="p", environment_id="e"),
        Request(
            "DELETE",
            f"{WORKSPACE}/environments/{{environmentId}}",
            (*ID, ("environmentId", "e")),
            (),
            None,
            ENVIRONMENT,
            PROJECTS,
        ),
    ),
    (
        Projects.list_roles(project_id="p"),
        Request("GET", "/api/v1/projects/{projectId}/roles", ID, (), None, many(ProjectRole, at="roles"), PROJECTS),
    ),
    (
        Projects.list_tags(project_id="p"),
        Request("GET", f"{WORKSPACE}/tags", ID, (), None, many(Tag, at="workspaceTags"), PROJECTS),
    ),
    (
        Projects.list_trusted_ips(project_id="p"),
        Request("GET", IPS, ID, (), None, many(ProjectTrustedIp, at="trustedIps"), USER_ACCESS),
    ),
    (
        Projects.create_trusted_ip(project_id="p", ip_address="10.0.0.0/8", is_active=False, comment="c"),
        Request(
            "POST",
            IPS,
            ID,
            (),
            {"ipAddress": "10.0.0.0/8", "comment": "c", "isActive": False},
            TRUSTED_IP,
            USER_ACCESS,
        ),
    ),
    (
        Projects.update_trusted_ip(project_id="p", trusted_ip_id="i", ip_address="10.0.0.1", comment=""),
        Request(
            "PATCH",
            f"{IPS}/{{trustedIpId}}",
            (*ID, ("trustedIpId", "i")),
            (),
            {"ipAddress": "10.0.0.1", "comment": ""},
            TRUSTED_IP,
            USER_ACCESS,
        ),
    ),
    (
        Projects.delete_trusted_ip(project_id="p", trusted_ip_id="i"),
        Request("DELETE", f"{IPS}/{{trustedIpId}}", (*ID, ("trustedIpId", "i")), (), None, TRUSTED_IP, USER_ACCESS),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


AT = {"createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-02T00:00:00.000Z"}
DATES = {"created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-02T00:00:00.000Z"}
ROW = {
    "id": "p",
    "_id": "p",
    "name": "n",
    "description": None,
    "type": "secret-manager",
    "defaultProduct": "secret-manager",
    "slug": "s",
    "autoCapitalization": False,
    "orgId": "o",
    "version": 3,
    "upgradeStatus": None,
    "pitVersionLimit": 10,
    "kmsCertificateKeyId": "k",
    "auditLogsRetentionDays": 30,
    "hasDeleteProtection": True,
    "secretSharing": True,
    "showSnapshotsLegacy": False,
    "secretDetectionIgnoreValues": ["v"],
    "enforceEncryptedSecretManagerSecretMetadata": False,
    "environments": [{"id": "e", "name": "Development", "slug": "dev"}],
    **AT,
}
FULL_PROJECT = Project(
    id="p",
    name="n",
    type="secret-manager",
    default_product="secret-manager",
    slug="s",
    auto_capitalization=False,
    org_id="o",
    version=3,
    pit_version_limit=10,
    kms_certificate_key_id="k",
    audit_logs_retention_days=30,
    has_delete_protection=True,
    secret_sharing=True,
    show_snapshots_legacy=False,
    secret_detection_ignore_values=("v",),
    enforce_encrypted_secret_manager_secret_metadata=False,
    environments=(ProjectEnvironment(id="e", name="Development", slug="dev"),),
    **DATES,
)
ENV_ROW = {"id": "e", "name": "Development", "slug": "dev", "position": 1, "projectId": "p", **AT}
FULL_ENVIRONMENT = ProjectEnvironment(id="e", name="Development", slug="dev", position=1, project_id="p", **DATES)
IP_ROW = {"id": "i", "ipAddress": "10.0.0.0", "type": "ipv4", "prefix": 8, "isActive": True, "projectId": "p", **AT}
FULL_TRUSTED_IP = ProjectTrustedIp(
    id="i", ip_address="10.0.0.0", type="ipv4", prefix=8, is_active=True, comment="c", project_id="p", **DATES
)
TEMPORARY_FIELDS = {
    "id": "r",
    "role": "custom",
    "customRoleId": "c",
    "customRoleName": "C",
    "customRoleSlug": "c-slug",
    "isTemporary": True,
    "temporaryMode": "relative",
    "temporaryRange": "1h",
    "temporaryAccessStartTime": "2026-01-01T00:00:00.000Z",
    "temporaryAccessEndTime": "2026-01-01T01:00:00.000Z",
}

ANSWERS = [
    (Projects.create(project_name="n"), {"project": ROW}, FULL_PROJECT),
    (
        Projects.list(include_roles=True),
        {"projects": [{**ROW, "roles": [{"id": "r", "slug": "admin", "permissions": [["read", "secrets"]]}]}]},
        (replace(FULL_PROJECT, roles=(ProjectRole(id="r", slug="admin", permissions=[["read", "secrets"]]),)),),
    ),
    (Projects.get(project_id="p"), {"workspace": ROW}, FULL_PROJECT),
    (Projects.get_by_slug(slug="s"), ROW, FULL_PROJECT),
    (
        Projects.list_memberships(project_id="p"),
        {
            "memberships": [
                {
                    "id": "m",
                    "userId": "u",
                    "projectId": "p",
                    "user": {
                        "id": "u",
                        "username": "ada",
                        "email": "ada@example.com",
                        "isEmailVerified": True,
                        "firstName": "Ada",
                        "lastName": None,
                        "publicKey": "K",
                    },
                    "project": {"id": "p", "name": "n", "type": "kms"},
                    "roles": [TEMPORARY_FIELDS],
                    **AT,
                }
            ]
        },
        (
            ProjectMembership(
                id="m",
                user_id="u",
                project_id="p",
                user=MembershipUser(
                    id="u",
                    username="ada",
                    email="ada@example.com",
                    is_email_verified=True,
                    first_name="Ada",
                    public_key="K",
                ),
                project=MembershipProject(id="p", name="n", type="kms"),
                roles=(
                    ProjectMembershipRole(
                        id="r",
                        role="custom",
                        custom_role_id="c",
                        custom_role_name="C",
                        custom_role_slug="c-slug",
                        is_temporary=True,
                        temporary_mode="relative",
                        temporary_range="1h",
                        temporary_access_start_time="2026-01-01T00:00:00.000Z",
                        temporary_access_end_time="2026-01-01T01:00:00.000Z",
                    ),
                ),
                **DATES,
            ),
        ),
    ),
    (Projects.list_environments(project_id="p"), {"workspace": ROW}, FULL_PROJECT.environments),
    (
        Projects.create_environment(project_id="p", name="n", slug="s"),
        {"message": "Successfully created new environment", "workspace": "p", "environment": ENV_ROW},
        FULL_ENVIRONMENT,
    ),
    (
        Projects.list_roles(project_id="p"),
        {"roles": [{"id": "r", "name": "Admin", "slug": "admin", "description": "d", "projectId": "p", **AT}]},
        (ProjectRole(id="r", name="Admin", slug="admin", description="d", project_id="p", **DATES),),
    ),
    (
        Projects.list_tags(project_id="p"),
        {
            "workspaceTags": [
                {
                    "id": "t",
                    "slug": "s",
                    "name": "n",
                    "color": "#fff",
                    "createdBy": "u",
                    "createdByActorType": "user",
                    "projectId": "p",
                    **AT,
                }
            ]
        },
        (
            Tag(
                id="t",
                slug="s",
                name="n",
                color="#fff",
                created_by="u",
                created_by_actor_type="user",
                project_id="p",
                **DATES,
            ),
        ),
    ),
    (Projects.list_trusted_ips(project_id="p"), {"trustedIps": [{**IP_ROW, "comment": "c"}]}, (FULL_TRUSTED_IP,)),
    (
        Projects.delete_trusted_ip(project_id="p", trusted_ip_id="i"),
        {"trustedIp": {**IP_ROW, "comment": "c"}},
        FULL_TRUSTED_IP,
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_include_roles_is_written_as_the_text_that_servers_accept():
    executor = ScriptedExecutor(answer({"projects": []}), answer({"projects": []}))
    client = InfisicalClient(base_url="https://i.example", executor=executor, auth=IdentityAccessToken("t"))

    Projects(client).list(include_roles=True)
    Projects(client).list(include_roles=False)

    assert [sent.url for sent in executor.sent] == [
        "https://i.example/api/v1/projects?includeRoles=true",
        "https://i.example/api/v1/projects?includeRoles=false",
    ]


def test_a_project_without_a_list_of_environments_is_a_decode_error():
    error = Projects.list_environments(project_id="p").returns(answer({"workspace": {"id": "p"}})).failure()

    assert isinstance(error, DecodeError)
    assert error.path == "workspace.environments"


RECORDED_PROJECT = Project(
    id=PROJECT,
    name="sdk-conformance",
    slug="sdk-conformance-ft-vq",
    auto_capitalization=True,
    org_id=ORGANIZATION,
    version=3,
    pit_version_limit=10,
    environments=(
        ProjectEnvironment(id="4314b0a2-8441-4b5c-b529-9d1690c0e1d7", name="Development", slug="dev"),
        ProjectEnvironment(id="ec5db1d8-1f3d-48ee-bb20-0026b343fc92", name="Staging", slug="staging"),
        ProjectEnvironment(id="971cf099-a3d4-4e05-a610-806915b61c32", name="Production", slug="prod"),
        ProjectEnvironment(id="3902f102-b1db-4da6-99ba-9050c7a43d0a", name="Contract", slug="contract"),
    ),
    created_at="2026-11-22T00:46:10.992Z",
    updated_at="2026-11-22T00:46:11.567Z",
)


def test_the_environments_of_the_recorded_project_are_decoded():
    listed = Projects(replaying("projects.yaml")).list_environments(project_id=PROJECT).unwrap()

    assert listed == RECORDED_PROJECT.environments


def test_a_recorded_project_its_members_and_its_tags():
    projects = Projects(replaying("projects.yaml"))
    read = projects.get(project_id=PROJECT).unwrap()
    updated = projects.update(project_id=PROJECT, name="sdk-conformance").unwrap()
    members = projects.list_memberships(project_id=PROJECT).unwrap()
    tags = projects.list_tags(project_id=PROJECT).unwrap()

    assert read == RECORDED_PROJECT
    assert updated == replace(RECORDED_PROJECT, environments=(), updated_at="2026-11-22T01:02:05.346Z")
    assert members == (
        ProjectMembership(
            id="88e6af7a-01ed-4ee6-aab3-e0df5d0e66b3",
            user_id="8023ae46-1434-49be-a497-e91ee27b81a3",
            project_id=PROJECT,
            user=MembershipUser(
                id="8023ae46-1434-49be-a497-e91ee27b81a3",
                email="admin@example.com",
                first_name="Ada",
                last_name="Admin",
                public_key="Q3fs8be8fq4tut25yXk79F9O6oUkl8m2z6ffNm7UACU=",
            ),
            roles=(ProjectMembershipRole(id="bc5a2550-8cdf-45c7-a316-71a7c7cb5a60", role="admin", is_temporary=False),),
        ),
    )
    assert tags == ()


def test_the_recorded_life_of_an_environment():
    projects = Projects(replaying("projects.yaml"))
    created = projects.create_environment(project_id=PROJECT, name="Preview", slug="preview-3d476b7d").unwrap()
    updated = projects.update_environment(project_id=PROJECT, environment_id=created.id, name="Preview 2").unwrap()
    deleted = projects.delete_environment(project_id=PROJECT, environment_id=created.id).unwrap()

    assert created == ProjectEnvironment(
        id="1001cb05-7834-406a-994e-ecfdbd3ca9f4",
        name="Preview",
        slug="preview-3d476b7d",
        position=5,
        project_id=PROJECT,
        created_at="2026-11-22T01:02:05.372Z",
        updated_at="2026-11-22T01:02:05.372Z",
    )
    assert deleted == updated == replace(created, name="Preview 2")
