"""RSA signatures with a private key in PEM, as Google and Oracle require them. Only here `cryptography` is imported.

No error shows a part of a key, and no exception keeps one in the frames of its traceback.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import AuthenticationError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@dataclass(frozen=True, slots=True)
class RsaKey:
    """A private key in PEM. `name` is what messages call it; `extra` is the extra that installs `cryptography`."""

    pem: str = field(repr=False)
    name: str
    extra: str
    passphrase: str | None = field(default=None, repr=False)

    def sign(self, message: bytes) -> Answer[bytes]:
        """Sign a message with PKCS #1 v1.5 and SHA-256 (RS256, rsa-sha256).

        A missing library or an unusable key is an `AuthenticationError`.
        """
        try:
            from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
            from cryptography.hazmat.primitives.hashes import SHA256
        except ImportError:
            remedy = f"pip install 'infisical-functional[{self.extra}]'"
            return Failure(AuthenticationError(f"signing with the {self.name} needs cryptography: {remedy}"))
        key = self._load()
        return key if isinstance(key, Failure) else Success(key.unwrap().sign(message, PKCS1v15(), SHA256()))

    def _load(self) -> Answer[RSAPrivateKey]:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        if self.passphrase is None and "ENCRYPTED" in self.pem:
            return Failure(AuthenticationError(f"the {self.name} is encrypted: give its passphrase"))
        key = _parse(self.pem, self.passphrase)
        if key is None:
            also = " with this passphrase" if self.passphrase else ""
            return Failure(AuthenticationError(f"the {self.name} cannot be read as a private key in PEM{also}"))
        if not isinstance(key, RSAPrivateKey):
            return Failure(AuthenticationError(f"the {self.name} is not an RSA key"))
        return Success(key)


def _parse(pem: str, passphrase: str | None) -> Any:
    """Parse a key; None if that fails. A passphrase for a key that has none is ignored, as Oracle's tools do."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    data = pem.encode("utf-8", "surrogatepass")
    password = None if passphrase is None else passphrase.encode("utf-8", "surrogatepass")
    try:
        return load_pem_private_key(data, password)
    except TypeError:  # the key has no passphrase, and one was given
        return None if passphrase is None else _parse(pem, None)
    except (ValueError, UnsupportedAlgorithm):
        return None
