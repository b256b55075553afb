"""`.infisical.json`, which Infisical's command line writes into a project: the project id, and its environment.

A `domain` in it is ignored: the file is committed, and it must not redirect credentials. Nothing here runs git.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from returns.result import Success

from infisical.answer import Answer
from infisical.settings.variables import describe_unreadable, refuse

LOGGER: Final = logging.getLogger("infisical")


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What the file says; None for what it does not say."""

    project_id: str | None = None
    environment: str | None = None


def read_project_file(path: str, read: Callable[[str], str], branch: str | None) -> Answer[ProjectFile]:
    """Read the file; a failure with its path and the reason if it is missing or malformed.

    The environment is the one of the git branch, or else the default one.
    """
    try:
        content = read(path)
    except Exception as cause:
        return refuse(f"{path}: the file cannot be read: {describe_unreadable(cause)}")
    document = _parse(content)
    if isinstance(document, str):
        return refuse(f"{path}: {document}")
    if document.get("domain"):
        LOGGER.warning("%s: its domain is ignored: set INFISICAL_DOMAIN", path)
    branches: Mapping[str, str] = document.get("gitBranchToEnvironmentMapping") or {}
    environment = (branches.get(branch) if branch else None) or document.get("defaultEnvironment")
    return Success(ProjectFile(document.get("workspaceId") or None, environment or None))


def _parse(content: object) -> dict[str, Any] | str:
    """Parse the text, and check the types of what is read; return the mistake if there is one."""
    if not isinstance(content, str):
        return f"read returned {type(content).__name__}, not a string"
    try:
        document = json.loads(content.removeprefix("\ufeff"))
    except json.JSONDecodeError as cause:
        return f"line {cause.lineno}, column {cause.colno}: not JSON"
    except (ValueError, RecursionError):  # a number with too many digits, or too many levels
        return "not JSON that can be read"
    if not isinstance(document, dict):
        return "not a JSON object"
    for name in ("workspaceId", "defaultEnvironment"):
        if not isinstance(document.get(name), str | None):
            return f"{name} is not a string"
    branches = document.get("gitBranchToEnvironmentMapping")
    if branches is not None and not (
        isinstance(branches, dict) and all(isinstance(environment, str) for environment in branches.values())
    ):
        return "gitBranchToEnvironmentMapping is not an object of strings"
    return document
