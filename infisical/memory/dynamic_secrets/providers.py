"""Providers of dynamic secrets: what inputs each type takes, and the credentials that it makes.

No provider is asked: credentials are drawn from the state, and only those of TOTP open anything. The rows are
dynamic_secrets.py's.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from infisical.memory.call import Call, format_time
from infisical.memory.refusals import Refusal, bad_request
from infisical.memory.state import Draft, Row
from infisical.memory.validation import (
    ABSENT_MARK,
    Field,
    Issues,
    Path,
    anything,
    array,
    boolean,
    build_type_issue,
    choice,
    either,
    email,
    number,
    obj,
    record,
    string,
)

LETTERS: Final = {
    "lowercase": "abcdefghijklmnopqrstuvwxyz",
    "uppercase": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digits": "0123456789",
    "symbols": "-_.~!*",
}
ALPHANUMERIC: Final = LETTERS["digits"] + LETTERS["uppercase"] + LETTERS["lowercase"]
PASSWORD: Final[Mapping[str, Any]] = {
    "length": 48,
    "required": {"lowercase": 1, "uppercase": 1, "digits": 1, "symbols": 0},
}


# ---- what inputs may hold
TEXT: Final = string()
FULL: Final = string(least=1)
PEM: Final = string(trim=False).optional()
KEY: Final = string(
    least=1,
    matches=r"-----BEGIN(?: RSA| PGP| ENCRYPTED)? PRIVATE KEY-----.*-----END(?: RSA| PGP| ENCRYPTED)? PRIVATE KEY-----",
    message="Invalid PEM format for private key",
)
COUNT: Final = number(least=0)
REQUIREMENTS: Final = (
    obj(
        length=number(least=1, most=250),
        required=obj(lowercase=COUNT, uppercase=COUNT, digits=COUNT, symbols=COUNT),
        allowedSymbols=string(trim=False).optional(),
    )
    .where(
        lambda read: sum(read["required"].values()) <= read["length"],
        "Sum of required characters cannot exceed the total length",
    )
    .optional()
)


def lower() -> Field:
    """A text in lower case."""
    return Field(
        lambda value, path, issues: value.strip().lower() if isinstance(value, str) else TEXT.read(value, path, issues)
    )


def by(name: str, default: str | None = None, /, **kinds: Field) -> Field:
    """An object of one of some kinds, which the text under a name tells apart."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, dict):
            issues.append(build_type_issue("object", value, path))
            return value
        said = value.get(name, default)
        kind = kinds.get(str(said).replace("-", "_"))
        if kind is None:
            options = [option.replace("_", "-") for option in kinds]
            listed = " | ".join(f"'{option}'" for option in options)
            issues.append(
                {
                    "code": "invalid_union_discriminator",
                    "options": options,
                    "path": [*path, name],
                    "message": f"Invalid discriminator value. Expected {listed}",
                }
            )
            return value
        return {name: said, **kind.check(value, path, issues)}

    return Field(check, expected="object")


LOGIN: Final = {"username": TEXT, "password": TEXT}
STATEMENTS: Final = {"creationStatement": TEXT, "revocationStatement": TEXT}
RENEWED: Final = {**STATEMENTS, "renewStatement": TEXT.optional()}
SERVER: Final = {"host": lower(), "port": number()}
GATEWAY: Final = {"gatewayId": string(trim=False).or_null().optional()}
AWS: Final = {
    "region": FULL,
    "awsPath": TEXT.optional(),
    "permissionBoundaryPolicyArn": TEXT.optional(),
    "policyDocument": TEXT.optional(),
    "userGroups": TEXT.optional(),
    "policyArns": TEXT.optional(),
    "tags": array(obj(key=FULL, value=TEXT.optional(""))).optional(),
}
LDAP: Final = {"url": FULL, "binddn": FULL, "bindpass": FULL, "ca": PEM}
CLUSTER: Final = {
    "url": TEXT.optional(),
    "clusterToken": TEXT.optional(),
    "ca": PEM,
    "sslEnabled": boolean().optional(False),
    "namespace": FULL,
    "gatewayId": TEXT.optional(),
    "connectorId": TEXT.optional(),
    "audiences": array(FULL),
    "authMethod": choice("gateway", "api", "connector").optional("api"),
}
SQL_CLIENT: Final = choice("postgres", "mysql2", "oracledb", "mssql", "sap-ase", "vertica")

