"""Scenes of the ten login methods that show somebody else's credential, from one table."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from infisical.memory import declare_login
from tests.memory.scenes import Scene
from tests.memory.scenes.identities import an_identity
from tests.memory.world import World

PEM = "-----BEGIN CERTIFICATE-----\nMIIB+zCC\n-----END CERTIFICATE-----\n"
OCI_HEADERS = {"authorization": "Signature abc", "host": "identity.us-ashburn-1.oraclecloud.com", "date": "today"}
JWT = {"jwt": "eyJ.shown.token"}


@dataclass(frozen=True)
class Example:
    """How a method is called: by the typed client, and what a declared credential says."""

    path: str
    attach: dict[str, Any]
    update: dict[str, Any]
    login: dict[str, Any] = field(default_factory=lambda: JWT)
    declared: dict[str, Any] = field(default_factory=lambda: JWT)


EXAMPLES = {
    "aws": Example(
        "aws-auth",
        {"allowed_account_ids": "123456789012"},
        {"allowed_account_ids": "210987654321"},
        {"iam_request_body": "Ym9keQ==", "iam_request_headers": "e30="},
        {"iamRequestBody": "Ym9keQ==", "iamRequestHeaders": "e30="},
    ),
    "gcp": Example("gcp-auth", {"type": "gce", "allowed_zones": "eu-1"}, {"allowed_zones": "us-1"}),
    "azure": Example("azure-auth", {"tenant_id": "t", "resource": "r"}, {"resource": "other"}),
    "kubernetes": Example(
        "kubernetes-auth",
        {
            "kubernetes_host": "https://k8s.example.com",
            "allowed_namespaces": "default",
            "allowed_names": "ci",
            "allowed_audience": "",
            "token_reviewer_jwt": "reviewer",
        },
        {"allowed_names": "cd"},
    ),
    "oidc": Example(
        "oidc-auth",
        {"oidc_discovery_url": "https://ci.example.com", "bound_issuer": "https://ci.example.com", "bound_claims": {}},
        {"bound_subject": "repo:acme/app"},
    ),
    "jwt": Example(
        "jwt-auth",
        {"configuration_type": "static", "public_keys": ["PEM"], "bound_claims": {"role": "ci"}},
        {"configuration_type": "jwks", "jwks_url": "https://ci.example.com/jwks"},
    ),
    "ldap": Example(
        "ldap-auth",
        {"url": "ldap://d", "bind_dn": "cn=b", "bind_pass": "hush", "search_base": "dc=d"},
        {"search_filter": "(cn={{username}})"},
        {"username": "ada", "password": "right"},
        {"username": "ada", "password": "right"},
    ),
    "tls_cert": Example(
        "tls-cert-auth",
        {"ca_certificate": PEM},
        {"allowed_common_names": "ci"},
        {"client_certificate": PEM},
        {"certificate": PEM},
    ),
    "oci": Example(
        "oci-auth",
        {"tenancy_ocid": "ocid1.tenancy.oc1..aaaa", "allowed_usernames": "ada"},
        {"tenancy_ocid": "ocid1.tenancy.oc1..bbbb"},
        {"user_ocid": "ocid1.user.oc1..u", "headers": OCI_HEADERS},
        {"userOcid": "ocid1.user.oc1..u", "headers": OCI_HEADERS},
    ),
    "alicloud": Example(
        "alicloud-auth",
        {"allowed_arns": "acs:ram::1234567890123456:user/ada"},
        {"allowed_arns": "acs:ram::1234567890123456:role/ci"},
        {
            "version": "2015-04-01",
            "access_key_id": "LTAI",
            "timestamp": "2026-09-21T13:33:20Z",
            "signature_nonce": "n-1",
            "signature": "c2ln",
        },
        {"AccessKeyId": "LTAI", "Signature": "c2ln"},
    ),
}


def group(world: World, name: str) -> Any:
    return getattr(world.machine.identity_auth, name)


def attached(world: World, name: str, **settings: Any) -> str:
    """The id of an identity with a method."""
    identity_id = an_identity(world)
    group(world, name).attach(identity_id=identity_id, **{**EXAMPLES[name].attach, **settings}).unwrap()
    return identity_id


def declared(world: World, name: str, identity_id: str) -> None:
    """Have the server take the example's credential for an identity."""
    example = EXAMPLES[name]
    world.memory.change(lambda state, now: declare_login(state, example.path, identity_id, now=now, **example.declared))


def able(world: World, name: str, **settings: Any) -> str:
    """The id of an identity that can log in as the example does."""
    identity_id = attached(world, name, **settings)
    declared(world, name, identity_id)
    return identity_id


def scenes(name: str) -> dict[str, Scene]:
    example = EXAMPLES[name]

    def login(world: World):
        identity_id = able(world, name)
        return partial(getattr(world.anyone.identity_auth, name).login, identity_id=identity_id, **example.login)

    return {
        f"identity_auth.{name}.login": login,
        f"identity_auth.{name}.attach": lambda w: partial(
            group(w, name).attach, identity_id=an_identity(w), **example.attach
        ),
        f"identity_auth.{name}.update": lambda w: partial(
            group(w, name).update, identity_id=attached(w, name), **example.update
        ),
        f"identity_auth.{name}.get": lambda w: partial(group(w, name).get, identity_id=attached(w, name)),
        f"identity_auth.{name}.revoke": lambda w: partial(group(w, name).revoke, identity_id=attached(w, name)),
    }


SCENES: dict[str, Scene] = {row: scene for name in EXAMPLES for row, scene in scenes(name).items()}
