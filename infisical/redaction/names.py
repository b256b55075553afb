"""Which names tell that a value is secret: of headers, of fields in JSON, of parameters in URLs and forms.

Names only. What is written in place of a value, and how values are found, is decided elsewhere.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

SECRET_HEADERS: Final = frozenset(
    {
        "authorization",
        "cookie",
        "proxy-authorization",
        "set-cookie",
        "x-api-key",
        "x-identity-tls-cert-auth-client-cert",
    }
)
PLAIN_HEADERS: Final = frozenset({"accept", "accept-encoding", "content-type", "host", "user-agent", "x-infisical-org"})
"""What may be seen of a request. Any other header is the user's own, and may be a key to a gateway."""
PLAIN_RESPONSE_HEADERS: Final = frozenset(
    {
        "age",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "etag",
        "expires",
        "keep-alive",
        "last-modified",
        "location",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
        "request-id",
        "retry-after",
        "server",
        "transfer-encoding",
        "vary",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "x-request-id",
    }
)
"""What is kept of a response's headers. Any other may hold a credential, or a hash by which to test a guess."""
SECRET_FIELDS: Final = frozenset(
    {
        "accesskey",
        "accesskeysecret",
        "accesstoken",
        "accountkey",
        "apikey",
        "assertion",
        "authorization",
        "backupcode",
        "backupcodes",
        "bearer",
        "bindpass",
        "clientassertion",
        "clientsecret",
        "connectionstring",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "databaseurl",
        "encryptedkey",
        "encryptedprivatekey",
        "encryptedvalue",
        "encryptionkey",
        "envoverrides",
        "githubappconnectionclientsecret",
        "githubappconnectionprivatekey",
        "hashedhex",
        "iamrequestbody",
        "iamrequestheaders",
        "idtoken",
        "inputs",
        "jwt",
        "masterkey",
        "mfacode",
        "mfatoken",
        "microsoftteamsclientsecret",
        "mnemonic",
        "newpassword",
        "newsecretvalue",
        "oldpassword",
        "oldsecretvalue",
        "onetimecode",
        "otp",
        "otpcode",
        "pass",
        "passcode",
        "passphrase",
        "password",
        "passwordhash",
        "passwd",
        "pin",
        "pincode",
        "plaintext",
        "privatekey",
        "protectedkey",
        "protectedkeyiv",
        "protectedkeytag",
        "pwd",
        "recoverycode",
        "recoverycodes",
        "refreshtoken",
        "salt",
        "samlresponse",
        "secretaccesskey",
        "secrethash",
        "secretvalue",
        "securitytoken",
        "serverprivatekey",
        "servicetoken",
        "sessiontoken",
        "setcookie",
        "sharedaccesskey",
        "sharedsecretlink",
        "signingkey",
        "slackclientsecret",
        "sshkey",
        "token",
        "tokenreviewerjwt",
        "totp",
        "totpcode",
        "url",
        "value",
        "verificationcode",
        "verifier",
        "webhooksecretkey",
        "webhookurl",
    }
)
"""Names of fields in any JSON body, in normal form; whatever text is below one of them is secret."""
COUNTS: Final = frozenset({"inputs", "value"})
"""Those of them whose numbers are no secrets."""
SECRET_FIELDS_EXACTLY: Final = frozenset({"Signature"})
"""The same, where the case tells a credential (Alibaba Cloud's) from a result (`signature` of the KMS)."""
SECRET_RECORDS: Final = frozenset({"config", "configuration", "data", "destinationconfig", "metadata", "syncoptions"})
"""Names, in normal form, of objects whose members are not fixed: whatever text is in one of them is secret."""
SECRET_ENDINGS: Final = (
    "apikey",
    "apitoken",
    "credential",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "token",
)
"""Whatever ends in one of these is secret where its value is a text, a number or a list of them."""
PUBLIC_NAMES: Final = frozenset({"continuationtoken", "nextpagetoken", "nexttoken", "pagetoken"})
"""Names that end like a secret, and are the place in a listing."""
SECRET_PARAMETERS: Final = frozenset(
    {"auth", "code", "jsessionid", "phpsessid", "samlrequest", "sessionid", "sid", "sig", "signature", "ticket"}
)
"""Names, in normal form, that are secret in a query or a form, and mean something else in JSON."""
PUBLIC_VALUES: Final = frozenset({"", "<hidden-by-infisical>", "redacted", "[redacted]"})
"""What stands in a secret field and is no secret."""

TEXT, DEEP, NUMBERS = 1, 2, 4
"""What is secret below a name: texts, those in objects below it too, numbers too."""
ONE_TIME_CODE: Final = re.compile(r"(?=\D*\d)[A-Za-z0-9.~/+=-]{6,}")
_PARTS: Final = re.compile(r"[\[\].:/]+")


def normal(name: str) -> str:
    """Write a name as all its spellings: without case, percent-encoding, and what separates its words."""
    if name.isalpha() and name.isascii():
        return name.lower()
    for _ in range(2):  # encoded twice
        if "%" in name:
            name = unquote(name)
    return "".join(filter(str.isalnum, name)).casefold()


def is_secret_field(name: str) -> bool:
    """Say whether a field of that name holds something secret."""
    return _secrecy(name) != 0


def is_secret_parameter(name: str) -> bool:
    """Say whether a parameter of that name, in a query or a form, holds something secret."""
    return normal(name) in SECRET_PARAMETERS or is_secret_field(name)


def secrecy_below(name: str, is_object: bool, inherited: int, text: str = "") -> int:
    """Return what is secret of the value of a field, by its name and by what is secret around it.

    `text` is the value if that is a text: a `code` is of an error, or else a user's or an OAuth server's.
    """
    around = inherited & DEEP and DEEP | TEXT
    if text and ONE_TIME_CODE.fullmatch(text) and normal(name) == "code":
        return TEXT
    if is_object and normal(name) in SECRET_RECORDS:
        return DEEP | TEXT
    return around | _secrecy(name)


def secrecy_in_object(flags: int) -> int:
    """Return what is secret of the members of an object, by what is secret of the object."""
    return DEEP | TEXT if flags & DEEP else 0


def _secrecy(name: str) -> int:
    plain = normal(name)
    if plain in SECRET_FIELDS or name in SECRET_FIELDS_EXACTLY:
        return TEXT | DEEP | (0 if plain in COUNTS else NUMBERS)
    if plain in PUBLIC_NAMES:
        return 0
    if plain.endswith(SECRET_ENDINGS):
        return TEXT | NUMBERS
    parts = [part for part in _PARTS.split(unquote(name)) if part]
    return max(map(_secrecy, parts)) if len(parts) > 1 else 0
