"""Names whose values are secret: of headers, of fields in JSON, of parameters in URLs and forms.

Nothing here finds or masks a value.
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
"""The public headers of a request. Any other header may be a key to a gateway."""
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
METADATA_HEADERS: Final = frozenset({"metadata-flavor", "x-aws-ec2-metadata-token-ttl-seconds"})
"""Headers of requests to metadata services whose answer, unless it is JSON, is a credential as plain text."""
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
"""Names of fields in any JSON body, in normal form: every text below one of them is secret."""
COUNT_FIELDS: Final = frozenset({"inputs", "value"})
"""The secret fields whose numbers are not secret."""
EXACT_SECRET_FIELDS: Final = frozenset({"Signature"})
"""Secret fields whose case matters: Alibaba Cloud's credential, unlike the `signature` of the KMS."""
SECRET_RECORDS: Final = frozenset({"config", "configuration", "data", "destinationconfig", "metadata", "syncoptions"})
"""Names, in normal form, of objects with arbitrary members: every text in one of them is secret."""
SECRET_SUFFIXES: Final = (
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
"""Endings of names whose value is secret if it is a text, a number or a list of them."""
PUBLIC_NAMES: Final = frozenset({"continuationtoken", "nextpagetoken", "nexttoken", "pagetoken"})
"""Names with such an ending that locate a page of a listing."""
SECRET_PARAMETERS: Final = frozenset(
    {"auth", "code", "jsessionid", "phpsessid", "samlrequest", "sessionid", "sid", "sig", "signature", "ticket"}
)
"""Names, in normal form, that are secret in a query or a form but not in JSON."""
PUBLIC_VALUES: Final = frozenset({"", "<hidden-by-infisical>", "redacted", "[redacted]"})
"""Values of secret fields that are not secret."""

TEXT, DEEP, NUMBERS = 1, 2, 4
"""Flags of what is secret below a name: its text, texts in objects below it, its numbers."""
ONE_TIME_CODE: Final = re.compile(r"(?=\D*\d)[A-Za-z0-9.~/+=-]{6,}")
_PARTS: Final = re.compile(r"[\[\].:/]+")


def normalize_name(name: str) -> str:
    """Return the normal form of a name: without case, percent-encoding and word separators."""
    if name.isalpha() and name.isascii():
        return name.lower()
    for _ in range(2):  # encoded twice
        if "%" in name:
            name = unquote(name)
    return "".join(filter(str.isalnum, name)).casefold()


def is_secret_field(name: str) -> bool:
    """True if a field of that name has a secret value."""
    return _get_name_secrecy(name) != 0


def is_secret_parameter(name: str) -> bool:
    """True if a parameter of that name, in a query or a form, has a secret value."""
    return normalize_name(name) in SECRET_PARAMETERS or is_secret_field(name)


def get_value_secrecy(name: str, is_object: bool, inherited: int, text: str = "") -> int:
    """Return the flags of the value of a field, by its name and by the flags of its object.

    `text` is the value if it is a text: a `code` may be that of an error, or a secret of a user or an OAuth server.
    """
    around = inherited & DEEP and DEEP | TEXT
    if text and ONE_TIME_CODE.fullmatch(text) and normalize_name(name) == "code":
        return TEXT
    if is_object and normalize_name(name) in SECRET_RECORDS:
        return DEEP | TEXT
    return around | _get_name_secrecy(name)


def get_inner_secrecy(flags: int) -> int:
    """Return the flags of the members of an object, by the flags of the object."""
    return DEEP | TEXT if flags & DEEP else 0


def _get_name_secrecy(name: str) -> int:
    plain = normalize_name(name)
    if plain in SECRET_FIELDS or name in EXACT_SECRET_FIELDS:
        return TEXT | DEEP | (0 if plain in COUNT_FIELDS else NUMBERS)
    if plain in PUBLIC_NAMES:
        return 0
    if plain.endswith(SECRET_SUFFIXES):
        return TEXT | NUMBERS
    parts = [part for part in _PARTS.split(unquote(name)) if part]
    return max(map(_get_name_secrecy, parts)) if len(parts) > 1 else 0
