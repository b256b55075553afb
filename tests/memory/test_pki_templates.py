"""Certificate templates on the memory server."""

from __future__ import annotations

import pytest
from cryptography import x509

from infisical import NotFoundError
from infisical.endpoints.pki.templates import CertificateTemplate, TemplateCa
from infisical.memory.pki import chains
from infisical.memory.pki import x509 as certificates
from tests.memory.scenes.pki import EC, authority, someone, template
from tests.memory.world import World, refusal, without_id

TEMPLATES = "/api/v2/pki/certificate-templates"


def issue(world: World, **more):
    body = {"projectId": world.project_id, "commonName": "www.example.com", "ttl": "30d", **more}
    return world.send("POST", f"{TEMPLATES}/web/issue-certificate", body)


def sign(world: World, ttl: str = "30d", common_name: str = "www.example.com", **more):
    csr = certificates.create_csr(certificates.create_key(EC), {"commonName": common_name}, **more)
    body = {"projectId": world.project_id, "ttl": ttl, "csr": csr}
    return csr, world.send("POST", f"{TEMPLATES}/web/sign-certificate", body)


def policy(what: str):
    return refusal(400, "BadRequest", f"Invalid {what} based on template policy")


def test_a_template_that_was_made_is_read_changed_listed_and_deleted():
    world = World()
    templates, ca = world.machine.pki.templates, authority(world)

    made = templates.create(
        name="web",
        ca_name=ca.name or "",
        project_id=world.project_id,
        common_name=r".*\.example\.com",
        subject_alternative_name=".*",
        ttl="90d",
        extended_key_usages=["serverAuth"],
    ).unwrap()
    named = {"template_name": "web", "project_id": world.project_id}
    read = templates.get(**named).unwrap()
    world.clock.advance(60)
    changed = templates.update(**named, name="site", ca_name=ca.name or "", ttl="30d").unwrap()
    listed = templates.list(project_id=world.project_id).unwrap()

    assert made == CertificateTemplate(
        id=made.id,
        name="web",
        ca_id=ca.id,
        common_name=r".*\.example\.com",
        subject_alternative_name=".*",
        ttl="90d",
        key_usages=("digitalSignature", "keyEncipherment"),
        extended_key_usages=("serverAuth",),
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert (read.id, read.ca) == (made.id, TemplateCa(id=ca.id, name=ca.name))
    assert (changed.name, changed.ttl, changed.common_name) == ("site", "30d", made.common_name)
    assert changed.extended_key_usages == ()
    assert changed.updated_at == "2026-09-21T14:14:20.000Z"
    assert isinstance(templates.get(**named).failure(), NotFoundError)
    assert [(one.id, one.ca) for one in listed.certificate_templates] == [(made.id, read.ca)]
    assert templates.delete(template_name="site", project_id=world.project_id).unwrap() == changed
    assert templates.list(project_id=world.project_id).unwrap().total_count == 0


def test_templates_are_listed_in_pages():
    world = World()
    ca = authority(world).name or ""
    for name in ("one", "two", "three"):
        settings = {"common_name": ".*", "subject_alternative_name": ".*", "ttl": "1d"}
        world.machine.pki.templates.create(name=name, ca_name=ca, project_id=world.project_id, **settings).unwrap()

    page = world.machine.pki.templates.list(project_id=world.project_id, limit=2, offset=1).unwrap()

    assert ([one.name for one in page.certificate_templates], page.total_count) == (["two", "three"], 3)


def test_a_template_is_refused_in_the_words_of_the_server():
    world = World()
    named = template(world)
    ca = world.machine.pki.templates.get(**named).unwrap().ca
    assert ca is not None
    body = {
        "name": "web",
        "caName": ca.name,
        "projectId": world.project_id,
        "commonName": ".*",
        "subjectAlternativeName": ".*",
        "ttl": "90d",
    }

    def refused(**more):
        status, answer = world.send("POST", TEMPLATES, {**body, **more})
        return status, answer["message"] if isinstance(answer["message"], str) else answer["message"][0]["path"]

    unknown = world.send("GET", f"{TEMPLATES}/other", query={"projectId": world.project_id})

    assert refused() == (400, "Template with name web already exists.")
    assert refused(name="other", caName="nobody") == (404, "CA with name nobody not found")
    assert refused(name="other", projectId="nothing") == (400, "Invalid Certificate Manager project.")
    assert refused(name="No Slug!") == (422, ["name"])
    assert refused(ttl="soon") == (422, ["ttl"])
    assert refused(ttl="0d") == (422, ["ttl"])
    assert refused(commonName="(a+)+") == (422, ["commonName"])
    assert refused(subjectAlternativeName="*") == (422, ["subjectAlternativeName"])
    assert refused(keyUsages=["everything"]) == (422, ["keyUsages", 0])
    assert without_id(unknown) == refusal(404, "NotFound", "Certificate template with name other not found")


def test_both_spellings_of_usages_are_taken_and_one_is_kept():
    world = World()
    template(world, key_usages=["digital_signature", "cRLSign", "crl_sign"], extended_key_usages=["ocsp_signing"])

    read = world.machine.pki.templates.get(template_name="web", project_id=world.project_id).unwrap()

    assert (read.key_usages, read.extended_key_usages) == (("digitalSignature", "cRLSign"), ("ocspSigning",))


# ---- issuing by them
def test_a_certificate_is_issued_within_a_template():
    world = World()
    template(world, extended_key_usages=["serverAuth", "clientAuth"])

    status, leaf = issue(world, altNames="www.example.com,example.com", extendedKeyUsages=["serverAuth"])
    read = certificates.read_certificate(leaf["certificate"])
    [row] = world.memory.state.rows("pki_certificates").values()
    kept = world.machine.pki.certificates.get(certificate_id=row["id"]).unwrap()
    named = world.machine.pki.templates.get(template_name="web", project_id=world.project_id).unwrap()

    assert status == 200
    assert list(leaf) == ["certificate", "issuingCaCertificate", "certificateChain", "privateKey", "serialNumber"]
    assert read.subject == {"commonName": "www.example.com"}
    assert read.alt_names == ("www.example.com", "example.com")
    assert (read.key_usages, read.extended_key_usages) == (("digitalSignature", "keyEncipherment"), ("serverAuth",))
    assert read.not_after - read.not_before == 30 * 86400
    assert certificates.matches_key(leaf["certificate"], leaf["privateKey"])
    assert (kept.serial_number, kept.certificate_template_id) == (leaf["serialNumber"], named.id)
    [issuer] = chains.verify_chain(leaf["certificate"], leaf["certificateChain"])
    assert issuer == leaf["issuingCaCertificate"]


def test_a_csr_is_signed_within_a_template_and_keeps_its_key():
    world = World()
    template(world, subject_alternative_name=r".*\.example\.com")

    csr, (status, signed) = sign(world, alt_names=["a.example.com"], key_usages=["digitalSignature"])
    found = x509.load_pem_x509_certificate(signed["certificate"].encode())
    read = certificates.read_certificate(signed["certificate"])

    assert status == 200
    assert list(signed) == ["certificate", "issuingCaCertificate", "certificateChain", "serialNumber"]
    assert found.public_key() == x509.load_pem_x509_csr(csr.encode()).public_key()
    assert (read.alt_names, read.key_usages) == (("a.example.com",), ("digitalSignature",))
    assert without_id(sign(world, common_name="www.other.com")[1]) == policy("common name")
    assert without_id(sign(world, ttl="91d")[1]) == policy("validity date")
    assert without_id(sign(world, alt_names=["other.com"])[1]) == policy("subject alternative name")
    assert without_id(sign(world, key_usages=["keyCertSign"])[1]) == policy("key usage value")
    nameless = without_id(sign(world, common_name="")[1])
    assert nameless == refusal(400, "BadRequest", "Missing common name on CSR")


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"commonName": "www.other.com"}, "common name"),
        ({"ttl": "91d"}, "validity date"),
        ({"notAfter": "2027-01-01"}, "validity date"),
        ({"keyUsages": ["keyCertSign"]}, "key usage value"),
        ({"extendedKeyUsages": ["codeSigning"]}, "extended key usage value"),
        ({"altNames": "www.other.com"}, "subject alternative name"),
    ],
)
def test_what_a_template_does_not_allow_is_not_issued(asked, what):
    world = World()
    template(world, subject_alternative_name=r"^$|example\.com"[3:])

    allowed = issue(world, altNames="example.com")
    got = issue(world, **{"altNames": "example.com", **asked})

    assert allowed[0] == 200
    assert without_id(got) == policy(what)
    assert len(world.memory.state.rows("pki_certificates")) == 1