INPUTS: Final[Mapping[str, Field]] = {
    "sql-database": obj(
        client=SQL_CLIENT,
        database=TEXT,
        passwordRequirements=REQUIREMENTS,
        ca=PEM,
        **SERVER,
        **LOGIN,
        **RENEWED,
        **GATEWAY,
    ),
    "azure-sql-database": record(anything()),
    "cassandra": obj(localDataCenter=FULL, keyspace=TEXT.optional(), ca=PEM, **SERVER, **LOGIN, **RENEWED),
    "sap-ase": obj(database=TEXT, **SERVER, **LOGIN, **STATEMENTS),
    "aws-iam": by(
        "method",
        "access-key",
        access_key=obj(accessKey=FULL, secretAccessKey=FULL, **AWS),
        assume_role=obj(roleArn=string(least=1), **AWS),
        irsa=obj(**AWS),
    ),
    "redis": obj(username=TEXT, password=TEXT.optional(), ca=PEM, **SERVER, **RENEWED),
    "sap-hana": obj(ca=PEM, **SERVER, **LOGIN, **RENEWED),
    "aws-elasticache": obj(clusterName=FULL, accessKeyId=FULL, secretAccessKey=FULL, region=TEXT, ca=PEM, **STATEMENTS),
    "mongo-db-atlas": obj(
        adminPublicKey=FULL,
        adminPrivateKey=FULL,
        groupId=FULL,
        roles=array(obj(collectionName=TEXT.optional(), databaseName=FULL, roleName=FULL), least=1),
        scopes=array(obj(name=FULL, type=FULL)),
    ),
    "elastic-search": obj(
        host=FULL,
        port=number(),
        roles=array(FULL, least=1),
        auth=by("type", user=obj(**LOGIN), api_key=obj(apiKey=TEXT, apiKeyId=TEXT)),
        ca=PEM,
    ),
    "mongo-db": obj(
        host=lower(),
        port=number().optional(),
        username=FULL,
        password=FULL,
        database=FULL,
        ca=string(least=1).optional(),
        roles=array(TEXT, least=1),
    ),
    "rabbit-mq": obj(
        host=FULL,
        port=number(),
        tags=array(TEXT).optional(()),
        username=FULL,
        password=FULL,
        ca=PEM,
        virtualHost=obj(name=FULL, permissions=obj(read=FULL, write=FULL, configure=FULL)),
    ),
    "azure-entra-id": obj(tenantId=FULL, userId=FULL, email=FULL, applicationId=FULL, clientSecret=FULL),
    "ldap": by(
        "credentialType",
        "dynamic",
        dynamic=obj(creationLdif=FULL, revocationLdif=FULL, rollbackLdif=TEXT.optional(), **LDAP),
        static=obj(rotationLdif=FULL, **LDAP),
    ),
    "snowflake": obj(
        accountId=FULL,
        orgId=FULL,
        username=FULL,
        password=FULL,
        creationStatement=FULL,
        revocationStatement=FULL,
        renewStatement=TEXT.optional(),
    ),
    "totp": by(
        "configType",
        url=obj(
            url=FULL.where(
                lambda url: "secret" in dict(parse_qsl(urlsplit(url).query)), "OTP URL must contain secret field"
            )
        ),
        manual=obj(
            secret=FULL,
            period=number().optional(),
            algorithm=choice("sha1", "sha256", "sha512").optional(),
            digits=number().optional(),
        ),
    ),
    "kubernetes": by(
        "credentialType",
        static=obj(serviceAccountName=FULL, **CLUSTER),
        dynamic=obj(roleType=choice("cluster-role", "role"), role=FULL, **CLUSTER),
    ),
    "vertica": obj(database=TEXT, passwordRequirements=REQUIREMENTS, **SERVER, **LOGIN, **STATEMENTS, **GATEWAY),
    "gcp-iam": obj(serviceAccountEmail=email()),
    "github": obj(appId=number(least=1), installationId=number(least=1), privateKey=KEY),
    "couchbase": obj(
        url=FULL,
        orgId=FULL,
        projectId=FULL,
        clusterId=FULL,
        roles=array(FULL, least=1),
        buckets=either(FULL, array(obj(name=FULL, scopes=array(anything()).optional()))).optional("*"),
        passwordRequirements=REQUIREMENTS,
        auth=obj(apiKey=FULL),
    ),
}


def provider() -> Field:
    """A provider: its type, and the inputs of that type."""
    return by("type", None, **{kind.replace("-", "_"): obj(inputs=inputs) for kind, inputs in INPUTS.items()})


def checked_inputs(call: Call, kind: str, inputs: Mapping[str, Any]) -> Any:
    """Return inputs as their provider takes them; refuse those that it does not."""
    issues: Issues = []
    read = INPUTS[kind].read(inputs, (), issues)
    if issues:
        raise Refusal(401 if call.is_2024 else 422, "ValidationFailure", issues)
    return {name: value for name, value in read.items() if value is not ABSENT_MARK}


# ---- what providers make
class Made(NamedTuple):
    """Credentials: as what the provider knows them, and what the caller gets."""

    entity_id: str
    data: dict[str, Any]


