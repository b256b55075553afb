"""The ten login methods that show somebody else's credential, on the memory server."""

from __future__ import annotations

from typing import Any

import pytest

from infisical import IdentityAccessToken
from infisical.endpoints.identity_auth import LoginResponse, TrustedIp
from infisical.login_methods import LdapAuth, OidcAuth, TlsCertAuth
from infisical.memory import tables
from infisical.memory.identity_auth.methods import LOGINS
from tests.memory.scenes.identities import an_identity
from tests.memory.scenes.identity_auth_methods import EXAMPLES, PEM, able, attached, declared, group
from tests.memory.world import World, refusal, without_id

EACH = pytest.mark.parametrize("name", EXAMPLES)
UNKNOWN = "00000000-0000-4000-8000-000000000000"
NOT_VALID = {
    "aws": (401, "Access denied: AWS account ID not allowed."),
    "gcp": (401, "Access denied: GCP service account not allowed."),
    "azure": (401, "Service principal not allowed"),
    "kubernetes": (401, "Access denied: K8s namespace not allowed."),
    "oidc": (403, "Access denied: OIDC subject not allowed."),
    "jwt": (401, "Access denied: JWT verification failed with all keys. Errors - invalid signature"),
    "ldap": (401, "Invalid credentials"),
    "tls_cert": (401, "Access denied: Certificate not issued by the provided CA."),
    "oci": (401, "Access denied: OCI account isn't part of tenancy."),
    "alicloud": (401, "Access denied: Alibaba Cloud account ARN not allowed."),
}
LOCKED = "This identity auth method is temporarily locked, please try again later"


def log_in(world: World, name: str, identity_id: str, **other: Any) -> Any:
    fields = {**EXAMPLES[name].login, **other}
    return getattr(world.anyone.identity_auth, name).login(identity_id=identity_id, **fields)


def refused(answer: Any) -> tuple[int, str]:
    return answer.failure().status_code, answer.failure().message


def settings_path(name: str, identity_id: str) -> str:
    return f"/api/v1/auth/{EXAMPLES[name].path}/identities/{identity_id}"


def test_every_method_of_the_table_has_an_example():
    assert sorted(login.method.name for login in LOGINS) == sorted(example.path for example in EXAMPLES.values())


# ---- settings
@EACH
def test_settings_are_attached_read_changed_and_revoked(name):
    world = World()
    example, api, identity_id = EXAMPLES[name], group(world, name), an_identity(world)

    made = api.attach(identity_id=identity_id, access_token_ttl=60, **example.attach).unwrap()
    changed = api.update(identity_id=identity_id, **example.update).unwrap()
    read = api.get(identity_id=identity_id).unwrap()
    methods = world.machine.identities.get(identity_id=identity_id).unwrap().identity.auth_methods
    revoked = api.revoke(identity_id=identity_id).unwrap()

    hidden = {"ldap": ("url", "search_base"), "tls_cert": ()}.get(name, tuple(example.attach))
    assert {field: plain(getattr(made, field)) for field in hidden} == {
        field: example.attach[field] for field in hidden
    }
    assert {field: plain(getattr(changed, field)) for field in example.update} == example.update
    assert (made.access_token_ttl, made.access_token_max_ttl, made.identity_id) == (60, 2592000, identity_id)
    assert (read.id, read.access_token_ttl) == (made.id, 60)
    assert methods == (example.path,)
    assert revoked == changed
    assert world.send("GET", settings_path(name, identity_id))[0] == 400


def plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else dict(value) if hasattr(value, "items") else value


@EACH
def test_settings_that_are_there_or_not_are_refused_in_the_words_of_the_server(name):
    world = World()
    there, bare = attached(world, name), an_identity(world)
    method = next(login.method for login in LOGINS if login.method.name == EXAMPLES[name].path)
    kept = world.memory.state.rows(tables.auth_settings(method.name))[there]
    body = {key: value for key, value in kept.items() if value is not None}

    again = without_id(world.send("POST", settings_path(name, there), body))
    read = without_id(world.send("GET", settings_path(name, bare)))
    changed = without_id(world.send("PATCH", settings_path(name, bare), body))
    revoked = without_id(world.send("DELETE", settings_path(name, bare)))
    unknown = without_id(world.send("GET", settings_path(name, UNKNOWN)))

    absent = f"The identity does not have {method.title} attached"
    assert again == refusal(400, "BadRequest", f"Failed to add {method.title} to already configured identity")
    assert read == revoked == refusal(400, "BadRequest", absent)
    assert changed == (
        refusal(400, "BadRequest", f"Failed to update {method.title}")
        if name in ("gcp", "azure", "kubernetes", "oidc", "jwt")
        else refusal(404, "NotFound", absent)
    )
    assert unknown == refusal(404, "NotFound", f"Failed to find identity with ID {UNKNOWN}")


