"""FakeOidcIssuer: an OpenID Connect issuer with keys, as an executor. It signs whatever claims a test asks for.

It needs the package `cryptography` (the extra `memory`). Nothing here sends or listens.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from infisical.request import HttpRequest
from infisical.response import Response
from infisical.testing.platforms.fake import FakePlatform

Algorithm: TypeAlias = Literal["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
CURVES: Final = {"ES256": ("P-256", "SECP256R1"), "ES384": ("P-384", "SECP384R1"), "ES512": ("P-521", "SECP521R1")}
RSA_BITS: Final = 2048
DISCOVERY_PATH: Final = "/.well-known/openid-configuration"
JWKS_PATH: Final = "/.well-known/jwks"


@dataclass(slots=True, kw_only=True)
class FakeOidcIssuer(FakePlatform):
    """An issuer of OIDC tokens. Call it as an executor, or serve it: it answers its metadata and its JWKS at any host.

    `sign(claims)` makes a token. `jwks` are its public keys, for a server in memory:
    `memory.change(lambda state, now: declare_keys(state, issuer.url, issuer.jwks, now=now))`; `pem` is the newest one
    for the public keys of JWT settings. `rotate_key()` makes another key and keeps the old ones in the JWKS.

    Change the attributes to provoke errors: `status` is the status of both documents, `has_jwks_uri=False` removes the
    JWKS from the metadata, `rotate_key(keep=False)` forgets old keys. Another issuer with the same `url` signs with a
    wrong key. `clock` returns seconds since the epoch. `sent` lists the requests.
    """

    url: str = "https://issuer.example.com"
    algorithm: Algorithm = "ES256"
    clock: Callable[[], float] = field(default=time.time, repr=False)
    status: int = 200
    has_jwks_uri: bool = True
    _keys: list[tuple[str, Any]] = field(default_factory=list, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def sign(
        self, claims: Mapping[str, Any] | None = None, *, lifetime: float = 300, header: Mapping[str, Any] | None = None
    ) -> str:
        """Sign a token with these claims, and return it.

        By default it has the issuer's URL, the subject `subject`, the audience `infisical`, and times that end
        `lifetime` seconds from now (negative: it has expired). A claim of None is omitted. `header` replaces fields of
        the header: `{"kid": None}` omits the id of the key.
        """
        key_id, key = self._get_key()
        now = int(self.clock())
        times = {"iat": now, "nbf": now, "exp": now + int(lifetime)}
        content = {"iss": self.url, "sub": "subject", "aud": "infisical", **times, "jti": uuid.uuid4().hex}
        fields = {"alg": self.algorithm, "typ": "JWT", "kid": key_id}
        signed = f"{_encode_present({**fields, **(header or {})})}.{_encode_present({**content, **(claims or {})})}"
        return f"{signed}.{_encode(_sign(self.algorithm, key, signed.encode()))}"

    @property
    def jwks(self) -> dict[str, Any]:
        """The JWK Set of its public keys, the newest first."""
        self._get_key()
        return {"keys": [_build_jwk(self.algorithm, key_id, key) for key_id, key in self._keys]}

    @property
    def pem(self) -> str:
        """The newest public key in PEM."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self._get_key()[1].public_key()
        return str(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())

    def rotate_key(self, *, keep: bool = True) -> None:
        """Make a new key for the next tokens; the JWKS has the old ones too, unless `keep` is False."""
        key = (uuid.uuid4().hex, _generate_key(self.algorithm))
        with self._lock:
            self._keys = [key, *(self._keys if keep else ())]

    def _answer(self, request: HttpRequest) -> Response:
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if request.method == "GET" and parts.path.endswith(DISCOVERY_PATH):
            location = {"jwks_uri": f"{origin}{JWKS_PATH}"} if self.has_jwks_uri else {}
            algorithms = {"id_token_signing_alg_values_supported": [self.algorithm]}
            document = {"issuer": self.url, **location, **algorithms, "response_types_supported": ["id_token"]}
            return _write_json(self.status, document)
        if request.method == "GET" and parts.path.endswith(JWKS_PATH):
            return _write_json(self.status, self.jwks if self.status == 200 else {})
        return _write_json(404, {"error": "not_found"})

    def _get_key(self) -> tuple[str, Any]:
        if not self._keys:
            self.rotate_key()
        return self._keys[0]


def _write_json(status: int, document: Mapping[str, Any]) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(document).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _encode_present(fields: Mapping[str, Any]) -> str:
    present = {name: value for name, value in fields.items() if value is not None}
    return _encode(json.dumps(present, separators=(",", ":")).encode())


def _encode_number(number: int, size: int = 0) -> str:
    return _encode(number.to_bytes(size or (number.bit_length() + 7) // 8))


# ---- keys
def _generate_key(algorithm: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if algorithm in CURVES:
        return ec.generate_private_key(getattr(ec, CURVES[algorithm][1])())
    return rsa.generate_private_key(65537, RSA_BITS)


def _build_jwk(algorithm: str, key_id: str, key: Any) -> dict[str, str]:
    numbers, names = key.public_key().public_numbers(), {"kid": key_id, "use": "sig", "alg": algorithm}
    if algorithm in CURVES:
        size = (key.key_size + 7) // 8
        point = {"x": _encode_number(numbers.x, size), "y": _encode_number(numbers.y, size)}
        return {"kty": "EC", "crv": CURVES[algorithm][0], **point, **names}
    return {"kty": "RSA", "n": _encode_number(numbers.n), "e": _encode_number(numbers.e), **names}


def _sign(algorithm: str, key: Any, data: bytes) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

    digest: Any = getattr(hashes, f"SHA{algorithm[2:]}")()
    if algorithm in CURVES:
        size = (key.key_size + 7) // 8
        first, second = utils.decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
        return first.to_bytes(size) + second.to_bytes(size)
    is_pss = algorithm.startswith("PS")
    scheme = padding.PSS(padding.MGF1(digest), digest.digest_size) if is_pss else padding.PKCS1v15()
    return bytes(key.sign(data, scheme, digest))
