"""What an application gives to a source: every source checks it where it is given, in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import settings, sources
from infisical.sources.arguments import is_variable_name, to_path

NO_TEXTS: tuple[Any, ...] = ("", None, 7, b"i1", ["i1"], "line\nbreak", "nul\0", "\ud800")
TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
NO_PATHS: tuple[Any, ...] = ("", None, 3, b"/run/token", "/run/token\n", "a\0b", TOKEN)
MAKERS: dict[str, Any] = {
    "aws": sources.aws,
    "azure": sources.azure,
    "gcp": sources.gcp,
    "gcp_key_file": lambda identity_id: sources.gcp_key_file(identity_id, "/key.json"),
    "github_actions": sources.github_actions,
    "jwt_env": lambda identity_id: sources.jwt_env(identity_id, "TOKEN"),
    "jwt_file": lambda identity_id: sources.jwt_file(identity_id, "/run/token"),
    "kubernetes": sources.kubernetes,
    "ldap": sources.ldap,
    "oci": sources.oci,
}
TEXTS: dict[str, Any] = {
    "aws region": lambda text: sources.aws("i1", text),
    "azure client_id": lambda text: sources.azure("i1", client_id=text),
    "azure object_id": lambda text: sources.azure("i1", object_id=text),
    "github_actions audience": lambda text: sources.github_actions("i1", text),
    "ldap username": lambda text: sources.ldap("i1", text),
    "ldap password": lambda text: sources.ldap("i1", "ada", text),
}
"""Arguments that None omits."""
PATHS: dict[str, Any] = {
    "config_file": lambda path: sources.oci("i1", path),
    "path": lambda path: sources.jwt_file("i1", path),
    "path ": lambda path: sources.gcp_key_file("i1", path),
    "token_path": lambda path: sources.kubernetes("i1", path),
}


def test_every_source_is_checked():
    assert sorted(MAKERS) == sorted(set(sources.__all__) - {"Platform"})


@pytest.mark.parametrize("value", NO_TEXTS)
@pytest.mark.parametrize("name", MAKERS)
def test_an_identity_id_that_is_no_text_is_a_value_error(name, value):
    with pytest.raises(ValueError, match=r"^identity_id (must be a text|is empty)"):
        MAKERS[name](value)


@pytest.mark.parametrize("value", [value for value in NO_TEXTS if value not in (None, "\ud800")])
@pytest.mark.parametrize("name", TEXTS)
def test_an_optional_argument_that_is_no_text_is_a_value_error(name, value):
    TEXTS[name](None)
    with pytest.raises(ValueError, match=rf"^(the )?{name.split()[1]} (must be a text|is empty)"):
        TEXTS[name](value)


@pytest.mark.parametrize("value", ["false", 0, 1, []])
def test_a_switch_that_is_no_boolean_is_a_value_error(value):
    with pytest.raises(ValueError, match="use_workload_identity must be True, False or None"):
        sources.azure("i1", use_workload_identity=value)


@pytest.mark.parametrize("path", NO_PATHS)
@pytest.mark.parametrize("name", PATHS)
def test_what_is_no_path_is_a_value_error_and_a_token_in_its_place_is_not_shown(name, path):
    with pytest.raises(ValueError, match=f"^{name.strip()} must be the path of a file") as raised:
        PATHS[name](path)

    assert "eyJ" not in str(raised.value) + repr([frame.frame.f_locals for frame in raised.traceback[2:]])  # type: ignore[index]


@pytest.mark.parametrize("name", PATHS)
def test_a_path_object_is_a_path(name):
    assert PATHS[name](Path("/run/token")) == PATHS[name]("/run/token")


@pytest.mark.parametrize(
    "environ",
    [
        {"INFISICAL_AWS_IAM_AUTH_IDENTITY_ID": "a\0b"},
        {"INFISICAL_AZURE_AUTH_IDENTITY_ID": "i1", "INFISICAL_AZURE_AUTH_CLIENT_ID": "a\nb"},
        {"INFISICAL_AZURE_AUTH_IDENTITY_ID": "i1", "INFISICAL_AZURE_AUTH_OBJECT_ID": "a\nb"},
        {"INFISICAL_GCP_AUTH_IDENTITY_ID": "a\0b"},
        {"INFISICAL_GCP_AUTH_IDENTITY_ID": "i1", "INFISICAL_GCP_IAM_SERVICE_ACCOUNT_KEY_FILE_PATH": TOKEN},
        {"INFISICAL_KUBERNETES_IDENTITY_ID": "i1", "INFISICAL_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH": TOKEN},
        {"INFISICAL_OIDC_AUTH_IDENTITY_ID": "i1", "INFISICAL_JWT_FILE": TOKEN},
        {"INFISICAL_OIDC_AUTH_IDENTITY_ID": "a\0b", "INFISICAL_JWT": TOKEN},
        {"INFISICAL_OCI_AUTH_IDENTITY_ID": "a\0b"},
        {
            "INFISICAL_LDAP_AUTH_IDENTITY_ID": "i1",
            "INFISICAL_LDAP_USERNAME": "ada",
            "INFISICAL_LDAP_PASSWORD": "hush\0hush",
        },
    ],
    ids=lambda environ: list(environ)[-1],
)
def test_settings_with_such_a_value_are_a_failure_that_names_the_variables(environ):
    answer = settings.from_env(environ)

    assert not isinstance(answer, Success)
    assert isinstance(answer, Failure)
    message = answer.failure().message
    assert [name for name in environ if name not in message] == []
    assert [value for value in environ.values() if value in message and value != "i1"] == []


# ---- what is given
@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("/run/token", "/run/token"),
        (Path("/run/token"), "/run/token"),
        ("~/a b/tökén", "~/a b/tökén"),
        ("", None),
        (None, None),
        (3, None),
        (b"/run/token", None),
        ("/run/token\n", None),
        ("a\0b", None),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl", None),
    ],
)
def test_a_path_is_text_without_secrets(value, path):
    assert to_path(value) == path


@pytest.mark.parametrize(
    ("value", "is_name"),
    [("A", True), ("_b9", True), ("", False), ("9A", False), ("a-b", False), ("a.b.c", False), (None, False)],
)
def test_a_name_of_a_variable_is_not_its_value(value, is_name):
    assert is_variable_name(value) == is_name