def test_secrets_in_settings_are_answered_as_the_server_answers_them():
    world = World()

    def kept(name: str) -> tuple[set[str], set[str]]:
        identity_id = attached(world, name)
        (written,) = world.send("PATCH", settings_path(name, identity_id), EXAMPLE_CHANGES.get(name, {}))[1].values()
        (read,) = world.send("GET", settings_path(name, identity_id))[1].values()
        return set(read) - set(written), {key for key in SECRETS if key in written}

    assert {name: kept(name) for name in ("kubernetes", "oidc", "jwt", "ldap", "tls_cert")} == {
        "kubernetes": (set(), {"caCert", "tokenReviewerJwt"}),
        "oidc": (set(), {"caCert"}),
        "jwt": (set(), {"jwksCaCert", "publicKeys"}),
        "ldap": ({"bindDN", "bindPass"}, set()),
        "tls_cert": ({"caCertificate"}, set()),
    }


SECRETS = ("caCert", "tokenReviewerJwt", "jwksCaCert", "publicKeys", "bindDN", "bindPass", "caCertificate")
EXAMPLE_CHANGES = {"jwt": {"configurationType": "jwks", "jwksUrl": "https://ci.example.com/jwks"}}


@pytest.mark.parametrize(
    ("name", "body", "path"),
    [
        ("aws", {"allowedAccountIds": "12"}, ["allowedAccountIds"]),
        ("aws", {"allowedPrincipalArns": "user/me"}, ["allowedPrincipalArns"]),
        ("aws", {"accessTokenMaxTTL": 0, "accessTokenTTL": 0}, ["accessTokenMaxTTL"]),
        ("gcp", {}, ["type"]),
        ("azure", {"tenantId": "t"}, ["resource"]),
        ("kubernetes", {"allowedNamespaces": "", "allowedNames": "", "allowedAudience": ""}, ["kubernetesHost"]),
        (
            "kubernetes",
            {"kubernetesHost": None, "allowedNamespaces": "", "allowedNames": "", "allowedAudience": ""},
            ["kubernetesHost"],
        ),
        (
            "kubernetes",
            {
                "kubernetesHost": None,
                "allowedNamespaces": "",
                "allowedNames": "",
                "allowedAudience": "",
                "tokenReviewMode": "gateway",
            },
            ["gatewayId"],
        ),
        ("oidc", {"oidcDiscoveryUrl": "here", "boundIssuer": "i", "boundClaims": {}}, ["oidcDiscoveryUrl"]),
        ("jwt", {"configurationType": "magic", "boundClaims": {}}, ["configurationType"]),
        ("jwt", {"configurationType": "static", "boundClaims": {}}, ["publicKeys"]),
        ("jwt", {"configurationType": "jwks", "boundClaims": {}}, ["jwksUrl"]),
        ("ldap", {"url": "ldap://d"}, []),
        ("tls_cert", {"caCertificate": "no PEM"}, ["caCertificate"]),
        ("oci", {"tenancyOcid": "t"}, ["tenancyOcid"]),
        ("alicloud", {"allowedArns": "me"}, ["allowedArns"]),
    ],
)
def test_settings_outside_of_their_limits_are_refused(name, body, path):
    world = World()

    status, answer = world.send("POST", settings_path(name, an_identity(world)), body)

    assert (status, answer["error"], [issue["path"] for issue in answer["message"]]) == (
        422,
        "ValidationFailure",
        [path],
    )


