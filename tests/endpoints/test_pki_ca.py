"""Certificate authorities: every request as a value, and every answer decoded."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import many, one
from infisical.encode import prepare
from infisical.endpoints.pki import CertificateBody, SignedCertificate
from infisical.endpoints.pki.ca import (
    CaCertificate,
    CertificateAuthorities,
    CertificateAuthority,
    Crl,
    CsrResponse,
    InternalCertificateAuthority,
)
from tests.wire import answer

PKI = Access("pki")
CA = one(InternalCertificateAuthority, at="ca")
CA_ID = (("caId", "c1"),)
CA_PATH = "/api/v1/pki/ca/{caId}"
SUBJECT = {
    "common_name": "Root",
    "organization": "Org",
    "ou": "",
    "country": "ES",
    "province": "",
    "locality": "",
}


def request(verb, path, returns, parts=CA_ID, body=None, query=()):
    return Request(verb, path, parts, query, body, returns, PKI)


REQUESTS = [
    (
        CertificateAuthorities.list(project_id="p"),
        request(
            "GET",
            "/api/v2/pki/ca",
            many(CertificateAuthority, at="certificateAuthorities"),
            (),
            query=(("projectId", "p"),),
        ),
    ),
    (CertificateAuthorities.get(ca_id="c1"), request("GET", CA_PATH, CA)),
    (
        CertificateAuthorities.create(
            project_slug="shop",
            type="root",
            **SUBJECT,
            friendly_name="f",
            not_before="2026-01-01",
            not_after="2036-01-01",
            max_path_length=-1,
            key_algorithm="EC_prime256v1",
            require_template_for_issuance=False,
        ),
        request(
            "POST",
            "/api/v1/pki/ca",
            CA,
            (),
            {
                "projectSlug": "shop",
                "type": "root",
                "commonName": "Root",
                "organization": "Org",
                "ou": "",
                "country": "ES",
                "province": "",
                "locality": "",
                "friendlyName": "f",
                "notBefore": "2026-01-01",
                "notAfter": "2036-01-01",
                "maxPathLength": -1,
                "keyAlgorithm": "EC_prime256v1",
                "requireTemplateForIssuance": False,
            },
        ),
    ),
    (
        CertificateAuthorities.update(ca_id="c1", status="disabled", require_template_for_issuance=True),
        request("PATCH", CA_PATH, CA, body={"status": "disabled", "requireTemplateForIssuance": True}),
    ),
    (CertificateAuthorities.delete(ca_id="c1"), request("DELETE", CA_PATH, CA)),
    (CertificateAuthorities.get_csr(ca_id="c1"), request("GET", f"{CA_PATH}/csr", one(CsrResponse))),
    (
        CertificateAuthorities.get_certificate(ca_id="c1"),
        request("GET", f"{CA_PATH}/certificate", one(CertificateBody)),
    ),
    (
        CertificateAuthorities.list_certificates(ca_id="c1"),
        request("GET", f"{CA_PATH}/ca-certificates", many(CaCertificate)),
    ),
    (CertificateAuthorities.get_crls(ca_id="c1"), request("GET", f"{CA_PATH}/crls", many(Crl))),
    (
        CertificateAuthorities.renew(ca_id="c1", type="existing", not_after="2036-01-01"),
        request("POST", f"{CA_PATH}/renew", one(CertificateBody), body={"type": "existing", "notAfter": "2036-01-01"}),
    ),
    (
        CertificateAuthorities.sign_intermediate(
            ca_id="c1", csr="PEM", not_after="2036-01-01", not_before="2026-01-01", max_path_length=0
        ),
        request(
            "POST",
            f"{CA_PATH}/sign-intermediate",
            one(SignedCertificate),
            body={"csr": "PEM", "notAfter": "2036-01-01", "notBefore": "2026-01-01", "maxPathLength": 0},
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


ANSWERS = [
    (
        CertificateAuthorities.list(project_id="p"),
        {
            "certificateAuthorities": [
                {
                    "id": "c1",
                    "type": "acme",
                    "name": "letters",
                    "projectId": "p",
                    "status": "active",
                    "enableDirectIssuance": True,
                    "configuration": {"directoryUrl": "https://acme.invalid"},
                    "createdAt": "2026-01-01T00:00:00.000Z",
                    "updatedAt": "2026-01-02T00:00:00.000Z",
                },
                {"id": "c2"},
            ]
        },
        (
            CertificateAuthority(
                id="c1",
                type="acme",
                name="letters",
                project_id="p",
                status="active",
                enable_direct_issuance=True,
                configuration={"directoryUrl": "https://acme.invalid"},
                created_at="2026-01-01T00:00:00.000Z",
                updated_at="2026-01-02T00:00:00.000Z",
            ),
            CertificateAuthority(id="c2"),
        ),
    ),
    (
        CertificateAuthorities.get(ca_id="c1"),
        {
            "ca": {
                "id": "c1",
                "createdAt": "2026-01-01T00:00:00.000Z",
                "updatedAt": "2026-01-02T00:00:00.000Z",
                "projectId": "p",
                "status": "pending-certificate",
                "name": "root",
                "parentCaId": "c0",
                "type": "intermediate",
                "friendlyName": "Root",
                "organization": "Org",
                "ou": "U",
                "country": "ES",
                "province": "P",
                "locality": "L",
                "commonName": "Root",
                "dn": "CN=Root",
                "serialNumber": None,
                "maxPathLength": -1,
                "keyAlgorithm": "RSA_2048",
                "activeCaCertId": "cc1",
                "requireTemplateForIssuance": False,
                "notBefore": "2026-01-01",
                "notAfter": "2036-01-01",
            }
        },
        InternalCertificateAuthority(
            id="c1",
            created_at="2026-01-01T00:00:00.000Z",
            updated_at="2026-01-02T00:00:00.000Z",
            project_id="p",
            status="pending-certificate",
            name="root",
            parent_ca_id="c0",
            type="intermediate",
            friendly_name="Root",
            organization="Org",
            ou="U",
            country="ES",
            province="P",
            locality="L",
            common_name="Root",
            dn="CN=Root",
            max_path_length=-1,
            key_algorithm="RSA_2048",
            active_ca_cert_id="cc1",
            require_template_for_issuance=False,
            not_before="2026-01-01",
            not_after="2036-01-01",
        ),
    ),
    (CertificateAuthorities.get_csr(ca_id="c1"), {"csr": "PEM"}, CsrResponse(csr="PEM")),
    (
        CertificateAuthorities.get_certificate(ca_id="c1"),
        {"certificate": "PEM", "certificateChain": "CHAIN", "serialNumber": "01"},
        CertificateBody(certificate="PEM", certificate_chain="CHAIN", serial_number="01"),
    ),
    (
        CertificateAuthorities.list_certificates(ca_id="c1"),
        [{"certificate": "PEM", "certificateChain": "CHAIN", "serialNumber": "01", "version": 2}],
        (CaCertificate(certificate="PEM", certificate_chain="CHAIN", serial_number="01", version=2),),
    ),
    (CertificateAuthorities.get_crls(ca_id="c1"), [{"id": "l1", "crl": "PEM"}], (Crl(id="l1", crl="PEM"),)),
    (
        CertificateAuthorities.sign_intermediate(ca_id="c1", csr="PEM", not_after="2036-01-01"),
        {"certificate": "PEM", "certificateChain": "CHAIN", "serialNumber": "01", "issuingCaCertificate": "CA"},
        SignedCertificate(
            certificate="PEM", certificate_chain="CHAIN", serial_number="01", issuing_ca_certificate="CA"
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_certificates_and_crls_are_unwrapped_lists_that_may_be_empty():
    assert CertificateAuthorities.list_certificates(ca_id="c1").returns(answer([])) == Success(())
    assert CertificateAuthorities.get_crls(ca_id="c1").returns(answer([])) == Success(())


def test_empty_parts_of_a_subject_are_sent_because_the_server_requires_them():
    built = CertificateAuthorities.create(project_slug="shop", type="root", **SUBJECT)

    assert prepare(built, "https://i.invalid", (), 30).unwrap().body == (
        b'{"projectSlug":"shop","type":"root","commonName":"Root","organization":"Org","ou":"","country":"ES",'
        b'"province":"","locality":""}'
    )


def test_the_configuration_of_an_authority_is_in_no_repr_because_it_may_have_a_key():
    assert "hmac" not in repr(CertificateAuthority(id="c1", configuration={"eabHmacKey": "hmac"}))
