"""Certificate authorities on the memory server."""

from __future__ import annotations

import ipaddress
import sys
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from infisical import BadRequestError, InfisicalApiError, NotFoundError
from infisical.endpoints.pki.ca import CertificateAuthority, InternalCertificateAuthority
from infisical.memory.pki import chains
from infisical.memory.pki import x509 as certificates
from tests.memory.scenes.pki import EC, authority, someone, subject
from tests.memory.world import World, refusal, without_id

CA = "/api/v1/pki/ca"
SITE = "http://localhost:8080/api/v1/cert-manager"
START = datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)


def loaded(text: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(text.encode())


def intermediate(world: World, root_id: str, **more):
    """An authority that the root signed, with its certificate installed."""
    ca = world.machine.pki.ca
    made = authority(world, "intermediate", "Example Intermediate")
    csr = ca.get_csr(ca_id=made.id).unwrap().csr
    signed = ca.sign_intermediate(ca_id=root_id, csr=csr, not_after="2030-01-01", **more).unwrap()
    chain = {"certificate": signed.certificate, "certificateChain": signed.certificate_chain}
    status, answer = world.send("POST", f"{CA}/{made.id}/import-certificate", chain)
    assert (status, answer["caId"]) == (200, made.id), answer
    return ca.get(ca_id=made.id).unwrap()


def issue(world: World, ca_id: str, **more):
    body = {"commonName": "www.example.com", "altNames": "www.example.com", "ttl": "90d", **more}
    return world.send("POST", f"{CA}/{ca_id}/issue-certificate", body)


# ---- what they are
def test_a_root_that_was_made_is_active_and_read_changed_listed_and_deleted():
    world = World()
    ca = world.machine.pki.ca

    made = authority(world, organization="Example Inc", country="DE", friendly_name="Example root")
    changed = ca.update(ca_id=made.id, status="disabled", require_template_for_issuance=True).unwrap()
    listed = ca.list(project_id=world.project_id).unwrap()

    assert made == InternalCertificateAuthority(
        id=made.id,
        type="root",
        name=made.name,
        friendly_name="Example root",
        project_id=world.project_id,
        parent_ca_id=None,
        status="active",
        organization="Example Inc",
        ou="",
        country="DE",
        province="",
        locality="",
        common_name="Example CA",
        dn="C=DE,O=Example Inc,CN=Example CA",
        serial_number=made.serial_number,
        max_path_length=-1,
        key_algorithm=EC,
        active_ca_cert_id=made.active_ca_cert_id,
        require_template_for_issuance=False,
        not_before="2026-09-21T14:13:20.000Z",
        not_after="2036-09-21T14:13:20.000Z",
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert made.name is not None
    assert made.name.startswith("example-root-")
    assert (changed.status, changed.require_template_for_issuance) == ("disabled", True)
    assert ca.get(ca_id=made.id).unwrap() == changed
    assert listed == (
        CertificateAuthority(
            id=made.id,
            type="internal",
            name=made.name,
            project_id=world.project_id,
            status="disabled",
            enable_direct_issuance=False,
            configuration=listed[0].configuration,
        ),
    )
    assert listed[0].configuration is not None
    assert listed[0].configuration["dn"] == made.dn
    assert ca.delete(ca_id=made.id).unwrap() == changed
    assert isinstance(ca.get(ca_id=made.id).failure(), NotFoundError)
    assert ca.list(project_id=world.project_id).unwrap() == ()


def test_a_roots_certificate_is_its_own_and_says_what_was_asked_for():
    world = World()
    made = authority(world, not_before="2026-09-01", not_after="2031-01-01", max_path_length=1)

    body = world.machine.pki.ca.get_certificate(ca_id=made.id).unwrap()
    found = loaded(body.certificate)
    limits = found.extensions.get_extension_for_class(x509.BasicConstraints)

    found.verify_directly_issued_by(found)
    assert (body.certificate_chain, body.serial_number) == ("", made.serial_number)
    assert format(found.serial_number, "040x") == made.serial_number
    assert found.subject.rfc4514_string() == "CN=Example CA"
    assert found.not_valid_before_utc == datetime(2026, 9, 1, tzinfo=UTC)
    assert found.not_valid_after_utc == datetime(2031, 1, 1, tzinfo=UTC)
    assert (limits.value.ca, limits.value.path_length, limits.critical) == (True, 1, True)


@pytest.mark.parametrize("algorithm", ["RSA_2048", "EC_secp384r1", "EC_secp521r1", "ML-DSA-44"])
def test_authorities_have_keys_of_each_kind(algorithm):
    world = World()
    made = authority(world, key_algorithm=algorithm)

    found = loaded(world.machine.pki.ca.get_certificate(ca_id=made.id).unwrap().certificate)

    found.verify_directly_issued_by(found)
    assert certificates.read_certificate(found.public_bytes(Encoding.PEM).decode()).key_algorithm == algorithm


def test_ids_serials_and_times_repeat_to_the_byte():
    def done():
        world = World()
        made = authority(world)
        return made, issue(world, made.id)[1]["serialNumber"]

    assert done() == done()


def test_an_authority_is_refused_in_the_words_of_the_server():
    world = World()
    made = authority(world)
    empty = dict.fromkeys(("commonName", "organization", "ou", "country", "province", "locality"), "")
    body = {"projectSlug": world.given.project_slug, "type": "root", **empty, "commonName": "x", "keyAlgorithm": EC}

    nameless = world.send("POST", CA, {**body, "commonName": ""})
    undated = world.send("POST", CA, {**body, "notAfter": "someday"})
    projectless = world.send("POST", CA, {**body, "projectSlug": "nothing"})
    unknown = world.send("GET", f"{CA}/{world.project_id}")
    csr = world.send("GET", f"{CA}/{made.id}/csr")
    elsewhere = world.send("GET", "/api/v2/pki/ca", query={"projectId": "nothing"})
    lacking = world.send("POST", CA, {name: value for name, value in body.items() if name != "ou"})

    assert (nameless[0], nameless[1]["message"][0]["code"]) == (422, "custom")
    assert (undated[0], undated[1]["message"][0]["path"]) == (422, ["notAfter"])
    assert (lacking[0], lacking[1]["message"][0]["path"]) == (422, ["ou"])
    assert without_id(projectless) == refusal(404, "NotFound", "Project with slug 'nothing' not found")
    assert without_id(unknown) == refusal(404, "NotFound", f"CA with ID '{world.project_id}' not found")
    assert without_id(csr) == refusal(400, "BadRequest", "Root CA cannot generate CSR")
    assert without_id(elsewhere) == refusal(400, "BadRequest", "Invalid Certificate Manager project.")


def test_members_read_authorities_and_issue_but_make_none_and_viewers_only_read():
    world = World()
    made = authority(world)
    member, viewer = someone(world, "member"), someone(world, "viewer")
    body = {"commonName": "www.example.com", "ttl": "1d"}
    new = {"projectSlug": world.given.project_slug, "type": "root", "keyAlgorithm": EC, "commonName": "x"}
    new |= dict.fromkeys(("organization", "ou", "country", "province", "locality"), "")

    assert world.send("GET", f"{CA}/{made.id}", token=viewer)[0] == 200
    assert world.send("POST", f"{CA}/{made.id}/issue-certificate", body, token=viewer)[1]["error"] == "PermissionDenied"
    assert world.send("POST", f"{CA}/{made.id}/issue-certificate", body, token=member)[0] == 200
    assert world.send("POST", CA, new, token=member)[1]["error"] == "PermissionDenied"
    assert world.send("DELETE", f"{CA}/{made.id}", token=member)[1]["error"] == "PermissionDenied"


# ---- intermediates and chains
def test_an_intermediate_waits_for_its_certificate_and_is_active_once_it_has_one():
    world = World()
    ca, root = world.machine.pki.ca, authority(world)

    waiting = authority(world, "intermediate", "Example Intermediate")
    bare = ca.get_certificate(ca_id=waiting.id)
    early = issue(world, waiting.id)
    installed = intermediate(world, root.id, max_path_length=0)

    assert (waiting.status, waiting.serial_number, waiting.not_after) == ("pending-certificate", None, None)
    assert isinstance(bare.failure(), BadRequestError)
    assert without_id(early) == refusal(400, "BadRequest", "CA is not active")
    assert (installed.status, installed.parent_ca_id, installed.max_path_length) == ("active", root.id, 0)
    assert installed.not_after == "2030-01-01T00:00:00.000Z"


def test_a_csr_of_an_intermediate_is_signed_for_the_key_that_it_has():
    world = World()
    made = authority(world, "intermediate", "Example Intermediate")

    text = world.machine.pki.ca.get_csr(ca_id=made.id).unwrap().csr
    request = x509.load_pem_x509_csr(text.encode())
    signed = world.machine.pki.ca.sign_intermediate(
        ca_id=authority(world).id, csr=text, not_after="2030-01-01", not_before="2026-09-22"
    ).unwrap()

    assert request.is_signature_valid
    assert request.subject.rfc4514_string() == "CN=Example Intermediate"
    assert loaded(signed.certificate).public_key() == request.public_key()
    assert loaded(signed.certificate).subject == request.subject
    assert loaded(signed.certificate).not_valid_before_utc == datetime(2026, 9, 22, tzinfo=UTC)


def test_a_chain_from_leaf_to_root_holds_for_a_verifier_of_tls():
    world = World()
    root = authority(world)
    below = intermediate(world, root.id)

    status, leaf = issue(world, below.id)
    chain = [loaded(text) for text in chains.split_chain(leaf["certificateChain"])]
    root_certificate = world.machine.pki.ca.get_certificate(ca_id=root.id).unwrap().certificate
    verifier = PolicyBuilder().store(Store([loaded(root_certificate)])).time(START.replace(tzinfo=None))

    assert status == 200
    assert [one.subject.rfc4514_string() for one in chain] == ["CN=Example Intermediate", "CN=Example CA"]
    assert leaf["issuingCaCertificate"] in leaf["certificateChain"]
    verified = verifier.build_server_verifier(x509.DNSName("www.example.com")).verify(
        loaded(leaf["certificate"]), chain[:-1]
    )
    assert verified == [loaded(leaf["certificate"]), *chain]


def test_a_path_length_is_kept_to():
    world = World()
    ca = world.machine.pki.ca
    csr = ca.get_csr(ca_id=authority(world, "intermediate").id).unwrap().csr

    def signed(root_length: int, asked: int) -> bool:
        root = authority(world, max_path_length=root_length)
        made = ca.sign_intermediate(ca_id=root.id, csr=csr, not_after="2030-01-01", max_path_length=asked)
        return made.map(lambda _: True).value_or(False)

    assert [signed(-1, -1), signed(-1, 3), signed(2, 1)] == [True, True, True]
    assert [signed(0, 0), signed(1, 1), signed(1, -1)] == [False, False, False]


def test_a_certificate_of_another_key_or_with_a_broken_chain_is_not_imported():
    world = World()
    root, other = authority(world), authority(world, common_name="Other CA")
    mine, theirs = authority(world, "intermediate"), authority(world, "intermediate")
    ca = world.machine.pki.ca
    csr = ca.get_csr(ca_id=theirs.id).unwrap().csr
    signed = ca.sign_intermediate(ca_id=root.id, csr=csr, not_after="2030-01-01").unwrap()
    above = ca.get_certificate(ca_id=other.id).unwrap().certificate
    path = f"{CA}/{mine.id}/import-certificate"

    foreign = world.send(
        "POST", path, {"certificate": signed.certificate, "certificateChain": signed.certificate_chain}
    )
    broken = world.send("POST", path, {"certificate": signed.certificate, "certificateChain": above})
    garbage = world.send("POST", path, {"certificate": "garbage", "certificateChain": above})

    assert without_id(foreign) == refusal(400, "BadRequest", "CA and certificate public key do not match")
    assert without_id(broken) == refusal(400, "BadRequest", "Invalid certificate chain")
    assert (garbage[0], garbage[1]["error"]) == (400, "BadRequest")
    assert ca.get(ca_id=mine.id).unwrap().status == "pending-certificate"


def test_deleting_an_authority_takes_what_it_issued_and_leaves_those_below_without_a_parent():
    world = World()
    root = authority(world)
    below = intermediate(world, root.id)
    issue(world, root.id)
    certificates_before = len(world.memory.state.rows("pki_certificates"))

    world.machine.pki.ca.delete(ca_id=root.id).unwrap()

    assert certificates_before == 1
    assert len(world.memory.state.rows("pki_certificates")) == 0
    assert world.machine.pki.ca.get(ca_id=below.id).unwrap().parent_ca_id is None


# ---- renewing
def test_a_root_is_renewed_with_its_key_and_both_certificates_are_listed():
    world = World()
    ca, made = world.machine.pki.ca, authority(world)
    first = ca.get_certificate(ca_id=made.id).unwrap()
    world.clock.advance(86400)

    early = ca.renew(ca_id=made.id, type="existing", not_after="2036-01-01")
    renewed = ca.renew(ca_id=made.id, type="existing", not_after="2040-01-01").unwrap()
    listed = ca.list_certificates(ca_id=made.id).unwrap()

    assert isinstance(early.failure(), BadRequestError)
    assert ca.get_certificate(ca_id=made.id).unwrap() == renewed
    assert [(one.certificate, one.version) for one in listed] == [(first.certificate, 1), (renewed.certificate, 2)]
    assert loaded(renewed.certificate).public_key() == loaded(first.certificate).public_key()
    assert ca.get(ca_id=made.id).unwrap().not_after == "2040-01-01T00:00:00.000Z"


def test_an_intermediate_is_renewed_by_its_parent_and_not_past_it():
    world = World()
    ca, root = world.machine.pki.ca, authority(world)
    below = intermediate(world, root.id)

    late = ca.renew(ca_id=below.id, type="existing", not_after="2050-01-01")
    renewed = ca.renew(ca_id=below.id, type="existing", not_after="2032-01-01").unwrap()

    assert isinstance(late.failure(), BadRequestError)
    assert loaded(renewed.certificate).not_valid_after_utc == datetime(2032, 1, 1, tzinfo=UTC)
    loaded(renewed.certificate).verify_directly_issued_by(loaded(renewed.certificate_chain or ""))


# ---- issuing
def test_a_certificate_says_what_was_asked_for_and_its_key_is_its_own():
    world = World()
    made = authority(world)

    names = "www.example.com, *.example.org, 10.0.0.7, ops@example.com, https://example.com/a"
    _, leaf = issue(world, made.id, altNames=names, keyUsages=["digitalSignature"], extendedKeyUsages=["clientAuth"])
    found = loaded(leaf["certificate"])
    extensions = found.extensions
    alt_names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    points = extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    key = load_pem_private_key(leaf["privateKey"].encode(), None)
    [crl] = world.machine.pki.ca.get_crls(ca_id=made.id).unwrap()

    assert list(leaf) == ["certificate", "issuingCaCertificate", "certificateChain", "privateKey", "serialNumber"]
    assert key.public_key() == found.public_key()
    assert found.not_valid_after_utc.timestamp() - found.not_valid_before_utc.timestamp() == 90 * 86400
    assert alt_names.get_values_for_type(x509.DNSName) == ["www.example.com", "*.example.org"]
    assert alt_names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("10.0.0.7")]
    assert alt_names.get_values_for_type(x509.RFC822Name) == ["ops@example.com"]
    assert alt_names.get_values_for_type(x509.UniformResourceIdentifier) == ["https://example.com/a"]
    assert (usage.digital_signature, usage.key_encipherment) == (True, False)
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert points[0].full_name == [x509.UniformResourceIdentifier(f"{SITE}/crl/{crl.id}/der")]


def test_a_csr_keeps_its_key_and_its_subject_when_it_is_signed():
    world = World()
    key = certificates.create_key("EC_secp384r1")
    csr = certificates.create_csr(
        key,
        {"commonName": "www.example.com", "organization": "Elsewhere"},
        key_usages=["digitalSignature", "keyAgreement"],
        alt_names=["www.example.com"],
    )

    _, signed = world.send("POST", f"{CA}/{authority(world).id}/sign-certificate", {"csr": csr, "ttl": "1y"})
    found = loaded(signed["certificate"])
    read = certificates.read_certificate(signed["certificate"])

    assert list(signed) == ["certificate", "issuingCaCertificate", "certificateChain", "serialNumber"]
    assert spki(found.public_key()) == spki(load_pem_private_key(key.encode(), None).public_key())
    assert read.subject == {"commonName": "www.example.com", "organization": "Elsewhere"}
    assert (read.key_usages, read.alt_names) == (("digitalSignature", "keyAgreement"), ("www.example.com",))
    assert read.key_algorithm == "EC_secp384r1"
    found.verify_directly_issued_by(loaded(signed["issuingCaCertificate"]))


def spki(key) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def test_what_cannot_be_issued_is_refused():
    world = World()
    made = authority(world)
    path = f"{CA}/{made.id}/sign-certificate"
    other = certificates.create_csr(certificates.create_key(EC), {"commonName": "x"})
    forged = other.replace(other.splitlines()[2], other.splitlines()[2][::-1])

    late = issue(world, made.id, ttl="11y")
    early = issue(world, made.id, notBefore="2026-01-01")
    backwards = issue(world, made.id, notBefore="2027-01-01", notAfter="2026-12-01")
    endless = issue(world, made.id, ttl="99999999y")
    negative = issue(world, made.id, ttl="-1d")
    unnamed = issue(world, made.id, altNames="not a name")
    statuses = [world.send("POST", path, {"csr": csr, "ttl": "1d"})[0] for csr in ("garbage", forged)]

    message = "notAfter date is after CA certificate's notAfter date"
    assert without_id(late) == refusal(400, "BadRequest", message)
    assert [early[0], backwards[0], endless[0]] == [400, 400, 400]
    assert [negative[1]["message"][0]["path"], unnamed[1]["message"][0]["path"]] == [["ttl"], ["altNames"]]
    assert statuses == [400, 400]


def test_an_authority_that_is_disabled_expired_or_for_templates_only_issues_nothing():
    world = World()
    ca = world.machine.pki.ca
    disabled, templated = authority(world), authority(world, require_template_for_issuance=True)
    brief = authority(world, not_after="2026-10-01")
    ca.update(ca_id=disabled.id, status="disabled").unwrap()
    world.clock.advance(30 * 86400)

    assert without_id(issue(world, disabled.id)) == refusal(400, "BadRequest", "CA is not active")
    assert without_id(issue(world, brief.id)) == refusal(400, "BadRequest", "CA is expired")
    assert issue(world, templated.id)[0] == 400
    ca.update(ca_id=templated.id, require_template_for_issuance=False).unwrap()
    assert issue(world, templated.id)[0] == 200


def test_a_server_of_2024_makes_authorities_and_issues_but_lists_none():
    world = World(generation="2024-10")
    made = authority(world)

    assert issue(world, made.id)[0] == 200
    assert world.machine.pki.ca.list(project_id=world.project_id).failure().route_missing


# ---- without the package
def test_without_the_package_cryptography_authorities_are_read_and_none_are_made(monkeypatch):
    world = World()
    made = authority(world)
    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)

    refused = world.machine.pki.ca.create(**subject(world, "root")).failure()

    assert isinstance(refused, InfisicalApiError)
    assert (refused.status_code, refused.error_type) == (501, "MissingDependency")
    assert "pip install 'infisical-functional[memory]'" in refused.message
    assert world.machine.pki.ca.get(ca_id=made.id).unwrap() == made
    assert issue(world, made.id)[0] == 501
    assert len(world.memory.state.rows("pki_authorities")) == 1