def test_a_change_empties_what_the_server_empties():
    world = World()
    aws = attached(world, "aws")
    oci = attached(world, "oci")
    oidc = attached(world, "oidc", bound_subject="repo:acme/app", ca_cert="PEM")

    emptied = group(world, "aws").update(identity_id=aws, access_token_ttl=5).unwrap()
    cleared = group(world, "oci").update(identity_id=oci, tenancy_ocid="ocid1.tenancy.oc1..b").unwrap()
    plainer = group(world, "oidc").update(identity_id=oidc, bound_issuer="other").unwrap()

    assert (emptied.allowed_account_ids, emptied.access_token_ttl) == ("", 5)
    assert cleared.allowed_usernames is None
    assert (plainer.bound_issuer, plainer.bound_subject, plainer.ca_cert) == ("other", "", "")


@pytest.mark.parametrize("name", ["aws", "oci", "alicloud"])
def test_some_methods_are_of_a_type_that_the_server_names(name):
    world = World()

    assert group(world, name).get(identity_id=attached(world, name)).unwrap().type == "iam"


def test_a_change_of_kubernetes_keeps_its_host_and_does_not_take_it_away():
    world = World()
    path = settings_path("kubernetes", attached(world, "kubernetes"))

    kept = world.send("PATCH", path, {"tokenReviewMode": "api"})
    taken = world.send("PATCH", path, {"tokenReviewMode": "api", "kubernetesHost": None})

    assert (kept[0], kept[1]["identityKubernetesAuth"]["kubernetesHost"]) == (200, "https://k8s.example.com")
    assert (taken[0], taken[1]["message"][0]["path"]) == (422, ["kubernetesHost"])


def test_a_directory_by_template_is_not_known():
    world = World()

    got = world.send("POST", settings_path("ldap", an_identity(world)), {"templateId": UNKNOWN})

    assert without_id(got) == refusal(
        400, "BadRequest", "Invalid request. Missing bind DN, bind pass, search base, or URL."
    )


# ---- logins
@EACH
def test_a_login_with_a_credential_that_was_declared_valid_gives_a_token_that_is_one(name):
    world = World()
    identity_id = able(world, name, access_token_ttl=600, access_token_max_ttl=3600)

    got = log_in(world, name, identity_id).unwrap()
    itself = world.client(IdentityAccessToken(got.access_token))

    assert got == LoginResponse(
        access_token=got.access_token, expires_in=600, access_token_max_ttl=3600, token_type="Bearer"
    )
    membership = itself.identities.get(identity_id=identity_id).unwrap()
    assert membership.last_login_auth_method == EXAMPLES[name].path
    world.clock.advance(600)
    assert itself.identities.get(identity_id=identity_id).failure().error_type == "TokenError"


@EACH
def test_a_login_that_nobody_declared_valid_is_refused_in_the_words_of_the_server(name):
    world = World()
    identity_id, other = attached(world, name), able(world, name)

    assert refused(log_in(world, name, identity_id)) == NOT_VALID[name]
    assert log_in(world, name, other).unwrap().token_type == "Bearer"


@EACH
def test_a_login_by_a_method_that_is_not_attached_is_not_found(name):
    world = World()
    identity_id = an_identity(world)
    declared(world, name, identity_id)

    status, message = refused(log_in(world, name, identity_id))

    assert status == 404
    assert "not found" in message


def test_every_declared_field_has_to_be_equal():
    world = World()
    identity_id = able(world, "aws")

    assert log_in(world, "aws", identity_id).unwrap().expires_in == 2592000
    assert refused(log_in(world, "aws", identity_id, iam_request_body="b3RoZXI=")) == NOT_VALID["aws"]
    assert refused(log_in(world, "aws", identity_id, iam_request_headers="e30")) == NOT_VALID["aws"]


def test_a_certificate_comes_in_the_header_and_nowhere_else():
    world = World()
    identity_id = able(world, "tls_cert")
    body = {"identityId": identity_id, "certificate": PEM}

    missing = world.send("POST", "/api/v1/auth/tls-cert-auth/login", body, token=None)
    client = world.client()

    assert without_id(missing) == refusal(400, "BadRequest", "Missing TLS certificate in header")
    assert client.login(TlsCertAuth(identity_id, PEM)).unwrap().token_type == "Bearer"


