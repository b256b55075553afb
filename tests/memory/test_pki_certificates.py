"""Certificates by their ids on the memory server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from infisical import BadRequestError, NotFoundError
from infisical.endpoints.pki.certificates import (
    AltName,
    BasicConstraints,
    Certificate,
    CertificateBundle,
    CertificateConfigResponse,
    RevokeCertificateResponse,
)
from infisical.memory.pki import x509 as x
from tests.memory.scenes.pki import EC, attributes, authority, certificate, profile, someone
from tests.memory.world import World, refusal, without_id

BASE = "/api/v1/cert-manager/certificates"
DAY = 86400


def loaded(text: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(text.encode())


def created(world: World, profile_id: str, **asked):
    made = world.machine.pki.certificates.create(profile_id=profile_id, **asked).unwrap()
    assert made.certificate is not None
    return made.certificate


def crl_of(world: World, ca_id: str) -> x509.CertificateRevocationList:
    [one] = world.machine.pki.ca.get_crls(ca_id=ca_id).unwrap()
    return x509.load_pem_x509_crl(one.crl.encode())


def test_a_certificate_that_was_asked_for_is_read_whole():
    world = World()
    asked = attributes(
        organization="Example Inc",
        country="DE",
        key_usages=("digitalSignature",),
        extended_key_usages=("serverAuth",),
        alt_names=(AltName(type="dns_name", value="www.example.com"), AltName(type="ip_address", value="10.0.0.7")),
    )
    made = created(world, profile(world), attributes=asked)
    assert made.certificate_id is not None

    read = world.machine.pki.certificates.get(certificate_id=made.certificate_id).unwrap()
    found = loaded(made.certificate)

    assert read == Certificate(
        id=made.certificate_id,
        status="active",
        serial_number=format(found.serial_number, "040x"),
        friendly_name="www.example.com",
        common_name="www.example.com",
        alt_names="www.example.com,10.0.0.7",
        not_before="2026-09-21T14:13:20.000Z",
        not_after="2026-10-21T14:13:20.000Z",
        ca_id=read.ca_id,
        ca_cert_id=world.machine.pki.ca.get(ca_id=read.ca_id or "").unwrap().active_ca_cert_id,
        profile_id=read.profile_id,
        project_id=world.project_id,
        key_usages=("digitalSignature",),
        extended_key_usages=("serverAuth",),
        key_algorithm=EC,
        signature_algorithm="ECDSA-SHA256",
        subject_organization="Example Inc",
        subject_country="DE",
        fingerprint_sha256=found.fingerprint(hashes.SHA256()).hex(),
        fingerprint_sha1=found.fingerprint(hashes.SHA1()).hex(),
        is_ca=False,
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert read.serial_number == made.serial_number


def test_body_bundle_and_private_key_are_those_that_were_handed_out():
    world = World()
    made = created(world, profile(world), attributes=attributes())
    named = {"certificate_id": made.certificate_id}
    certificates = world.machine.pki.certificates

    body = certificates.get_body(**named).unwrap()
    key = certificates.get_private_key(**named).unwrap().private_key

    assert certificates.get_bundle(**named).unwrap() == CertificateBundle(
        certificate=made.certificate,
        certificate_chain=made.certificate_chain,
        private_key=made.private_key,
        serial_number=made.serial_number,
    )
    assert (body.certificate, body.certificate_chain) == (made.certificate, made.certificate_chain)
    assert key == made.private_key
    assert load_pem_private_key(key.encode(), None).public_key() == loaded(made.certificate).public_key()
    answer = world.ask("GET", f"{BASE}/{made.certificate_id}/private-key")
    assert dict(answer.headers)["content-type"] == "text/plain; charset=utf-8"


def test_a_request_for_a_certificate_can_be_polled():
    world = World()
    asked = world.machine.pki.certificates.create(profile_id=profile(world), attributes=attributes()).unwrap()
    assert asked.certificate is not None

    status, polled = world.send("GET", f"{BASE}/certificate-requests/{asked.certificate_request_id}")
    unknown = world.send("GET", f"{BASE}/certificate-requests/{world.project_id}")

    assert asked.status == "issued"
    assert (status, polled["status"], polled["errorMessage"]) == (200, "issued", None)
    assert (polled["certificate"], polled["certificateId"]) == (
        asked.certificate.certificate,
        asked.certificate.certificate_id,
    )
    assert unknown[0] == 404


def test_a_csr_keeps_its_key_and_the_server_has_none():
    world = World()
    key = x.create_key(EC)
    csr = x.create_csr(key, {"commonName": "csr.example.com"})

    made = created(world, profile(world), csr=csr, attributes=attributes(common_name=None))
    assert made.certificate_id is not None
    private = world.send("GET", f"{BASE}/{made.certificate_id}/private-key")
    bundle = world.machine.pki.certificates.get_bundle(certificate_id=made.certificate_id).unwrap()
    renewed = world.machine.pki.certificates.renew(certificate_id=made.certificate_id)

    assert made.private_key is None
    assert x.matches_key(made.certificate, key)
    assert loaded(made.certificate).subject.rfc4514_string() == "CN=csr.example.com"
    assert (private[0], bundle.private_key) == (404, None)
    assert isinstance(renewed.failure(), BadRequestError)


def test_a_profile_says_what_nobody_else_does():
    world = World()
    defaults = {"ttlDays": 10, "organization": "Example Inc", "keyAlgorithm": "EC_secp384r1", "commonName": "default"}
    profile_id = profile(world, defaults=defaults, apiConfig={"autoRenew": True, "renewBeforeDays": 3})

    made = created(world, profile_id)
    read = world.machine.pki.certificates.get(certificate_id=made.certificate_id or "").unwrap()

    assert (read.common_name, read.subject_organization, read.key_algorithm) == (
        "default",
        "Example Inc",
        "EC_secp384r1",
    )
    assert (read.not_after, read.renew_before_days) == ("2026-10-01T14:13:20.000Z", 3)
    assert read.key_usages == ("digitalSignature", "keyEncipherment")


def test_a_certificate_may_be_an_authoritys_within_what_the_issuer_allows():
    world = World()
    asked = attributes(basic_constraints=BasicConstraints(is_ca=True, path_length=0))

    free = created(world, profile(world), attributes=asked)
    bound = authority(world, max_path_length=0)
    refused = world.machine.pki.certificates.create(
        profile_id=profile(world, caId=bound.id, slug="bound"), attributes=asked
    )

    limits = loaded(free.certificate).extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert isinstance(refused.failure(), BadRequestError)


def test_roots_are_left_out_of_the_chain_where_that_is_asked_for():
    world = World()
    profile_id = profile(world)

    whole = created(world, profile_id, attributes=attributes())
    bare = created(world, profile_id, attributes=attributes(), remove_roots_from_chain=True)

    assert whole.certificate_chain == whole.issuing_ca_certificate
    assert (bare.certificate_chain, bare.issuing_ca_certificate) == ("", whole.issuing_ca_certificate)


def test_what_is_asked_for_must_fit():
    world = World()
    profile_id = profile(world)

    def refused(**asked):
        status, body = world.send("POST", BASE, {"profileId": profile_id, **asked})
        return status, body["message"] if isinstance(body["message"], str) else body["message"][0]["path"]

    assert refused(attributes={"ttl": "1d", "notAfter": "2027-01-01"}) == (422, [])
    assert refused(attributes={"notBefore": "2027-02-01", "notAfter": "2027-01-01"}) == (422, [])
    assert refused(attributes={"keyUsages": ["everything"]}) == (422, ["attributes", "keyUsages", 0])
    assert refused(csr="x" * 4097) == (422, ["csr"])
    assert refused(csr="x")[0] == 400
    assert refused(attributes={"signatureAlgorithm": "RSA-SHA256"})[0] == 400
    assert refused(profileId=world.project_id) == (
        404,
        f"Certificate profile with ID '{world.project_id}' not found",
    )


# ---- renewing
def test_a_renewed_certificate_follows_the_other_once():
    world = World()
    certificates, named = world.machine.pki.certificates, certificate(world)
    before = certificates.get(**named).unwrap()
    world.clock.advance(20 * DAY)

    renewed = certificates.renew(**named).unwrap()
    after = certificates.get(certificate_id=renewed.certificate_id or "").unwrap()
    again = certificates.renew(**named)

    assert (after.common_name, after.key_usages, after.profile_id) == (
        before.common_name,
        before.key_usages,
        before.profile_id,
    )
    assert (after.not_before, after.not_after) == ("2026-10-11T14:13:20.000Z", "2026-11-10T14:13:20.000Z")
    assert after.renewed_from_certificate_id == before.id
    assert certificates.get(**named).unwrap().renewed_by_certificate_id == after.id
    assert after.serial_number != before.serial_number
    assert x.matches_key(renewed.certificate, renewed.private_key or "")
    assert isinstance(again.failure(), BadRequestError)
    assert certificates.delete(certificate_id=after.id).unwrap() == after
    assert certificates.get(**named).unwrap().renewed_by_certificate_id is None


def test_what_has_expired_or_would_outlive_its_authority_is_not_renewed():
    world = World()
    short = authority(world, not_after="2026-11-01")
    named = {"certificate_id": created(world, profile(world, caId=short.id), attributes=attributes()).certificate_id}
    world.clock.advance(20 * DAY)
    outliving = world.machine.pki.certificates.renew(**named)
    world.clock.advance(20 * DAY)
    expired = world.machine.pki.certificates.renew(**named)

    assert isinstance(outliving.failure(), BadRequestError)
    assert isinstance(expired.failure(), BadRequestError)
    assert expired.failure().message != outliving.failure().message


def test_a_certificate_says_when_it_is_renewed_by_itself():
    world = World()
    certificates, named = world.machine.pki.certificates, certificate(world)
    path = f"{BASE}/{named['certificate_id']}/config"

    def days():
        return certificates.get(**named).unwrap().renew_before_days

    assert days() is None
    changed = certificates.update_config(**named, renew_before_days=7).unwrap()
    assert changed == CertificateConfigResponse(message=changed.message, renew_before_days=7)
    assert days() == 7
    assert certificates.update_config(**named).unwrap().renew_before_days is None
    assert days() == 7
    assert isinstance(certificates.update_config(**named, renew_before_days=30).failure(), BadRequestError)
    assert certificates.update_config(**named, enable_auto_renewal=False).unwrap().renew_before_days is None
    assert days() is None
    assert world.send("PATCH", path, {"renewBeforeDays": 31})[0] == 422
    assert world.send("PATCH", path, {"renewBeforeDays": 3, "enableAutoRenewal": False})[0] == 422


# ---- revoking
@pytest.mark.parametrize(
    ("reason", "number", "flag"),
    [
        ("UNSPECIFIED", 0, None),
        ("KEY_COMPROMISE", 1, x509.ReasonFlags.key_compromise),
        ("CERTIFICATE_HOLD", 6, x509.ReasonFlags.certificate_hold),
        ("A_A_COMPROMISE", 10, x509.ReasonFlags.aa_compromise),
    ],
)
def test_a_revoked_certificate_is_on_the_list_of_its_authority_with_its_reason(reason, number, flag):
    world = World()
    named = certificate(world)
    before = world.machine.pki.certificates.get(**named).unwrap()
    ca_id = before.ca_id or ""
    empty = list(crl_of(world, ca_id))
    world.clock.advance(DAY)

    revoked = world.machine.pki.certificates.revoke(**named, revocation_reason=reason).unwrap()
    after = world.machine.pki.certificates.get(**named).unwrap()
    crl = crl_of(world, ca_id)
    issuer = loaded(world.machine.pki.ca.get_certificate(ca_id=ca_id).unwrap().certificate)
    entry = crl.get_revoked_certificate_by_serial_number(int(before.serial_number or "", 16))

    assert empty == []
    assert revoked == RevokeCertificateResponse(
        message=revoked.message, serial_number=before.serial_number or "", revoked_at="2026-09-22T14:13:20.000Z"
    )
    assert (after.status, after.revocation_reason) == ("revoked", number)
    assert after.revoked_at == "2026-09-22T14:13:20.000Z"
    assert entry is not None
    assert entry.revocation_date_utc == datetime(2026, 9, 22, 14, 13, 20, tzinfo=UTC)
    reasons = [one.value.reason for one in entry.extensions if isinstance(one.value, x509.CRLReason)]
    assert reasons == ([] if flag is None else [flag])
    assert crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert crl.issuer == issuer.subject


def test_what_is_revoked_is_neither_revoked_nor_renewed_again():
    world = World()
    named = certificate(world)
    path = f"{BASE}/{named['certificate_id']}"
    world.send("POST", f"{path}/revoke", {"revocationReason": "SUPERSEDED"})

    again = world.send("POST", f"{path}/revoke", {"revocationReason": "SUPERSEDED"})
    renewed = world.send("POST", f"{path}/renew", {})
    lacking = world.send("POST", f"{path}/revoke", {})

    assert without_id(again) == refusal(400, "BadRequest", "Certificate already revoked")
    assert without_id(renewed) == refusal(400, "BadRequest", "Certificate is revoked and cannot be renewed")
    assert (lacking[0], lacking[1]["message"][0]["path"]) == (422, ["revocationReason"])


# ---- who may
def test_a_certificate_that_was_deleted_is_gone():
    world = World()
    certificates, named = world.machine.pki.certificates, certificate(world)
    read = certificates.get(**named).unwrap()

    assert certificates.delete(**named).unwrap() == read
    assert isinstance(certificates.get(**named).failure(), NotFoundError)
    assert without_id(world.send("GET", f"{BASE}/{read.id}")) == refusal(
        404, "NotFound", f"Certificate with ID '{read.id}' not found"
    )
    assert world.send("GET", f"{BASE}/nothing")[0] == 422


def test_viewers_read_certificates_but_no_private_keys_and_revoke_none():
    world = World()
    path = f"{BASE}/{certificate(world)['certificate_id']}"
    token = someone(world, "viewer")
    refused = [
        world.send("GET", f"{path}/private-key", token=token),
        world.send("GET", f"{path}/bundle", token=token),
        world.send("POST", f"{path}/revoke", {"revocationReason": "SUPERSEDED"}, token=token),
        world.send("DELETE", path, token=token),
    ]

    assert [world.send("GET", f"{path}{end}", token=token)[0] for end in ("", "/certificate")] == [200, 200]
    assert [body["error"] for _, body in refused] == ["PermissionDenied"] * 4


# ---- profiles
def test_profiles_are_listed_found_and_deleted_and_a_slug_is_taken_once():
    world = World()
    path = "/api/v1/cert-manager/certificate-profiles"
    made = profile(world)
    read = world.send("GET", f"{path}/{made}")[1]["certificateProfile"]
    listed = world.send("GET", path, query={"projectId": world.project_id, "search": "we"})
    body = {**read, "description": "again", "apiConfig": {}}
    taken = world.send("POST", path, body)

    assert listed == (200, {"certificateProfiles": [read], "totalCount": 1})
    assert (read["slug"], read["issuerType"], read["enrollmentType"]) == ("web", "ca", "api")
    assert without_id(taken) == refusal(400, "BadRequest", "Certificate profile with slug 'web' already exists")
    assert world.send("DELETE", f"{path}/{made}") == (200, {"certificateProfile": read})
    assert world.send("GET", f"{path}/{made}")[0] == 404