def test_a_template_asks_for_alternative_names_where_its_rule_needs_one():
    world = World()
    template(world, subject_alternative_name=r"example\.com")

    assert without_id(issue(world)) == policy("subject alternative name")
    assert issue(world, altNames="example.com")[0] == 200


def test_a_template_goes_with_its_authority_and_issues_nothing_while_that_is_disabled():
    world = World()
    named = template(world)
    ca = world.machine.pki.templates.get(**named).unwrap().ca
    assert ca is not None

    world.machine.pki.ca.update(ca_id=ca.id, status="disabled").unwrap()
    disabled = issue(world)
    world.machine.pki.ca.delete(ca_id=ca.id).unwrap()

    assert without_id(disabled) == refusal(400, "BadRequest", "CA is not active")
    assert isinstance(world.machine.pki.templates.get(**named).failure(), NotFoundError)


def test_viewers_read_templates_and_issue_nothing():
    world = World()
    template(world)
    token = someone(world, "viewer")
    query = {"projectId": world.project_id}

    assert world.send("GET", f"{TEMPLATES}/web", query=query, token=token)[0] == 200
    assert world.send("GET", TEMPLATES, query=query, token=token)[1]["totalCount"] == 1
    body = {**query, "commonName": "www.example.com", "ttl": "1d"}
    assert world.send("POST", f"{TEMPLATES}/web/issue-certificate", body, token=token)[1]["error"] == "PermissionDenied"
    assert world.send("DELETE", f"{TEMPLATES}/web", query, token=token)[1]["error"] == "PermissionDenied"


def test_patterns_of_a_template_are_matched_without_backtracking():
    """Where it would begin: each star doubles the time of Python's own matcher."""
    world = World()
    template(world, common_name=".*" * 40 + "b", subject_alternative_name=".*" * 40 + "c")

    name = issue(world, commonName="a" * 2000)
    names = issue(world, commonName="b", altNames=",".join(["a" * 60 + ".example.com"] * 3))

    assert without_id(name) == policy("common name")
    assert without_id(names)[0] == 200


@pytest.mark.parametrize("pattern", [r"\x41", r"\1", r"a**", r"*a", "a\\"])
def test_a_pattern_that_cannot_be_matched_safely_is_refused(pattern: str):
    world = World()
    body = {"name": "web", "caName": "ca", "projectId": world.project_id, "commonName": pattern}
    status, answer = world.send("POST", TEMPLATES, {**body, "subjectAlternativeName": ".*", "ttl": "90d"})

    assert (status, [(one["path"], one["message"]) for one in answer["message"]]) == (
        422,
        [(["commonName"], "Unsafe REGEX pattern")],
    )
