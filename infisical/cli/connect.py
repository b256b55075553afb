"""The connection of a command: settings from the environment and from flags, a client, a place. All commands use it.

A flag replaces the variables of its setting. No flag is a credential: `ps` shows arguments.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from returns.result import Failure

from infisical.cli.console import Console
from infisical.cli.parser import Parser, parse_seconds

if TYPE_CHECKING:
    from infisical.client import InfisicalClient
    from infisical.errors import InfisicalError
    from infisical.place import Place


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag of a setting. It replaces the variable `name`, and unsets the `others` of the same setting."""

    options: tuple[str, ...]
    name: str
    help: str
    others: tuple[str, ...] = ()
    metavar: str = "VALUE"

    @property
    def dest(self) -> str:
        """The attribute of the parsed arguments."""
        return f"setting_{self.name.lower()}"


FLAGS: Final = (
    Flag(
        ("--domain", "--base-url"),
        "INFISICAL_DOMAIN",
        "URL of the server (default: https://app.infisical.com)",
        ("INFISICAL_API_URL", "INFISICAL_SITE_URL", "INFISICAL_HOST", "INFISICAL_HOST_URL"),
        "URL",
    ),
    Flag(("--project-id",), "INFISICAL_PROJECT_ID", "id of the project", metavar="ID"),
    Flag(("--environment", "--env"), "INFISICAL_ENVIRONMENT", "slug of the environment", metavar="SLUG"),
    Flag(("--path", "--secret-path"), "INFISICAL_SECRET_PATH", "folder of the secrets (default: /)", metavar="PATH"),
    Flag(
        ("--auth-method",),
        "INFISICAL_AUTH_METHOD",
        "login method, where several are possible: universal-auth, kubernetes, aws-iam, ...",
        metavar="METHOD",
    ),
    Flag(
        ("--identity-id",),
        "INFISICAL_MACHINE_IDENTITY_ID",
        "id of the machine identity, for every login method but universal-auth",
        tuple(
            f"INFISICAL_{method}_IDENTITY_ID"
            for method in (
                "KUBERNETES",
                "OIDC_AUTH",
                "JWT_AUTH",
                "GCP_AUTH",
                "AWS_IAM_AUTH",
                "AZURE_AUTH",
                "OCI_AUTH",
                "LDAP_AUTH",
            )
        ),
        "ID",
    ),
    Flag(
        ("--organization-slug",),
        "INFISICAL_AUTH_ORGANIZATION_SLUG",
        "sub-organization to log in to",
        metavar="SLUG",
    ),
    Flag(
        ("--kubernetes-token-path",),
        "INFISICAL_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH",
        "file with the token of the service account",
        metavar="FILE",
    ),
    Flag(
        ("--gcp-key-file",),
        "INFISICAL_GCP_IAM_SERVICE_ACCOUNT_KEY_FILE_PATH",
        "file with the key of a Google service account",
        metavar="FILE",
    ),
    Flag(
        ("--azure-client-id",),
        "INFISICAL_AZURE_AUTH_CLIENT_ID",
        "client id of the managed identity to use",
        metavar="ID",
    ),
    Flag(
        ("--azure-object-id",),
        "INFISICAL_AZURE_AUTH_OBJECT_ID",
        "object id of the managed identity to use",
        metavar="ID",
    ),
    Flag(
        ("--azure-use-workload-identity",),
        "INFISICAL_AZURE_AUTH_USE_WORKLOAD_IDENTITY",
        "true: only workload identity; false: only instance metadata (default: what is there)",
        metavar="BOOL",
    ),
)
"""Every setting but credentials."""
CLIENT_OPTIONS: Final = ("timeout", "deadline", "allow_http", "auth_policy")
ENVIRONMENT_NOTE: Final = """\
Credentials come from the environment: INFISICAL_TOKEN, or INFISICAL_UNIVERSAL_AUTH_CLIENT_ID and
INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET (or ..._SECRET_FILE), or those of another login method. Every flag of a setting
replaces its variable.
"""