DATABASES: Final = frozenset(INPUTS) - {
    "aws-iam",
    "azure-entra-id",
    "ldap",
    "totp",
    "kubernetes",
    "gcp-iam",
    "github",
    "couchbase",
}
"""Those that make a user and a password of a database."""
NOT_RENEWED: Final = {
    "totp": "Lease renewal is not supported for TOTPs",
    "github": "Github dynamic secret does not support renewal",
}


def make(call: Call, secret: Row, expires: float, caller: str) -> Made:
    """Make the credentials of a lease; `caller` is the name that a username's template may hold."""
    kind, inputs = secret["type"], secret["inputs"]
    username, password = new_username(call, secret, caller), new_password(call.draft, inputs)
    if kind in DATABASES:
        return Made(username, {"DB_USERNAME": username, "DB_PASSWORD": password})
    if kind == "aws-iam":
        key = "AKIA" + new_text(call.draft, 16, LETTERS["uppercase"] + "234567")
        secret_key = new_text(call.draft, 40, ALPHANUMERIC + "+/")
        return Made(username, {"ACCESS_KEY": key, "SECRET_ACCESS_KEY": secret_key, "USERNAME": username})
    if kind == "azure-entra-id":
        return Made(inputs["userId"], {"email": inputs["email"], "password": password})
    if kind == "ldap":
        names = re.findall(r"^dn:\s*(.+)$", inputs.get("creationLdif") or inputs["rotationLdif"], re.MULTILINE)
        places = [re.sub(r"\{\{\s*Username\s*\}\}", username, name.strip()) for name in names]
        return Made(username, {"DN_ARRAY": places, "USERNAME": username, "PASSWORD": password})
    if kind == "couchbase":
        return Made(call.draft.new_id(), {"username": username, "password": password})
    entity, token = new_text(call.draft, 32), new_text(call.draft, 64)
    if kind == "totp":
        return Made(entity, {"TOTP": one_time_password(inputs, call.now)})
    if kind == "gcp-iam":
        return Made(entity, {"SERVICE_ACCOUNT_EMAIL": inputs["serviceAccountEmail"], "TOKEN": f"ya29.{token}"})
    if kind == "github":
        about = {"EXPIRES_AT": format_time(expires), "PERMISSIONS": {}, "REPOSITORY_SELECTION": "all"}
        return Made(entity, {"TOKEN": f"ghs_{token[:36]}", **about})
    return Made(entity, {"TOKEN": token})


def new_text(draft: Draft, length: int, letters: str = ALPHANUMERIC) -> str:
    """Draw a text of these letters."""
    return "".join(letters[byte % len(letters)] for byte in draft.random_bytes(length))


def new_username(call: Call, secret: Row, caller: str) -> str:
    """Draw a username, and put it where the dynamic secret's template says."""
    drawn = new_text(call.draft, 32)
    known = {
        "randomUsername": drawn.upper() if secret["inputs"].get("client") == "oracledb" else drawn,
        "unixTimestamp": str(int(call.now)),
        "identity.name": caller,
        "dynamicSecret.name": secret["name"],
        "dynamicSecret.type": secret["type"],
    }
    template = secret["usernameTemplate"] or "{{randomUsername}}"
    return re.sub(r"\{\{\s*([\w.]+)\s*\}\}", lambda found: known.get(found[1], ""), template)


def new_password(draft: Draft, inputs: Row) -> str:
    """Draw a password with as many letters of each kind as the inputs ask for."""
    asked = inputs.get("passwordRequirements") or PASSWORD
    letters = {**LETTERS, "symbols": asked.get("allowedSymbols") or LETTERS["symbols"]}
    required = {kind: int(count) for kind, count in asked["required"].items()}
    length = int(30 if asked is PASSWORD and inputs.get("client") == "oracledb" else asked["length"])
    drawn = "".join(new_text(draft, count, letters[kind]) for kind, count in required.items() if count)
    allowed = "".join(letters[kind] for kind, count in required.items() if count) or ALPHANUMERIC
    return drawn + new_text(draft, length - len(drawn), allowed)


def one_time_password(inputs: Mapping[str, Any], now: float) -> str:
    """Return the code of RFC 6238 for this time."""
    said = dict(parse_qsl(urlsplit(inputs["url"]).query)) if inputs["configType"] == "url" else inputs
    secret = re.sub(r"[\s=]", "", str(said["secret"])).upper()
    try:
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        moment = int(now // int(said.get("period") or 30))
        digits = int(said.get("digits") or 6)
        code = hmac.digest(key, moment.to_bytes(8, "big"), str(said.get("algorithm") or "sha1").lower())
    except (ValueError, ArithmeticError):
        raise bad_request("The secret, period, digits or algorithm of this TOTP cannot be used") from None
    start = code[-1] & 15
    return str((int.from_bytes(code[start : start + 4], "big") & 0x7FFFFFFF) % 10**digits).zfill(digits)
