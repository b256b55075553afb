"""Names that mark a value as secret: names of headers, of JSON fields, of parameters in URLs and forms.

Names only. Other modules find the values and choose what replaces them.
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
"""Request headers that may be shown. The user chose every other header, and it may hold the key of a gateway."""
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
"""Response headers that a recording may hold. Others may hold a credential, or a hash that confirms a guess."""
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
"""Names of JSON fields, normalized. Every text below such a field is secret."""
FIELDS_WITH_PUBLIC_NUMBERS: Final = frozenset({"inputs", "value"})
"""The secret fields whose numbers are not secret."""
CASE_SENSITIVE_SECRET_FIELDS: Final = frozenset({"Signature"})
"""Secret fields in exactly this case: `Signature` is a credential of Alibaba Cloud, `signature` a result of the KMS."""
SECRET_RECORDS: Final = frozenset({"config", "configuration", "data", "destinationconfig", "metadata", "syncoptions"})
"""Names, normalized, of objects with free members. Every text in such an object is secret."""
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
"""A name with one of these suffixes is secret if its value is a text, a number, or a list of these."""
PUBLIC_NAMES: Final = frozenset({"continuationtoken", "nextpagetoken", "nexttoken", "pagetoken"})
"""Names with the suffix of a secret that hold a position in a listing."""
SECRET_PARAMETERS: Final = frozenset(
    {"auth", "code", "jsessionid", "phpsessid", "samlrequest", "sessionid", "sid", "sig", "signature", "ticket"}
)
"""Names, normalized, that are secret in a query or a form. In JSON they mean something else."""
PUBLIC_VALUES: Final = frozenset({"", "<hidden-by-infisical>", "redacted", "[redacted]"})
"""Values of secret fields that are not secret themselves."""

TEXT, DEEP, NUMBERS = 1, 2, 4
"""Flags: the texts below a name are secret; also the texts in objects below it; also the numbers."""
ONE_TIME_CODE: Final = re.compile(r"(?=\D*\d)[A-Za-z0-9.~/+=-]{6,}")
_SEPARATORS: Final = re.compile(r"[\[\].:/]+")


def normalize_name(name: str) -> str:
    """Reduce the spellings of a name to one: no case, no percent-encoding, no separators."""
    if name.isalpha() and name.isascii():
        return name.lower()
    for _ in range(2):  # it may be encoded twice
        if "%" in name:
            name = unquote(name)
    return "".join(filter(str.isalnum, name)).casefold()


def is_secret_field(name: str) -> bool:
    """Return True if a field of that name holds a secret."""
    return _classify_name(name) != 0


def is_secret_parameter(name: str) -> bool:
    """Return True if a parameter of that name, in a query or a form, holds a secret."""
    return normalize_name(name) in SECRET_PARAMETERS or is_secret_field(name)


def classify_field(name: str, is_object: bool, inherited: int, text: str = "") -> int:
    """Return the flags of a field's value: which parts of it are secret.

    `inherited` are the flags of the object around the field. `text` is the value if it is a text: a field `code` holds
    the code of an error, or a one-time code of a user or an OAuth server.
    """
    from_object = inherited & DEEP and DEEP | TEXT
    if text and ONE_TIME_CODE.fullmatch(text) and normalize_name(name) == "code":
        return TEXT
    if is_object and normalize_name(name) in SECRET_RECORDS:
        return DEEP | TEXT
    return from_object | _classify_name(name)


def classify_members(flags: int) -> int:
    """Return the flags that the members of an object inherit from it."""
    return DEEP | TEXT if flags & DEEP else 0


def _classify_name(name: str) -> int:
    normalized = normalize_name(name)
    if normalized in SECRET_FIELDS or name in CASE_SENSITIVE_SECRET_FIELDS:
        return TEXT | DEEP | (0 if normalized in FIELDS_WITH_PUBLIC_NUMBERS else NUMBERS)
    if normalized in PUBLIC_NAMES:
        return 0
    if normalized.endswith(SECRET_SUFFIXES):
        return TEXT | NUMBERS
    parts = [part for part in _SEPARATORS.split(unquote(name)) if part]
    return max(map(_classify_name, parts)) if len(parts) > 1 else 0