@dataclass(frozen=True, slots=True)
class Connection:
    """A client, and the place that the settings name: what they omit is None."""

    client: InfisicalClient
    project_id: str | None
    environment: str | None
    secret_path: str | None

    def find_missing(self) -> str | None:
        """Describe what the settings lack of a place; None if nothing is missing."""
        if self.project_id and self.environment:
            return None
        names = []
        if not self.project_id:
            names.append("--project-id (or INFISICAL_PROJECT_ID)")
        if not self.environment:
            names.append("--environment (or INFISICAL_ENVIRONMENT)")
        return f"give {' and '.join(names)}"

    @property
    def place(self) -> Place:
        """The project and the environment, once `find_missing` has found nothing."""
        return {"project_id": self.project_id or "", "environment": self.environment or ""}


def add_settings(parser: argparse.ArgumentParser, taken: frozenset[str] = frozenset()) -> None:
    """Add the flags of every setting to a parser; `taken` are options with another meaning in it.

    Every flag is omitted from the parsed arguments unless it is given.
    """
    group = parser.add_argument_group("settings", ENVIRONMENT_NOTE)
    for flag in FLAGS:
        options = [option for option in flag.options if option not in taken]
        if options:
            group.add_argument(
                *options, dest=flag.dest, metavar=flag.metavar, default=argparse.SUPPRESS, help=flag.help
            )
    others: dict[str, Any] = {
        "--config": {"metavar": "FILE", "help": "file of a project (.infisical.json): its project and environment"},
        "--branch": {"metavar": "NAME", "help": "git branch, for the environments that the file maps branches to"},
        "--timeout": {"type": parse_seconds, "metavar": "SECONDS", "help": "limit of one HTTP request (default: 30)"},
        "--deadline": {
            "type": parse_seconds,
            "metavar": "SECONDS",
            "help": "limit of a call with its login and retries (default: 120)",
        },
        "--allow-http": {"action": "store_true", "help": "allow http:// to other machines"},
        "--auth-policy": {
            "choices": ("documented", "server"),
            "help": "which credentials an endpoint takes: by the documents, or by today's server",
        },
    }
    for option, settings in others.items():
        if option not in taken:
            dest = f"client_{option.removeprefix('--').replace('-', '_')}"
            group.add_argument(option, dest=dest, default=argparse.SUPPRESS, **settings)


def apply_flags(environ: Mapping[str, str], arguments: argparse.Namespace) -> dict[str, str]:
    """Return the environment with the flags in place of the variables of their settings."""
    merged = dict(environ)
    for flag in FLAGS:
        value = getattr(arguments, flag.dest, None)
        if value is not None:
            for name in (flag.name, *flag.others):
                merged.pop(name, None)
                merged.pop(f"{name}_FILE", None)
            merged[flag.name] = value
    return merged


@contextmanager
def connect(arguments: argparse.Namespace, console: Console) -> Iterator[Connection | Failure[InfisicalError]]:
    """Make the client of a command, and close it at the end of the block; a Failure if the settings are wrong."""
    from infisical.client import InfisicalClient
    from infisical.errors import InfisicalError
    from infisical.settings import from_env

    options = {
        name: getattr(arguments, f"client_{name}") for name in CLIENT_OPTIONS if hasattr(arguments, f"client_{name}")
    }
    answer = from_env(
        apply_flags(console.environ, arguments),
        config=getattr(arguments, "client_config", None),
        branch=getattr(arguments, "client_branch", None),
        allow_http=options.get("allow_http", False),
    )
    if isinstance(answer, Failure):
        yield answer
        return
    settings = answer.unwrap()
    try:
        client = InfisicalClient(base_url=settings.base_url, auth=settings.auth, executor=console.executor, **options)
    except ValueError as cause:
        yield Failure(InfisicalError(str(cause), sent=False))
        return
    with client:
        yield Connection(client, settings.project_id, settings.environment, settings.secret_path)


@contextmanager
def connect_to_place(arguments: argparse.Namespace, console: Console) -> Iterator[Connection | Failure[InfisicalError]]:
    """Connect as `connect` does; a missing project or environment is a usage error."""
    parser: Parser = arguments.parser
    with connect(arguments, console) as connection:
        if isinstance(connection, Connection):
            missing = connection.find_missing()
            if missing is not None:
                parser.error(missing)
        yield connection