@pytest.mark.parametrize(
    ("name", "body", "path"),
    [
        ("oidc", {"jwt": "j"}, ["identityId"]),
        ("ldap", {"identityId": "ci", "username": "ada", "password": "p"}, ["identityId"]),
        ("ldap", {"identityId": UNKNOWN, "username": "", "password": "p"}, ["username"]),
        ("oci", {"identityId": "i", "userOcid": "u", "headers": {"authorization": "a", "host": "h"}}, ["headers"]),
        ("aws", {"identityId": "i", "iamRequestBody": "b"}, ["iamRequestHeaders"]),
    ],
)
def test_a_login_that_cannot_be_read_is_refused(name, body, path):
    status, answer = World().send("POST", f"/api/v1/auth/{EXAMPLES[name].path}/login", body, token=None)

    assert (status, [issue["path"] for issue in answer["message"]]) == (422, [path])


def test_a_token_is_good_from_the_addresses_that_its_method_trusts():
    world = World()
    identity_id = able(world, "oidc", access_token_trusted_ips=[TrustedIp(ip_address="10.0.0.0/8")])
    token = log_in(world, "oidc", identity_id).unwrap().access_token

    got = world.send("GET", f"/api/v1/identities/{identity_id}", token=token)

    message = "You are not allowed to access this resource from the current IP address"
    assert without_id(got) == refusal(403, "ForbiddenError", message)


def test_revoking_a_method_ends_its_tokens():
    world = World()
    identity_id = able(world, "gcp")
    token = log_in(world, "gcp", identity_id).unwrap().access_token

    group(world, "gcp").revoke(identity_id=identity_id).unwrap()

    assert world.send("GET", f"/api/v1/identities/{identity_id}", token=token)[0] == 401
    assert log_in(world, "gcp", identity_id).failure().status_code == 404


def test_a_client_logged_in_by_such_a_method_logs_in_again_when_its_token_is_due():
    world = World()
    identity_id = able(world, "oidc", access_token_ttl=60)
    client = world.client(clock=world.clock)
    client.login(OidcAuth(identity_id, EXAMPLES["oidc"].login["jwt"])).unwrap()

    world.clock.advance(3600)

    assert client.identities.get(identity_id=identity_id).unwrap().identity.id == identity_id


# ---- lockouts
def test_wrong_passwords_lock_a_user_of_the_directory_out():
    world = World()
    identity_id = able(world, "ldap", lockout_threshold=2, lockout_duration_seconds=60)
    wrong = (
        refused(log_in(world, "ldap", identity_id, password="no")),
        refused(log_in(world, "ldap", identity_id, username="ADA", password="no")),
    )

    locked = refused(log_in(world, "ldap", identity_id))
    another = refused(log_in(world, "ldap", identity_id, username="bob", password="no"))
    named = world.machine.identities.get(identity_id=identity_id).unwrap().identity.active_lockout_auth_methods
    world.clock.advance(60)

    assert (wrong, locked, another) == ((NOT_VALID["ldap"], NOT_VALID["ldap"]), (401, LOCKED), NOT_VALID["ldap"])
    assert named == ("ldap-auth",)
    assert world.client().login(LdapAuth(identity_id, "ada", "right")).unwrap().token_type == "Bearer"


def test_lockouts_of_a_directory_are_cleared_by_a_call():
    world = World()
    identity_id = able(world, "ldap")
    for _ in range(3):
        log_in(world, "ldap", identity_id, password="no")
    path = f"{settings_path('ldap', identity_id)}/clear-lockouts"

    assert world.send("POST", path) == (200, {"deleted": 1})
    assert log_in(world, "ldap", identity_id).unwrap().token_type == "Bearer"
    assert world.send("POST", path) == (200, {"deleted": 0})


def test_a_right_password_and_a_revoked_method_forget_the_wrong_ones_before():
    world = World()
    identity_id = able(world, "ldap", lockout_threshold=2)
    log_in(world, "ldap", identity_id, password="no")
    log_in(world, "ldap", identity_id).unwrap()
    log_in(world, "ldap", identity_id, password="no")

    after_one = log_in(world, "ldap", identity_id).unwrap().token_type
    for _ in range(2):
        log_in(world, "ldap", identity_id, password="no")
    locked = refused(log_in(world, "ldap", identity_id))
    group(world, "ldap").revoke(identity_id=identity_id).unwrap()
    group(world, "ldap").attach(identity_id=identity_id, **EXAMPLES["ldap"].attach).unwrap()

    assert (after_one, locked) == ("Bearer", (401, LOCKED))
    assert log_in(world, "ldap", identity_id).unwrap().token_type == "Bearer"
