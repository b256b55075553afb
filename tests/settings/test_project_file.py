"""`.infisical.json`: what is read of it, what is ignored, and what is refused."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest
from returns.result import Failure, Success

from infisical import AuthenticationError
from infisical.settings import Settings, from_env

CLOUD = "https://app.infisical.com"
CONTENT = {
    "workspaceId": "project",
    "defaultEnvironment": "dev",
    "gitBranchToEnvironmentMapping": {"main": "prod", "empty": ""},
}


def read_config(content: object, environ: dict[str, str] | None = None, branch: str | None = None) -> object:
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    return from_env(environ or {}, read=lambda path: text, config=".infisical.json", branch=branch)


def place_of(project_id: str | None, environment: str | None) -> object:
    return Success(Settings(base_url=CLOUD, project_id=project_id, environment=environment))


def test_the_place_comes_from_the_file(tmp_path: Path):
    file = tmp_path / ".infisical.json"
    file.write_text(json.dumps(CONTENT))

    assert from_env({}, config=file) == from_env({}, config=str(file)) == place_of("project", "dev")


def test_variables_are_used_before_the_file():
    environ = {"INFISICAL_PROJECT_ID": "other", "INFISICAL_ENVIRONMENT": "test"}

    assert read_config(CONTENT, environ, "main") == place_of("other", "test")
    assert read_config(CONTENT, {"INFISICAL_PROJECT_ID": "other"}) == place_of("other", "dev")


@pytest.mark.parametrize(
    ("branch", "environment"), [("main", "prod"), ("feature", "dev"), ("empty", "dev"), ("", "dev"), (None, "dev")]
)
def test_a_branch_has_an_environment_or_the_default_one(branch, environment):
    assert read_config(CONTENT, branch=branch) == place_of("project", environment)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"workspaceId": None, "defaultEnvironment": None, "gitBranchToEnvironmentMapping": None},
        {"workspaceId": "", "defaultEnvironment": "", "gitBranchToEnvironmentMapping": {}},
        {"other": [1, 2]},
        "\ufeff{}",
    ],
)
def test_what_is_not_in_the_file_is_not_set(content):
    assert read_config(content, branch="main") == place_of(None, None)


def test_a_domain_in_the_file_is_ignored_with_a_warning(caplog):
    with caplog.at_level(logging.INFO, "infisical"):
        assert read_config(CONTENT | {"domain": "https://evil.example"}) == place_of("project", "dev")

    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("WARNING", ".infisical.json: its domain is ignored: set INFISICAL_DOMAIN")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"workspaceId": s3cret}', "line 1, column 17: not JSON"),
        ("", "line 1, column 1: not JSON"),
        ("[" * 100_000, "not JSON that can be read"),
        ("9" * 10_000, "not JSON that can be read"),
        ("[]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        (b"{}", "read returned bytes, not a string"),
        ({"workspaceId": 5}, "workspaceId is not a string"),
        ({"defaultEnvironment": False}, "defaultEnvironment is not a string"),
        ({"gitBranchToEnvironmentMapping": []}, "gitBranchToEnvironmentMapping is not an object of strings"),
        ({"gitBranchToEnvironmentMapping": {"a": None}}, "gitBranchToEnvironmentMapping is not an object of strings"),
    ],
)
def test_a_malformed_file_is_refused_with_its_path_and_the_reason(content, reason):
    assert read_config(content) == Failure(AuthenticationError(f".infisical.json: {reason}"))


def test_a_missing_file_is_refused(tmp_path: Path):
    file = tmp_path / "none.json"

    assert from_env({}, config=file) == Failure(
        AuthenticationError(f"{file}: the file cannot be read: {os.strerror(2)}")
    )


@pytest.mark.parametrize("config", [5, b".infisical.json", True])
def test_a_path_that_is_none_is_refused(config):
    assert from_env({}, config=config) == Failure(
        AuthenticationError(f"config must be the path of a file, not {type(config).__name__}")
    )
