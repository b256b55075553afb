"""The login that variables choose: a table of all methods, and what is ambiguous, incomplete or ignored."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import AuthenticationError, UniversalAuth, sources
from infisical.settings import Settings, from_env
from infisical.settings.logins import METHODS
from infisical.settings.variables import IDENTITY_IDS, LOGIN_VARIABLES
from infisical.sources import Platform

CLOUD = "https://app.infisical.com"
NAMES = ", ".join(METHODS)
MACHINE = {"INFISICAL_MACHINE_IDENTITY_ID": "id"}
UNIVERSAL = {"INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": "id", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": "secret"}
JWT = {"INFISICAL_JWT": "jwt"}
KEY = {"INFISICAL_GCP_IAM_SERVICE_ACCOUNT_KEY_FILE_PATH": "/key.json"}
LDAP = {"INFISICAL_LDAP_USERNAME": "ada", "INFISICAL_LDAP_PASSWORD": " pass word \n"}
GITHUB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://github/?a=b", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t"}
OPTION_CASES: list[dict[str, str]] = [{}, {"INFISICAL_AUTH_ORGANIZATION_SLUG": "team"}]


def read(path: str) -> str:
    return f"content of {path}\n"


def refusal(message: str) -> Failure[Any]:
    return Failure(AuthenticationError(message))


def auth_of(environ: Mapping[str, str]) -> Any:
    return from_env(environ, read=read).unwrap().auth


# ---- a table of all methods: variables, AUTH_METHOD, and the login, made with the options that each source takes
Make = Callable[..., Any]
CASES: list[tuple[str, dict[str, str], Make]] = [
    ("kubernetes", {"INFISICAL_KUBERNETES_IDENTITY_ID": "id"}, lambda **it: sources.kubernetes("id", **it)),
    (
        "kubernetes",
        {"INFISICAL_KUBERNETES_IDENTITY_ID": "id", "INFISICAL_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH": "/t"},
        lambda **it: sources.kubernetes("id", "/t", **it),
    ),
    ("aws-iam", {"INFISICAL_AWS_IAM_AUTH_IDENTITY_ID": "id"}, lambda **it: sources.aws("id", **it)),
    ("gcp-id-token", {"INFISICAL_GCP_AUTH_IDENTITY_ID": "id"}, lambda **it: sources.gcp("id", **it)),
    (
        "gcp-iam",
        {"INFISICAL_GCP_AUTH_IDENTITY_ID": "id"} | KEY,
        lambda **it: sources.gcp_key_file("id", "/key.json", **it),
    ),
    (
        "azure",
        {"INFISICAL_AZURE_AUTH_IDENTITY_ID": "id"},
        lambda **it: sources.azure("id", client_id=None, object_id=None, use_workload_identity=None, **it),
    ),
    (
        "azure",
        {
            "INFISICAL_AZURE_AUTH_IDENTITY_ID": "id",
            "INFISICAL_AZURE_AUTH_CLIENT_ID": "client",
            "INFISICAL_AZURE_AUTH_OBJECT_ID": "object",
            "INFISICAL_AZURE_AUTH_USE_WORKLOAD_IDENTITY": "0",
        },
        lambda **it: sources.azure("id", client_id="client", object_id=None, use_workload_identity=False, **it),
    ),
    (
        "azure",
        {
            "INFISICAL_AZURE_AUTH_IDENTITY_ID": "id",
            "INFISICAL_AZURE_AUTH_OBJECT_ID": "object",
            "INFISICAL_AZURE_AUTH_USE_WORKLOAD_IDENTITY": "True",
        },
        lambda **it: sources.azure("id", client_id=None, object_id="object", use_workload_identity=True, **it),
    ),
    ("oci", {"INFISICAL_OCI_AUTH_IDENTITY_ID": "id"}, lambda **it: sources.oci("id", **it)),
    (
        "ldap-auth",
        {"INFISICAL_LDAP_AUTH_IDENTITY_ID": "id"} | LDAP,
        lambda **it: sources.ldap("id", "ada", " pass word ", **it),
    ),
    (
        "ldap-auth",
        {
            "INFISICAL_LDAP_AUTH_IDENTITY_ID": "id",
            "INFISICAL_LDAP_USERNAME": "ada",
            "INFISICAL_LDAP_PASSWORD_FILE": "/p",
        },
        lambda **it: sources.ldap("id", "ada", "content of /p", **it),
    ),
    (
        "oidc-auth",
        {"INFISICAL_OIDC_AUTH_IDENTITY_ID": "id"} | JWT,
        lambda **it: sources.jwt_env("id", "INFISICAL_JWT", "oidc", **it),
    ),
    (
        "oidc-auth",
        {"INFISICAL_OIDC_AUTH_IDENTITY_ID": "id", "INFISICAL_OIDC_AUTH_JWT": "jwt"} | GITHUB,
        lambda **it: sources.jwt_env("id", "INFISICAL_OIDC_AUTH_JWT", "oidc", **it),
    ),
    (
        "oidc-auth",
        {"INFISICAL_OIDC_AUTH_IDENTITY_ID": "id", "INFISICAL_JWT_FILE": "/jwt", "INFISICAL_OIDC_AUTH_JWT": "jwt"},
        lambda **it: sources.jwt_file("id", "/jwt", "oidc", **it),
    ),
    (
        "oidc-auth",
        {"INFISICAL_OIDC_AUTH_IDENTITY_ID": "id"} | GITHUB,
        lambda **it: sources.github_actions("id", **it),
    ),
]
MACHINE_CASES: list[tuple[str, dict[str, str], Make]] = [
    ("jwt-auth", JWT, lambda **it: sources.jwt_env("id", "INFISICAL_JWT", "jwt", **it)),
    ("jwt-auth", {"INFISICAL_JWT_FILE": "/jwt"}, lambda **it: sources.jwt_file("id", "/jwt", "jwt", **it)),
    ("gcp-id-token", KEY, lambda **it: sources.gcp("id", **it)),
]


def name_case(value: object) -> str | None:
    return "+".join(name.removeprefix("INFISICAL_") for name in value) if isinstance(value, dict) else None


@pytest.mark.parametrize("options", OPTION_CASES, ids=name_case)
@pytest.mark.parametrize(("method", "variables", "make"), CASES, ids=name_case)
def test_an_identity_id_chooses_its_method(method, variables, make, options):
    environ = variables | options
    platform = Platform(environ=environ, read=read)
    slug = options.get("INFISICAL_AUTH_ORGANIZATION_SLUG")

    assert auth_of(environ) == make(organization_slug=slug, platform=platform)
    assert from_env(environ, read=read).unwrap().organization_slug == slug


@pytest.mark.parametrize(("method", "variables", "make"), [*CASES, *MACHINE_CASES], ids=name_case)
def test_the_name_of_a_method_allows_the_id_of_a_machine_identity(method, variables, make):
    companions = {name: value for name, value in variables.items() if name not in IDENTITY_IDS}
    environ = companions | MACHINE | {"INFISICAL_AUTH_METHOD": method}
    platform = Platform(environ=environ, read=read)

    assert auth_of(environ) == make(organization_slug=None, platform=platform)


def test_the_id_of_the_method_is_used_before_the_id_of_a_machine_identity(caplog):
    environ = MACHINE | {"INFISICAL_KUBERNETES_IDENTITY_ID": "own", "INFISICAL_AUTH_METHOD": "kubernetes"}
    platform = Platform(environ=environ, read=read)
    with caplog.at_level(logging.INFO, "infisical"):
        assert auth_of(environ) == sources.kubernetes("own", platform=platform)

    assert [record.message for record in caplog.records] == [
        "settings from INFISICAL_AUTH_METHOD, INFISICAL_KUBERNETES_IDENTITY_ID; ignored: INFISICAL_MACHINE_IDENTITY_ID"
    ]


def test_every_method_is_in_the_table():
    assert {method for method, _, _ in [*CASES, *MACHINE_CASES]} | {"universal-auth"} == METHODS.keys()
    assert {name for _, variables, _ in CASES for name in variables} >= set(IDENTITY_IDS) - MACHINE.keys()


# ---- universal auth
@pytest.mark.parametrize("choice", [{}, {"INFISICAL_AUTH_METHOD": "universal-auth"}])
def test_universal_auth_takes_an_id_and_a_secret(choice):
    assert from_env(UNIVERSAL | choice) == Success(Settings(base_url=CLOUD, auth=UniversalAuth("id", "secret")))
    assert auth_of(UNIVERSAL | choice | {"INFISICAL_AUTH_ORGANIZATION_SLUG": "team"}) == UniversalAuth(
        "id", "secret", organization_slug="team"
    )


def test_id_and_secret_may_be_in_files():
    environ = {f"{name}_FILE": f"/{name[-6:]}" for name in UNIVERSAL}

    assert auth_of(environ) == UniversalAuth("content of /ENT_ID", "content of /SECRET")
    assert from_env(environ, read=lambda _: "").failure().message == (
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID_FILE: the file is empty"
    )
    assert from_env(environ, read=lambda path: path.removeprefix("/SECRET")).failure().message == (
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET_FILE: the file is empty"
    )


def test_a_secret_with_a_control_character_is_refused_by_the_names_of_its_variables():
    environ = {"INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": "id", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET_FILE": "f"}

    assert from_env(environ, read=lambda _: "a\nb") == refusal(
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID and INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET_FILE: the client secret is "
        "empty, or has a line break or control character in it"
    )


# ---- what is incomplete or ambiguous
IDENTITY = "INFISICAL_MACHINE_IDENTITY_ID"


@pytest.mark.parametrize("choice", [False, True])
@pytest.mark.parametrize(
    ("method", "variables", "message"),
    [
        (
            "universal-auth",
            {"INFISICAL_UNIVERSAL_AUTH_CLIENT_ID": "S3CRET"},
            "the login universal-auth needs INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET, which is not set",
        ),
        (
            "universal-auth",
            {"INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": "S3CRET"},
            "the login universal-auth needs INFISICAL_UNIVERSAL_AUTH_CLIENT_ID, which is not set",
        ),
        (
            "ldap-auth",
            {"INFISICAL_LDAP_AUTH_IDENTITY_ID": "id", "INFISICAL_LDAP_PASSWORD": "S3CRET"},
            "the login ldap-auth needs INFISICAL_LDAP_USERNAME, which is not set",
        ),
        (
            "ldap-auth",
            {"INFISICAL_LDAP_AUTH_IDENTITY_ID": "id", "INFISICAL_LDAP_USERNAME": "S3CRET"},
            "the login ldap-auth needs INFISICAL_LDAP_PASSWORD, which is not set",
        ),
        (
            "oidc-auth",
            {"INFISICAL_OIDC_AUTH_IDENTITY_ID": "id", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://half"},
            "the login oidc-auth needs INFISICAL_JWT or INFISICAL_OIDC_AUTH_JWT, which is not set; in GitHub Actions "
            "the job needs the permission id-token: write",
        ),
        (
            "azure",
            {"INFISICAL_AZURE_AUTH_IDENTITY_ID": "id", "INFISICAL_AZURE_AUTH_USE_WORKLOAD_IDENTITY": "S3CRET"},
            "INFISICAL_AZURE_AUTH_USE_WORKLOAD_IDENTITY must be one of true, 1, false, 0",
        ),
    ],
)
def test_an_incomplete_login_names_what_is_missing(method, variables, message, choice):
    assert from_env(variables | ({"INFISICAL_AUTH_METHOD": method} if choice else {})) == refusal(message)


@pytest.mark.parametrize(
    ("method", "variables", "message"),
    [
        ("gcp-iam", MACHINE, "INFISICAL_GCP_IAM_SERVICE_ACCOUNT_KEY_FILE_PATH"),
        ("jwt-auth", MACHINE | {"INFISICAL_OIDC_AUTH_JWT": "S3CRET"}, "INFISICAL_JWT"),
        ("jwt-auth", JWT, IDENTITY),
        ("universal-auth", MACHINE, "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"),
        ("kubernetes", UNIVERSAL, f"INFISICAL_KUBERNETES_IDENTITY_ID or {IDENTITY}"),
        ("azure", {}, f"INFISICAL_AZURE_AUTH_IDENTITY_ID or {IDENTITY}"),
        ("gcp-id-token", KEY, f"INFISICAL_GCP_AUTH_IDENTITY_ID or {IDENTITY}"),
        ("aws-iam", {}, f"INFISICAL_AWS_IAM_AUTH_IDENTITY_ID or {IDENTITY}"),
        ("oci", {}, f"INFISICAL_OCI_AUTH_IDENTITY_ID or {IDENTITY}"),
    ],
)
def test_a_chosen_method_names_what_it_lacks(method, variables, message):
    assert from_env(variables | {"INFISICAL_AUTH_METHOD": method}) == refusal(
        f"the login {method} needs {message}, which is not set"
    )


@pytest.mark.parametrize("value", ["S3CRET", "Kubernetes", "user", "token-auth", "oci-auth"])
def test_an_unknown_method_is_refused_without_its_value(value):
    assert from_env(UNIVERSAL | {"INFISICAL_AUTH_METHOD": value}) == refusal(
        f"INFISICAL_AUTH_METHOD is not a known method: set it to one of {NAMES}"
    )


def test_two_logins_at_once_name_their_variables_and_a_choice_decides(caplog):
    environ = UNIVERSAL | {"INFISICAL_KUBERNETES_IDENTITY_ID": "S3CRET", "INFISICAL_AWS_IAM_AUTH_IDENTITY_ID_FILE": "f"}
    chosen = environ | {"INFISICAL_AUTH_METHOD": "universal-auth"}

    assert from_env(environ) == refusal(
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID, INFISICAL_KUBERNETES_IDENTITY_ID and "
        "INFISICAL_AWS_IAM_AUTH_IDENTITY_ID_FILE belong to different logins: keep one of them, or set "
        "INFISICAL_AUTH_METHOD to universal-auth, kubernetes or aws-iam"
    )
    with caplog.at_level(logging.INFO, "infisical"):
        assert auth_of(chosen) == UniversalAuth("id", "secret")
    assert [record.message for record in caplog.records] == [
        "settings from INFISICAL_AUTH_METHOD, INFISICAL_UNIVERSAL_AUTH_CLIENT_ID, "
        "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET; ignored: INFISICAL_KUBERNETES_IDENTITY_ID, "
        "INFISICAL_AWS_IAM_AUTH_IDENTITY_ID_FILE"
    ]


@pytest.mark.parametrize("other", [name for name in IDENTITY_IDS if name != IDENTITY])
def test_half_of_universal_auth_and_another_identity_are_two_logins(other):
    error = from_env({"INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET": "S3CRET", other: "id"}).failure()

    assert error.message.startswith(f"INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET and {other} belong to different logins")


def test_a_machine_identity_needs_the_name_of_a_method():
    assert from_env(MACHINE | JWT) == refusal(
        f"{IDENTITY} and INFISICAL_JWT: INFISICAL_AUTH_METHOD is not set: set it to one of {NAMES}"
    )


def test_the_rest_of_another_login_is_ignored_by_name(caplog):
    with caplog.at_level(logging.INFO, "infisical"):
        assert auth_of(UNIVERSAL | MACHINE | JWT) == UniversalAuth("id", "secret")

    assert [record.message for record in caplog.records] == [
        f"settings from {', '.join(UNIVERSAL)}; ignored: {IDENTITY}, INFISICAL_JWT"
    ]


@pytest.mark.parametrize(
    ("variables", "identities"),
    [
        (JWT, "INFISICAL_OIDC_AUTH_IDENTITY_ID"),
        ({"INFISICAL_OIDC_AUTH_JWT_FILE": "f"}, "INFISICAL_OIDC_AUTH_IDENTITY_ID"),
        (KEY, "INFISICAL_GCP_AUTH_IDENTITY_ID"),
        (LDAP, "INFISICAL_LDAP_AUTH_IDENTITY_ID"),
        (LDAP | JWT, "INFISICAL_OIDC_AUTH_IDENTITY_ID or INFISICAL_LDAP_AUTH_IDENTITY_ID"),
        ({"INFISICAL_AZURE_AUTH_CLIENT_ID": "c"}, "INFISICAL_AZURE_AUTH_IDENTITY_ID"),
    ],
    ids=name_case,
)
def test_a_companion_alone_names_the_identity_that_is_missing(variables, identities):
    origins = " and ".join(name for name in (*LOGIN_VARIABLES, "INFISICAL_OIDC_AUTH_JWT_FILE") if name in variables)
    if LDAP.keys() | JWT.keys() <= variables.keys():
        origins = "INFISICAL_JWT, INFISICAL_LDAP_USERNAME and INFISICAL_LDAP_PASSWORD"

    assert from_env(variables) == refusal(
        f"{origins}: the identity id of the login is not set: set {identities}, or {IDENTITY} and INFISICAL_AUTH_METHOD"
    )


@pytest.mark.parametrize("name", ["INFISICAL_KUBERNETES_IDENTITY_ID", "INFISICAL_LDAP_USERNAME"])
def test_an_id_or_name_in_a_file_that_cannot_be_read_is_refused(name):
    environ = {"INFISICAL_LDAP_AUTH_IDENTITY_ID": "id"} if "LDAP" in name else {}

    assert from_env(environ | {f"{name}_FILE": "f"}, read=lambda _: "") == refusal(f"{name}_FILE: the file is empty")
