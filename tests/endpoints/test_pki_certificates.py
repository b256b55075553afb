"""Certificates: every request as a value, and every answer decoded."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import one
from infisical.encode import prepare
from infisical.endpoints.pki import CertificateBody
from infisical.endpoints.pki.certificates import (
    PRIVATE_KEY_DECODER,
    AltName,
    BasicConstraints,
    Certificate,
    CertificateAttributes,
    CertificateBundle,
    CertificateConfigResponse,
    CertificateFingerprints,
    CertificateMetadata,
    CertificatePrivateKey,
    CertificateRequest,
    Certificates,
    CertificateSubject,
    CreatedCertificate,
    RevokeCertificateResponse,
)
from tests.wire import answer

PKI = Access("pki")
CERTIFICATES = "/api/v1/cert-manager/certificates"
CERTIFICATE = "/api/v1/cert-manager/certificates/{id}"
CERTIFICATE_DECODER = one(Certificate, at="certificate")
ATTRIBUTES = CertificateAttributes(
    common_name="a.invalid",
    organization="Org",
    organizational_unit="U",
    country="ES",
    state="S",
    locality="L",
    key_usages=("digital_signature",),
    extended_key_usages=("server_auth",),
    alt_names=(AltName(type="dns_name", value="b.invalid"),),
    signature_algorithm="RSA-SHA256",
    key_algorithm="RSA_2048",
    ttl="90d",
    not_before="2026-01-01",
    not_after="2026-02-01",
    basic_constraints=BasicConstraints(is_ca=True, path_length=0),
)


def request(verb, path, returns, parts=(("id", "x1"),), body=None):
    return Request(verb, path, parts, (), body, returns, PKI)


TEAM_METADATA = CertificateMetadata(key="team", value="web")
REQUESTS = [
    (
        Certificates.create(
            profile_id="pr1",
            csr="PEM",
            attributes=ATTRIBUTES,
            remove_roots_from_chain=False,
            application_id="app1",
            metadata=[TEAM_METADATA],
        ),
        request(
            "POST",
            CERTIFICATES,
            one(CertificateRequest),
            (),
            {
                "profileId": "pr1",
                "csr": "PEM",
                "attributes": ATTRIBUTES,
                "removeRootsFromChain": False,
                "applicationId": "app1",
                "metadata": (TEAM_METADATA,),
            },
        ),
    ),
    (Certificates.get(certificate_id="x1"), request("GET", CERTIFICATE, CERTIFICATE_DECODER)),
    (
        Certificates.get_body(certificate_id="x1"),
        request("GET", f"{CERTIFICATE}/certificate", one(CertificateBody)),
    ),
    (Certificates.get_bundle(certificate_id="x1"), request("GET", f"{CERTIFICATE}/bundle", one(CertificateBundle))),
    (
        Certificates.get_private_key(certificate_id="x1"),
        request("GET", f"{CERTIFICATE}/private-key", PRIVATE_KEY_DECODER),
    ),
    (
        Certificates.renew(certificate_id="x1", remove_roots_from_chain=True),
        request("POST", f"{CERTIFICATE}/renew", one(CreatedCertificate), body={"removeRootsFromChain": True}),
    ),
    (
        Certificates.renew(certificate_id="x1", renewal_key_source="csr", csr="PEM", attributes=ATTRIBUTES),
        request(
            "POST",
            f"{CERTIFICATE}/renew",
            one(CreatedCertificate),
            body={"renewalKeySource": "csr", "csr": "PEM", "attributes": ATTRIBUTES},
        ),
    ),
    (
        Certificates.revoke(certificate_id="x1", revocation_reason="KEY_COMPROMISE"),
        request(
            "POST",
            f"{CERTIFICATE}/revoke",
            one(RevokeCertificateResponse),
            body={"revocationReason": "KEY_COMPROMISE"},
        ),
    ),
    (Certificates.delete(certificate_id="x1"), request("DELETE", CERTIFICATE, CERTIFICATE_DECODER)),
    (
        Certificates.update_config(certificate_id="x1", renew_before_days=7, enable_auto_renewal=True),
        request(
            "PATCH",
            f"{CERTIFICATE}/config",
            one(CertificateConfigResponse),
            body={"renewBeforeDays": 7, "enableAutoRenewal": True},
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


FLAT_ANSWER = (
    {
        "id": "x1",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-02T00:00:00.000Z",
        "caId": "c1",
        "status": "revoked",
        "serialNumber": "01",
        "friendlyName": "a",
        "commonName": "a.invalid",
        "notBefore": "2026-01-01T00:00:00.000Z",
        "notAfter": "2026-02-01T00:00:00.000Z",
        "revokedAt": "2026-01-03T00:00:00.000Z",
        "revocationReason": 1,
        "altNames": "a.invalid,b.invalid",
        "caCertId": "cc1",
        "certificateTemplateId": "t1",
        "keyUsages": ["digitalSignature"],
        "extendedKeyUsages": ["serverAuth"],
        "projectId": "p",
        "pkiSubscriberId": "s1",
        "profileId": "pr1",
        "renewBeforeDays": 7,
        "renewedFromCertificateId": "x0",
        "renewedByCertificateId": "x2",
        "renewalError": "e",
        "keyAlgorithm": "RSA_2048",
        "signatureAlgorithm": "RSA-SHA256",
        "subjectOrganization": "Org",
        "subjectOrganizationalUnit": "U",
        "subjectCountry": "ES",
        "subjectState": "S",
        "subjectLocality": "L",
        "fingerprintSha256": "aa",
        "fingerprintSha1": "bb",
        "isCA": False,
        "pathLength": 0,
    },
    Certificate(
        id="x1",
        created_at="2026-01-01T00:00:00.000Z",
        updated_at="2026-01-02T00:00:00.000Z",
        ca_id="c1",
        status="revoked",
        serial_number="01",
        friendly_name="a",
        common_name="a.invalid",
        not_before="2026-01-01T00:00:00.000Z",
        not_after="2026-02-01T00:00:00.000Z",
        revoked_at="2026-01-03T00:00:00.000Z",
        revocation_reason=1,
        alt_names="a.invalid,b.invalid",
        ca_cert_id="cc1",
        certificate_template_id="t1",
        key_usages=("digitalSignature",),
        extended_key_usages=("serverAuth",),
        project_id="p",
        pki_subscriber_id="s1",
        profile_id="pr1",
        renew_before_days=7,
        renewed_from_certificate_id="x0",
        renewed_by_certificate_id="x2",
        renewal_error="e",
        key_algorithm="RSA_2048",
        signature_algorithm="RSA-SHA256",
        subject_organization="Org",
        subject_organizational_unit="U",
        subject_country="ES",
        subject_state="S",
        subject_locality="L",
        fingerprint_sha256="aa",
        fingerprint_sha1="bb",
        is_ca=False,
        path_length=0,
    ),
)
NESTED_ANSWER = (
    {
        "id": "x1",
        "subject": {
            "commonName": "a.invalid",
            "organization": "Org",
            "organizationalUnit": "U",
            "country": "ES",
            "state": "S",
            "locality": "L",
        },
        "fingerprints": {"sha256": "aa", "sha1": "bb"},
        "basicConstraints": {"isCA": True, "pathLength": 1},
        "caName": "root",
        "caType": "internal",
        "profileName": "web",
        "keyUsages": None,
        "caId": None,
    },
    Certificate(
        id="x1",
        subject=CertificateSubject(
            common_name="a.invalid", organization="Org", organizational_unit="U", country="ES", state="S", locality="L"
        ),
        fingerprints=CertificateFingerprints(sha256="aa", sha1="bb"),
        basic_constraints=BasicConstraints(is_ca=True, path_length=1),
        ca_name="root",
        ca_type="internal",
        profile_name="web",
    ),
)
CREATED_FIELDS = {
    "certificate": "PEM",
    "issuingCaCertificate": "CA",
    "certificateChain": "CHAIN",
    "privateKey": "KEY",
    "serialNumber": "01",
    "certificateId": "x1",
}
ANSWERS = [
    (
        Certificates.create(profile_id="pr1"),
        {"certificate": CREATED_FIELDS, "certificateRequestId": "r1", "status": "issued", "message": "m"},
        CertificateRequest(
            certificate_request_id="r1",
            certificate=CreatedCertificate(
                certificate="PEM",
                private_key="KEY",
                issuing_ca_certificate="CA",
                certificate_chain="CHAIN",
                serial_number="01",
                certificate_id="x1",
            ),
            status="issued",
            message="m",
        ),
    ),
    (Certificates.get(certificate_id="x1"), {"certificate": FLAT_ANSWER[0]}, FLAT_ANSWER[1]),
    (Certificates.get(certificate_id="x1"), {"certificate": NESTED_ANSWER[0]}, NESTED_ANSWER[1]),
    (
        Certificates.get_body(certificate_id="x1"),
        {"certificate": "PEM", "certificateChain": None, "serialNumber": "01"},
        CertificateBody(certificate="PEM", serial_number="01"),
    ),
    (
        Certificates.get_bundle(certificate_id="x1"),
        {"certificate": "PEM", "certificateChain": "CHAIN", "privateKey": "KEY", "serialNumber": "01"},
        CertificateBundle(certificate="PEM", certificate_chain="CHAIN", private_key="KEY", serial_number="01"),
    ),
    (
        Certificates.renew(certificate_id="x1"),
        {**CREATED_FIELDS, "certificateRequestId": "r1"},
        CreatedCertificate(
            certificate="PEM",
            private_key="KEY",
            issuing_ca_certificate="CA",
            certificate_chain="CHAIN",
            serial_number="01",
            certificate_id="x1",
            certificate_request_id="r1",
        ),
    ),
    (
        Certificates.revoke(certificate_id="x1", revocation_reason="UNSPECIFIED"),
        {"message": "m", "serialNumber": "01", "revokedAt": "2026-01-03T00:00:00.000Z"},
        RevokeCertificateResponse(message="m", serial_number="01", revoked_at="2026-01-03T00:00:00.000Z"),
    ),
    (
        Certificates.update_config(certificate_id="x1", renew_before_days=7),
        {"message": "m", "renewBeforeDays": 7},
        CertificateConfigResponse(message="m", renew_before_days=7),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_a_private_key_is_plain_text_with_its_line_breaks_and_in_no_repr():
    key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
    got = Certificates.get_private_key(certificate_id="x1").returns(answer(key.encode()))

    assert got == Success(CertificatePrivateKey(private_key=key))
    assert "MIIE" not in repr(got)


def test_a_certificate_that_is_pending_is_none():
    pending = {"certificate": None, "certificateRequestId": "r1", "status": "pending"}

    assert Certificates.create(profile_id="pr1").returns(answer(pending)) == Success(
        CertificateRequest(certificate_request_id="r1", status="pending")
    )


def test_attributes_are_written_by_the_names_of_the_server_without_omitted_ones():
    attributes = CertificateAttributes(
        common_name="a.invalid",
        alt_names=(AltName(type="dns_name", value="b.invalid"),),
        basic_constraints=BasicConstraints(is_ca=False),
    )
    sent = prepare(Certificates.create(profile_id="pr1", attributes=attributes), "https://i.invalid", (), 30).unwrap()

    assert sent.body == (
        b'{"profileId":"pr1","attributes":{"commonName":"a.invalid","altNames":[{"type":"dns_name",'
        b'"value":"b.invalid"}],"basicConstraints":{"isCA":false}}}'
    )


def test_a_renewal_without_parameters_carries_an_empty_object():
    sent = prepare(Certificates.renew(certificate_id="x1"), "https://i.invalid", (), 30).unwrap()

    assert (sent.url, sent.body) == ("https://i.invalid/api/v1/cert-manager/certificates/x1/renew", b"{}")


@pytest.mark.parametrize("model", [CreatedCertificate, CertificateBundle])
def test_no_model_shows_a_private_key(model):
    assert "KEY" not in repr(model(certificate="PEM", private_key="KEY"))
