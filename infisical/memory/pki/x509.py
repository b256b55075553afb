"""X.509: functions on PEM texts that write and read keys, CSRs, certificates and CRLs.

Functions import the package `cryptography` when they are called, as in ciphers.py. Rows, routes and rules do not
belong here: authorities.py and issuance.py have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from infisical.memory.domain.ciphers import generate_key, require_cryptography
from infisical.memory.refusals import Refusal, bad_request

if TYPE_CHECKING:
    from cryptography import x509

SUBJECT_PARTS: Final = (
    ("country", "C", "COUNTRY_NAME"),
    ("organization", "O", "ORGANIZATION_NAME"),
    ("ou", "OU", "ORGANIZATIONAL_UNIT_NAME"),
    ("province", "ST", "STATE_OR_PROVINCE_NAME"),
    ("commonName", "CN", "COMMON_NAME"),
    ("locality", "L", "LOCALITY_NAME"),
)
"""The parts of a subject in their order in a distinguished name."""
RSA_KEYS: Final = {"RSA_2048": "2048", "RSA_3072": "3072", "RSA_4096": "4096"}
CURVES: Final = {"EC_prime256v1": "SECP256R1", "EC_secp384r1": "SECP384R1", "EC_secp521r1": "SECP521R1"}
LATTICES: Final = {"ML-DSA-44": "MLDSA44", "ML-DSA-65": "MLDSA65", "ML-DSA-87": "MLDSA87"}
KEY_ALGORITHMS: Final = (*RSA_KEYS, *CURVES, *LATTICES)
SIGNATURES: Final = tuple(f"{kind}-{digest}" for kind in ("RSA", "ECDSA") for digest in ("SHA256", "SHA384", "SHA512"))

KEY_USAGES: Final = {
    "digitalSignature": "digital_signature",
    "keyEncipherment": "key_encipherment",
    "nonRepudiation": "content_commitment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
    "encipherOnly": "encipher_only",
    "decipherOnly": "decipher_only",
}
EXTENDED_KEY_USAGES: Final = {
    "clientAuth": "CLIENT_AUTH",
    "serverAuth": "SERVER_AUTH",
    "codeSigning": "CODE_SIGNING",
    "emailProtection": "EMAIL_PROTECTION",
    "ocspSigning": "OCSP_SIGNING",
    "timeStamping": "TIME_STAMPING",
}
AUTHORITY_USAGES: Final = ("keyCertSign", "cRLSign")
INTERMEDIATE_USAGES: Final = ("keyCertSign", "cRLSign", "digitalSignature", "keyEncipherment")
REASONS: Final = {
    "UNSPECIFIED": (0, "unspecified"),
    "KEY_COMPROMISE": (1, "key_compromise"),
    "CA_COMPROMISE": (2, "ca_compromise"),
    "AFFILIATION_CHANGED": (3, "affiliation_changed"),
    "SUPERSEDED": (4, "superseded"),
    "CESSATION_OF_OPERATION": (5, "cessation_of_operation"),
    "CERTIFICATE_HOLD": (6, "certificate_hold"),
    "PRIVILEGE_WITHDRAWN": (9, "privilege_withdrawn"),
    "A_A_COMPROMISE": (10, "aa_compromise"),
}
"""Reasons of a revocation: the number in rows, and the flag in CRLs."""
DOMAIN_PATTERN: Final = re.compile(
    r"(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9-]{1,63}"
)
PRINTABLE_PATTERN: Final = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*")
EMAIL_PATTERN: Final = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")
URL_PATTERN: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!-~]+")


@dataclass(frozen=True, slots=True)
class Issuer:
    """A signer: its private key and its certificate."""

    key: str = field(repr=False)
    certificate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The content of a certificate without subject and key; times are in seconds, the serial number is hex."""

    serial: str
    not_before: float
    not_after: float
    key_usages: Sequence[str] = ()
    extended_key_usages: Sequence[str] = ()
    alt_names: Sequence[str] = ()
    is_ca: bool = False
    path_length: int | None = None
    crl_url: str | None = None
    issuer_url: str | None = None
    signature: str | None = None
    """One of SIGNATURES; None selects the signature that fits the signer's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateContent:
    """The content of a certificate or a CSR that was read; times are in seconds."""

    subject: Mapping[str, str]
    key_algorithm: str | None
    key_usages: tuple[str, ...]
    extended_key_usages: tuple[str, ...]
    alt_names: tuple[str, ...]
    is_ca: bool
    path_length: int | None
    serial: str = ""
    not_before: float = 0.0
    not_after: float = 0.0
    signature: str | None = None


# ---- keys
@require_cryptography
def create_key(algorithm: str) -> str:
    """Create a private key (PKCS #8), which is always different."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_key((RSA_KEYS | CURVES | LATTICES)[algorithm])
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())).decode()


