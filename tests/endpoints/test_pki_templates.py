"""Certificate templates: every request as a value, and every answer decoded."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import Request
from infisical.access import Access
from infisical.decode import one
from infisical.encode import prepare
from infisical.endpoints.pki import SignedCertificate
from infisical.endpoints.pki.templates import (
    CertificateTemplate,
    CertificateTemplateList,
    CertificateTemplates,
    IssuedCertificate,
    TemplateCa,
)
from tests.wire import answer

PKI = Access("pki")
TEMPLATES = "/api/v2/pki/certificate-templates"
TEMPLATE = "/api/v2/pki/certificate-templates/{templateName}"
NAME = (("templateName", "web"),)
TEMPLATE_DECODER = one(CertificateTemplate, at="certificateTemplate")


def request(verb, path, returns, parts=NAME, body=None, query=()):
    return Request(verb, path, parts, query, body, returns, PKI)


REQUESTS = [
    (
        CertificateTemplates.create(
            name="web",
            ca_name="root",
            project_id="p",
            common_name=r".*\.invalid",
            subject_alternative_name=".*",
            ttl="90d",
            key_usages=["digitalSignature", "keyAgreement"],
            extended_key_usages=["serverAuth"],
        ),
        request(
            "POST",
            TEMPLATES,
            TEMPLATE_DECODER,
            (),
            {
                "name": "web",
                "caName": "root",
                "projectId": "p",
                "commonName": r".*\.invalid",
                "subjectAlternativeName": ".*",
                "ttl": "90d",
                "keyUsages": ("digitalSignature", "keyAgreement"),
                "extendedKeyUsages": ("serverAuth",),
            },
        ),
    ),
    (
        CertificateTemplates.update(
            template_name="web",
            ca_name="root",
            project_id="p",
            name="site",
            common_name=".*",
            subject_alternative_name="",
            ttl="30d",
            key_usages=[],
            extended_key_usages=[],
        ),
        request(
            "PATCH",
            TEMPLATE,
            TEMPLATE_DECODER,
            body={
                "caName": "root",
                "projectId": "p",
                "name": "site",
                "commonName": ".*",
                "subjectAlternativeName": "",
                "ttl": "30d",
                "keyUsages": (),
                "extendedKeyUsages": (),
            },
        ),
    ),
    (
        CertificateTemplates.delete(template_name="web", project_id="p"),
        request("DELETE", TEMPLATE, TEMPLATE_DECODER, body={"projectId": "p"}),
    ),
    (
        CertificateTemplates.get(template_name="web", project_id="p"),
        request("GET", TEMPLATE, TEMPLATE_DECODER, query=(("projectId", "p"),)),
    ),
    (
        CertificateTemplates.list(project_id="p", limit=10, offset=0),
        request(
            "GET",
            TEMPLATES,
            one(CertificateTemplateList),
            (),
            query=(("projectId", "p"), ("limit", 10), ("offset", 0)),
        ),
    ),
    (
        CertificateTemplates.issue_certificate(
            template_name="web",
            project_id="p",
            common_name="a.invalid",
            ttl="90d",
            key_usages=["keyEncipherment"],
            extended_key_usages=["clientAuth"],
            not_before="2026-01-01",
            not_after="2026-02-01",
            alt_names="a.invalid,b.invalid",
        ),
        request(
            "POST",
            f"{TEMPLATE}/issue-certificate",
            one(IssuedCertificate),
            body={
                "projectId": "p",
                "commonName": "a.invalid",
                "ttl": "90d",
                "keyUsages": ("keyEncipherment",),
                "extendedKeyUsages": ("clientAuth",),
                "notBefore": "2026-01-01",
                "notAfter": "2026-02-01",
                "altNames": "a.invalid,b.invalid",
            },
        ),
    ),
    (
        CertificateTemplates.sign_certificate(template_name="web", project_id="p", ttl="90d", csr="PEM"),
        request(
            "POST",
            f"{TEMPLATE}/sign-certificate",
            one(SignedCertificate),
            body={"projectId": "p", "ttl": "90d", "csr": "PEM"},
        ),
    ),
]


@pytest.mark.parametrize(("built", "expected"), REQUESTS, ids=[f"{r.method} {r.path}" for _, r in REQUESTS])
def test_an_endpoint_builds_this_request(built, expected):
    assert expected == built


TEMPLATE_BODY = {
    "id": "t1",
    "caId": "c1",
    "pkiCollectionId": None,
    "name": "web",
    "commonName": ".*",
    "subjectAlternativeName": ".*",
    "ttl": "90d",
    "projectId": "p",
    "createdAt": "2026-01-01T00:00:00.000Z",
    "updatedAt": "2026-01-02T00:00:00.000Z",
    "keyUsages": ["digitalSignature"],
    "extendedKeyUsages": ["serverAuth"],
    "ca": {"id": "c1", "name": "root"},
}
FULL_TEMPLATE = CertificateTemplate(
    id="t1",
    ca_id="c1",
    name="web",
    common_name=".*",
    subject_alternative_name=".*",
    ttl="90d",
    project_id="p",
    created_at="2026-01-01T00:00:00.000Z",
    updated_at="2026-01-02T00:00:00.000Z",
    key_usages=("digitalSignature",),
    extended_key_usages=("serverAuth",),
    ca=TemplateCa(id="c1", name="root"),
)
ANSWERS = [
    (
        CertificateTemplates.get(template_name="web", project_id="p"),
        {"certificateTemplate": TEMPLATE_BODY},
        FULL_TEMPLATE,
    ),
    (
        CertificateTemplates.list(project_id="p"),
        {"certificateTemplates": [TEMPLATE_BODY, {"id": "t2"}], "totalCount": 7},
        CertificateTemplateList(certificate_templates=(FULL_TEMPLATE, CertificateTemplate(id="t2")), total_count=7),
    ),
    (
        CertificateTemplates.issue_certificate(template_name="web", project_id="p", common_name="c", ttl="1d"),
        {
            "certificate": "PEM",
            "issuingCaCertificate": "CA",
            "certificateChain": "CHAIN",
            "privateKey": "KEY",
            "serialNumber": "01",
        },
        IssuedCertificate(
            certificate="PEM",
            issuing_ca_certificate="CA",
            certificate_chain="CHAIN",
            private_key="KEY",
            serial_number="01",
        ),
    ),
    (
        CertificateTemplates.sign_certificate(template_name="web", project_id="p", ttl="1d", csr="PEM"),
        {"certificate": "PEM", "issuingCaCertificate": "CA", "certificateChain": "CHAIN", "serialNumber": "01"},
        SignedCertificate(
            certificate="PEM", issuing_ca_certificate="CA", certificate_chain="CHAIN", serial_number="01"
        ),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_decodes_to_its_last_field(request_, body, expected):
    assert Success(expected) == request_.returns(answer(body))


def test_a_template_is_deleted_with_a_json_body():
    sent = prepare(
        CertificateTemplates.delete(template_name="a b", project_id="p"), "https://i.invalid", (), 30
    ).unwrap()

    assert (sent.method, sent.url) == ("DELETE", "https://i.invalid/api/v2/pki/certificate-templates/a%20b")
    assert (sent.headers, sent.body) == ((("Content-Type", "application/json"),), b'{"projectId":"p"}')


def test_an_empty_list_of_usages_is_sent_and_an_omitted_one_is_not():
    where = {"template_name": "web", "ca_name": "root", "project_id": "p"}

    assert CertificateTemplates.update(**where, extended_key_usages=[]).body == {
        "caName": "root",
        "projectId": "p",
        "extendedKeyUsages": (),
    }
    assert CertificateTemplates.update(**where).body == {"caName": "root", "projectId": "p"}


def test_an_issued_certificate_does_not_show_its_private_key():
    assert "KEY" not in repr(IssuedCertificate(certificate="PEM", private_key="KEY"))
