"""Login sources: where a platform keeps the credential of a login. This file is the index: nothing is defined here.

Each function returns what `client.login` and `auth=` take, and the client asks it again for every login. No module has
the name of a function: importing it would replace the function.

platform.py            what a source may touch: variables, files, the clock, HTTP
transports.py          how a source sends: directly, or by a given executor
amazon.py              aws; amazon_*.py: keys, signatures and services of AWS
answers.py             what platforms answer: a refusal, a token in JSON
arguments.py           checks of what an application gives
directory.py           ldap
github.py              github_actions
google.py              gcp, gcp_key_file; google_transport.py: google-auth by our executors
library_errors.py      exceptions of cloud libraries
microsoft.py           azure
oracle.py              oci; oracle_config.py: its configuration file
rsa_key.py             private keys in PEM
service_account.py     kubernetes
tokens.py              jwt_env, jwt_file
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infisical.sources.amazon import aws
    from infisical.sources.directory import ldap
    from infisical.sources.github import github_actions
    from infisical.sources.google import gcp, gcp_key_file
    from infisical.sources.microsoft import azure
    from infisical.sources.oracle import oci
    from infisical.sources.platform import Platform
    from infisical.sources.service_account import kubernetes
    from infisical.sources.tokens import jwt_env, jwt_file

_HOME = {
    "Platform": "platform",
    "aws": "amazon",
    "azure": "microsoft",
    "gcp": "google",
    "gcp_key_file": "google",
    "github_actions": "github",
    "jwt_env": "tokens",
    "jwt_file": "tokens",
    "kubernetes": "service_account",
    "ldap": "directory",
    "oci": "oracle",
}

__all__ = [
    "Platform",
    "aws",
    "azure",
    "gcp",
    "gcp_key_file",
    "github_actions",
    "jwt_env",
    "jwt_file",
    "kubernetes",
    "ldap",
    "oci",
]

if not TYPE_CHECKING:  # a type checker that sees it takes every name for there

    def __getattr__(name: str) -> Any:
        home = _HOME.get(name)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import importlib

        value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{home}"), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