def _load_key(text: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # The check of an RSA key takes half a second, and this server generated the key itself.
    return load_pem_private_key(text.encode(), None, unsafe_skip_rsa_key_validation=True)


def _encode_public_key(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _name_algorithm(public: Any) -> str | None:
    """Return the server's name for the algorithm of a public key; None if it has no name."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(public, rsa.RSAPublicKey):
        return next((name for name, size in RSA_KEYS.items() if size == str(public.key_size)), None)
    if isinstance(public, ec.EllipticCurvePublicKey):
        return next((name for name, curve in CURVES.items() if curve.lower() == public.curve.name), None)
    return next((name for name, kind in LATTICES.items() if type(public).__name__.startswith(kind)), None)


def choose_signature(key_algorithm: str | None) -> str | None:
    """Return the default signature of keys of an algorithm."""
    digests = {"RSA_2048": "256", "RSA_3072": "384", "RSA_4096": "512"}
    digests |= {"EC_prime256v1": "256", "EC_secp384r1": "384", "EC_secp521r1": "512"}
    if key_algorithm in LATTICES or key_algorithm not in digests:
        return key_algorithm
    return f"{'RSA' if key_algorithm in RSA_KEYS else 'ECDSA'}-SHA{digests[key_algorithm]}"


def _choose_hash(key: Any, signature: str | None) -> Any:
    """Return the hash for a signature of a key; None for keys whose algorithm includes the hash."""
    from cryptography.hazmat.primitives import hashes

    algorithm = _name_algorithm(key.public_key())
    default = choose_signature(algorithm)
    if signature is not None and default is not None and signature.partition("-")[0] != default.partition("-")[0]:
        raise bad_request(f"Signature algorithm {signature} does not go with a CA key of {algorithm}")
    name = signature or default
    return None if name in LATTICES or name is None else getattr(hashes, name.partition("-")[2])()


# ---- names
def format_subject(parts: Mapping[str, Any]) -> str:
    """Format a subject as the server does, without empty parts."""
    return ",".join(f"{short}={parts[name]}" for name, short, _ in SUBJECT_PARTS if parts.get(name))


def _build_name(parts: Mapping[str, Any]) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    values = [(getattr(NameOID, oid), str(parts[name])) for name, _, oid in SUBJECT_PARTS if parts.get(name)]
    if not PRINTABLE_PATTERN.fullmatch(str(parts.get("country") or "")):
        raise bad_request("Invalid subject: the country has characters that X.509 does not have there")
    # The server accepts a country of any length, so lengths are not checked here.
    try:
        name = x509.Name([x509.NameAttribute(oid, value, _validate=False) for oid, value in values])
        name.public_bytes()
    except ValueError:  # an unpaired surrogate
        raise bad_request("Invalid subject: it is not text") from None
    return name


def _read_parts(name: x509.Name) -> dict[str, str]:
    from cryptography.x509.oid import NameOID

    parts = {}
    for part, _, oid in SUBJECT_PARTS:
        values = name.get_attributes_for_oid(getattr(NameOID, oid))
        if values:
            parts[part] = str(values[0].value)
    return parts


def is_alt_name(text: str) -> bool:
    """Return whether a text is an alternative name: a domain, an IP address, an e-mail address or a URL."""
    return _is_address(text) or any(kind.fullmatch(text) for kind in (DOMAIN_PATTERN, EMAIL_PATTERN, URL_PATTERN))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _build_alt_name(text: str) -> x509.GeneralName:
    from cryptography import x509

    if _is_address(text):
        return x509.IPAddress(ip_address(text))
    if URL_PATTERN.fullmatch(text):
        return x509.UniformResourceIdentifier(text)
    return x509.RFC822Name(text) if "@" in text else x509.DNSName(text)


# ---- writers
@require_cryptography
def create_csr(
    key: str, subject: Mapping[str, Any], *, key_usages: Sequence[str] = (), alt_names: Sequence[str] = ()
) -> str:
    """Create a CSR."""
    from cryptography import x509

    private = _load_key(key)
    builder = x509.CertificateSigningRequestBuilder().subject_name(_build_name(subject))
    if key_usages:
        builder = builder.add_extension(_build_key_usage(key_usages), critical=False)
    if alt_names:
        names = x509.SubjectAlternativeName([_build_alt_name(name) for name in alt_names])
        builder = builder.add_extension(names, critical=False)
    return _encode_pem(builder.sign(private, _choose_hash(private, None)))


@require_cryptography
def create_self_signed(key: str, subject: Mapping[str, Any], statement: Statement) -> str:
    """Create the certificate of a root CA, signed by its own key."""
    private, name = _load_key(key), _build_name(subject)
    return _build_certificate(private, name, None, name, private.public_key(), statement)


@require_cryptography
def create_certificate(issuer: Issuer, holder: str, subject: Mapping[str, Any] | None, statement: Statement) -> str:
    """Create a certificate for the key of `holder`, a private key or a CSR; the default subject is that of the CSR."""
    issuer_certificate = load_certificate(issuer.certificate)
    request = _load_csr(holder) if "CERTIFICATE REQUEST" in holder else None
    public = request.public_key() if request is not None else _load_key(holder).public_key()
    name = request.subject if request is not None and subject is None else _build_name(subject or {})
    return _build_certificate(
        _load_key(issuer.key), issuer_certificate.subject, issuer_certificate, name, public, statement
    )


def _build_certificate(
    key: Any,
    issuer: x509.Name,
    issuer_certificate: x509.Certificate | None,
    subject: x509.Name,
    public: Any,
    statement: Statement,
) -> str:
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    builder = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(public)
        .serial_number(int(statement.serial, 16))
        .not_valid_before(_convert_time(statement.not_before))
        .not_valid_after(_convert_time(statement.not_after))
        .add_extension(
            x509.BasicConstraints(statement.is_ca, statement.path_length if statement.is_ca else None),
            critical=statement.is_ca,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if issuer_certificate is not None:
        builder = builder.add_extension(_build_authority_key(issuer_certificate), critical=False)
    if statement.key_usages:
        builder = builder.add_extension(_build_key_usage(statement.key_usages), critical=True)
    if statement.extended_key_usages:
        builder = builder.add_extension(_build_extended_usage(statement.extended_key_usages), critical=True)
    if statement.alt_names:
        names = x509.SubjectAlternativeName([_build_alt_name(name) for name in statement.alt_names])
        builder = builder.add_extension(names, critical=False)
    if statement.crl_url:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(statement.crl_url)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if statement.issuer_url:
        where = x509.UniformResourceIdentifier(statement.issuer_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, where)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return _encode_pem(builder.sign(key, _choose_hash(key, statement.signature)))


def _build_authority_key(issuer_certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    from cryptography import x509

    try:
        identifier = issuer_certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_certificate.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _build_key_usage(usages: Iterable[str]) -> x509.KeyUsage:
    from cryptography import x509

    flags = dict.fromkeys(KEY_USAGES.values(), False) | {KEY_USAGES[usage]: True for usage in usages}
    if not flags["key_agreement"]:  # X.509 allows the two only together with key agreement
        flags |= {"encipher_only": False, "decipher_only": False}
    return x509.KeyUsage(**flags)


def _build_extended_usage(usages: Iterable[str]) -> x509.ExtendedKeyUsage:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    return x509.ExtendedKeyUsage([getattr(ExtendedKeyUsageOID, EXTENDED_KEY_USAGES[usage]) for usage in usages])


def _convert_time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _encode_pem(value: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return bytes(value.public_bytes(Encoding.PEM)).decode().strip()


@require_cryptography
def create_crl(
    key: str, subject: Mapping[str, Any], revocations: Iterable[tuple[str, float, int]], *, now: float, until: float
) -> str:
    """Create a CRL of revoked certificates: serial numbers, times and numbers of reasons."""
    from cryptography import x509

    private = _load_key(key)
    flags = dict(REASONS.values())
    builder = x509.CertificateRevocationListBuilder().issuer_name(_build_name(subject))
    builder = builder.last_update(_convert_time(now)).next_update(_convert_time(until))
    for serial, at, number in revocations:
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(_convert_time(at))
        if number:  # a CRL omits the reason "unspecified"
            entry = entry.add_extension(x509.CRLReason(getattr(x509.ReasonFlags, flags[number])), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return _encode_pem(builder.sign(private, _choose_hash(private, None)))


# ---- readers
def load_certificate(text: str) -> x509.Certificate:
    """Parse a certificate; refuse any other text."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        raise bad_request("Invalid certificate: it is not X.509 in PEM") from None


def _load_csr(text: str) -> x509.CertificateSigningRequest:
    from cryptography import x509

    try:
        request = x509.load_pem_x509_csr(text.encode())
        request.public_key()
        is_genuine = request.is_signature_valid
    except Exception as error:  # the parser raises various exceptions for malformed texts
        raise _build_csr_refusal() from error
    if not is_genuine:
        raise _build_csr_refusal()
    return request


def _build_csr_refusal() -> Refusal:
    return bad_request("Invalid CSR: it is not a signed PKCS #10 request in PEM")


@require_cryptography
def read_csr(text: str) -> CertificateContent:
    """Read a CSR; refuse any other text."""
    request = _load_csr(text)
    return CertificateContent(subject=_read_parts(request.subject), **_read_extensions(request))


@require_cryptography
def read_certificate(text: str) -> CertificateContent:
    """Read a certificate; refuse any other text."""
    certificate = load_certificate(text)
    return CertificateContent(
        subject=_read_parts(certificate.subject),
        serial=format(certificate.serial_number, "040x"),
        not_before=certificate.not_valid_before_utc.timestamp(),
        not_after=certificate.not_valid_after_utc.timestamp(),
        **_read_extensions(certificate),
    )


def _read_extensions(source: x509.Certificate | x509.CertificateSigningRequest) -> dict[str, Any]:
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    by_oid = {getattr(ExtendedKeyUsageOID, name): usage for usage, name in EXTENDED_KEY_USAGES.items()}
    fields: dict[str, Any] = {
        "key_algorithm": _name_algorithm(source.public_key()),
        "key_usages": (),
        "extended_key_usages": (),
        "alt_names": (),
        "is_ca": False,
        "path_length": None,
    }
    name_types = (x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier, x509.IPAddress)
    for extension in source.extensions:
        value = extension.value
        if isinstance(value, x509.KeyUsage):
            fields["key_usages"] = tuple(name for name, flag in KEY_USAGES.items() if _is_set(value, flag))
        elif isinstance(value, x509.ExtendedKeyUsage):
            fields["extended_key_usages"] = tuple(by_oid[oid] for oid in value if oid in by_oid)
        elif isinstance(value, x509.SubjectAlternativeName):
            fields["alt_names"] = tuple(str(name.value) for name in value if isinstance(name, name_types))
        elif isinstance(value, x509.BasicConstraints):
            fields |= {"is_ca": value.ca, "path_length": value.path_length}
    return fields


def _is_set(usage: x509.KeyUsage, flag: str) -> bool:
    if flag in ("encipher_only", "decipher_only") and not usage.key_agreement:
        return False
    return bool(getattr(usage, flag))


@require_cryptography
def compute_fingerprints(certificate: str) -> tuple[str, str]:
    """Compute the SHA-256 and SHA-1 fingerprints of a certificate, as hex."""
    from cryptography.hazmat.primitives import hashes

    document = load_certificate(certificate)
    return document.fingerprint(hashes.SHA256()).hex(), document.fingerprint(hashes.SHA1()).hex()


@require_cryptography
def matches_key(certificate: str, key: str) -> bool:
    """Return whether a certificate has the public half of a key."""
    return _encode_public_key(load_certificate(certificate).public_key()) == _encode_public_key(
        _load_key(key).public_key()
    )
