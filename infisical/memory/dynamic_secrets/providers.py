"""Providers of dynamic secrets: the inputs of each type and the credentials that it makes.

No provider is called: credentials are drawn from the state, and only those of TOTP are usable. The rows are in
store.py.
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
ALPHANUMERIC_LETTERS: Final = LETTERS["digits"] + LETTERS["uppercase"] + LETTERS["lowercase"]
DEFAULT_REQUIREMENTS: Final[Mapping[str, Any]] = {
    "length": 48,
    "required": {"lowercase": 1, "uppercase": 1, "digits": 1, "symbols": 0},
}


# ---- the fields of inputs
TEXT_FIELD: Final = string()
NAME_FIELD: Final = string(least=1)
PEM_FIELD: Final = string(trim=False).optional()
PRIVATE_KEY_FIELD: Final = string(
    least=1,
    matches=r"-----BEGIN(?: RSA| PGP| ENCRYPTED)? PRIVATE KEY-----.*-----END(?: RSA| PGP| ENCRYPTED)? PRIVATE KEY-----",
    message="Invalid PEM format for private key",
)
COUNT_FIELD: Final = number(least=0)
REQUIREMENTS_FIELD: Final = (
    obj(
        length=number(least=1, most=250),
        required=obj(lowercase=COUNT_FIELD, uppercase=COUNT_FIELD, digits=COUNT_FIELD, symbols=COUNT_FIELD),
        allowedSymbols=string(trim=False).optional(),
    )
    .where(
        lambda read: sum(read["required"].values()) <= read["length"],
        "Sum of required characters cannot exceed the total length",
    )
    .optional()
)


def make_lower_case_field() -> Field:
    """Make a field that reads text in lower case."""
    return Field(
        lambda value, path, issues: (
            value.strip().lower() if isinstance(value, str) else TEXT_FIELD.read(value, path, issues)
        )
    )


def make_variant_field(name: str, default: str | None = None, /, **kinds: Field) -> Field:
    """Make the field of an object with variants: the text of `name` selects the variant."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, dict):
            issues.append(build_type_issue("object", value, path))
            return value
        variant = value.get(name, default)
        kind = kinds.get(str(variant).replace("-", "_"))
        if kind is None:
            options = [option.replace("_", "-") for option in kinds]
            names = " | ".join(f"'{option}'" for option in options)
            issues.append(
                {
                    "code": "invalid_union_discriminator",
                    "options": options,
                    "path": [*path, name],
                    "message": f"Invalid discriminator value. Expected {names}",
                }
            )
            return value
        return {name: variant, **kind.check(value, path, issues)}

    return Field(check, expected="object")


LOGIN_FIELDS: Final = {"username": TEXT_FIELD, "password": TEXT_FIELD}
STATEMENT_FIELDS: Final = {"creationStatement": TEXT_FIELD, "revocationStatement": TEXT_FIELD}
RENEWAL_FIELDS: Final = {**STATEMENT_FIELDS, "renewStatement": TEXT_FIELD.optional()}
SERVER_FIELDS: Final = {"host": make_lower_case_field(), "port": number()}
GATEWAY_FIELDS: Final = {"gatewayId": string(trim=False).or_null().optional()}
AWS_FIELDS: Final = {
    "region": NAME_FIELD,
    "awsPath": TEXT_FIELD.optional(),
    "permissionBoundaryPolicyArn": TEXT_FIELD.optional(),
    "policyDocument": TEXT_FIELD.optional(),
    "userGroups": TEXT_FIELD.optional(),
    "policyArns": TEXT_FIELD.optional(),
    "tags": array(obj(key=NAME_FIELD, value=TEXT_FIELD.optional(""))).optional(),
}
LDAP_FIELDS: Final = {"url": NAME_FIELD, "binddn": NAME_FIELD, "bindpass": NAME_FIELD, "ca": PEM_FIELD}
CLUSTER_FIELDS: Final = {
    "url": TEXT_FIELD.optional(),
    "clusterToken": TEXT_FIELD.optional(),
    "ca": PEM_FIELD,
    "sslEnabled": boolean().optional(False),
    "namespace": NAME_FIELD,
    "gatewayId": TEXT_FIELD.optional(),
    "connectorId": TEXT_FIELD.optional(),
    "audiences": array(NAME_FIELD),
    "authMethod": choice("gateway", "api", "connector").optional("api"),
}
SQL_CLIENT_FIELD: Final = choice("postgres", "mysql2", "oracledb", "mssql", "sap-ase", "vertica")

INPUT_FIELDS: Final[Mapping[str, Field]] = {
    "sql-database": obj(
        client=SQL_CLIENT_FIELD,
        **SERVER_FIELDS,
        database=TEXT_FIELD,
        **LOGIN_FIELDS,
        passwordRequirements=REQUIREMENTS_FIELD,
        **RENEWAL_FIELDS,
        ca=PEM_FIELD,
        **GATEWAY_FIELDS,
    ),
    "azure-sql-database": record(anything()),
    "cassandra": obj(
        localDataCenter=NAME_FIELD,
        keyspace=TEXT_FIELD.optional(),
        ca=PEM_FIELD,
        **SERVER_FIELDS,
        **LOGIN_FIELDS,
        **RENEWAL_FIELDS,
    ),
    "sap-ase": obj(database=TEXT_FIELD, **SERVER_FIELDS, **LOGIN_FIELDS, **STATEMENT_FIELDS),
    "aws-iam": make_variant_field(
        "method",
        "access-key",
        access_key=obj(accessKey=NAME_FIELD, secretAccessKey=NAME_FIELD, **AWS_FIELDS),
        assume_role=obj(roleArn=string(least=1), **AWS_FIELDS),
        irsa=obj(**AWS_FIELDS),
    ),
    "redis": obj(username=TEXT_FIELD, password=TEXT_FIELD.optional(), ca=PEM_FIELD, **SERVER_FIELDS, **RENEWAL_FIELDS),
    "sap-hana": obj(ca=PEM_FIELD, **SERVER_FIELDS, **LOGIN_FIELDS, **RENEWAL_FIELDS),
    "aws-elasticache": obj(
        clusterName=NAME_FIELD,
        accessKeyId=NAME_FIELD,
        secretAccessKey=NAME_FIELD,
        region=TEXT_FIELD,
        ca=PEM_FIELD,
        **STATEMENT_FIELDS,
    ),
    "mongo-db-atlas": obj(
        adminPublicKey=NAME_FIELD,
        adminPrivateKey=NAME_FIELD,
        groupId=NAME_FIELD,
        roles=array(obj(collectionName=TEXT_FIELD.optional(), databaseName=NAME_FIELD, roleName=NAME_FIELD), least=1),
        scopes=array(obj(name=NAME_FIELD, type=NAME_FIELD)),
    ),
    "elastic-search": obj(
        host=NAME_FIELD,
        port=number(),
        roles=array(NAME_FIELD, least=1),
        auth=make_variant_field("type", user=obj(**LOGIN_FIELDS), api_key=obj(apiKey=TEXT_FIELD, apiKeyId=TEXT_FIELD)),
        ca=PEM_FIELD,
    ),
    "mongo-db": obj(
        host=make_lower_case_field(),
        port=number().optional(),
        username=NAME_FIELD,
        password=NAME_FIELD,
        database=NAME_FIELD,
        ca=string(least=1).optional(),
        roles=array(TEXT_FIELD, least=1),
    ),
    "rabbit-mq": obj(
        host=NAME_FIELD,
        port=number(),
        tags=array(TEXT_FIELD).optional(()),
        username=NAME_FIELD,
        password=NAME_FIELD,
        ca=PEM_FIELD,
        virtualHost=obj(name=NAME_FIELD, permissions=obj(read=NAME_FIELD, write=NAME_FIELD, configure=NAME_FIELD)),
    ),
    "azure-entra-id": obj(
        tenantId=NAME_FIELD, userId=NAME_FIELD, email=NAME_FIELD, applicationId=NAME_FIELD, clientSecret=NAME_FIELD
    ),
    "ldap": make_variant_field(
        "credentialType",
        "dynamic",
        dynamic=obj(
            creationLdif=NAME_FIELD, revocationLdif=NAME_FIELD, rollbackLdif=TEXT_FIELD.optional(), **LDAP_FIELDS
        ),
        static=obj(rotationLdif=NAME_FIELD, **LDAP_FIELDS),
    ),
    "snowflake": obj(
        accountId=NAME_FIELD,
        orgId=NAME_FIELD,
        username=NAME_FIELD,
        password=NAME_FIELD,
        creationStatement=NAME_FIELD,
        revocationStatement=NAME_FIELD,
        renewStatement=TEXT_FIELD.optional(),
    ),
    "totp": make_variant_field(
        "configType",
        url=obj(
            url=NAME_FIELD.where(
                lambda url: "secret" in dict(parse_qsl(urlsplit(url).query)), "OTP URL must contain secret field"
            )
        ),
        manual=obj(
            secret=NAME_FIELD,
            period=number().optional(),
            algorithm=choice("sha1", "sha256", "sha512").optional(),
            digits=number().optional(),
        ),
    ),
    "kubernetes": make_variant_field(
        "credentialType",
        static=obj(serviceAccountName=NAME_FIELD, **CLUSTER_FIELDS),
        dynamic=obj(roleType=choice("cluster-role", "role"), role=NAME_FIELD, **CLUSTER_FIELDS),
    ),
    "vertica": obj(
        database=TEXT_FIELD,
        passwordRequirements=REQUIREMENTS_FIELD,
        **SERVER_FIELDS,
        **LOGIN_FIELDS,
        **STATEMENT_FIELDS,
        **GATEWAY_FIELDS,
    ),
    "gcp-iam": obj(serviceAccountEmail=email()),
    "github": obj(appId=number(least=1), installationId=number(least=1), privateKey=PRIVATE_KEY_FIELD),
    "couchbase": obj(
        url=NAME_FIELD,
        orgId=NAME_FIELD,
        projectId=NAME_FIELD,
        clusterId=NAME_FIELD,
        roles=array(NAME_FIELD, least=1),
        buckets=either(NAME_FIELD, array(obj(name=NAME_FIELD, scopes=array(anything()).optional()))).optional("*"),
        passwordRequirements=REQUIREMENTS_FIELD,
        auth=obj(apiKey=NAME_FIELD),
    ),
}


OLD_KINDS: Final = (
    "sql-database",
    "cassandra",
    "aws-iam",
    "redis",
    "aws-elasticache",
    "mongo-db-atlas",
    "elastic-search",
    "mongo-db",
    "rabbit-mq",
    "azure-entra-id",
    "ldap",
)
"""The types of October 2024, in its order."""


def make_provider_field(*, old: bool = False) -> Field:
    """Make the field of a provider: a type and the inputs of that type; `old` for the types of October 2024."""
    kinds = OLD_KINDS if old else tuple(INPUT_FIELDS)
    return make_variant_field(
        "type", None, **{kind.replace("-", "_"): obj(inputs=INPUT_FIELDS[kind]) for kind in kinds}
    )


def check_inputs(call: Call, kind: str, inputs: Mapping[str, Any]) -> Any:
    """Return inputs as their provider reads them; refuse invalid ones."""
    issues: Issues = []
    fields = INPUT_FIELDS[kind].read(inputs, (), issues)
    if issues:
        raise Refusal(401 if call.is_2024 else 422, "ValidationFailure", issues)
    return {name: value for name, value in fields.items() if value is not ABSENT_MARK}


# ---- credentials
class LeaseCredentials(NamedTuple):
    """Credentials: the provider's id of them, and the data for the caller."""

    entity_id: str
    data: dict[str, Any]


DATABASES: Final = frozenset(INPUT_FIELDS) - {
    "aws-iam",
    "azure-entra-id",
    "ldap",
    "totp",
    "kubernetes",
    "gcp-iam",
    "github",
    "couchbase",
}
"""The types that make a database user with a password."""
RENEWAL_MESSAGES: Final = {
    "totp": "Lease renewal is not supported for TOTPs",
    "github": "Github dynamic secret does not support renewal",
}


def make_credentials(call: Call, secret: Row, expires: float, caller: str) -> LeaseCredentials:
    """Make the credentials of a lease; `caller` is the caller's name for username templates."""
    kind, inputs = secret["type"], secret["inputs"]
    username, password = draw_username(call, secret, caller), draw_password(call.draft, inputs)
    if kind in DATABASES:
        return LeaseCredentials(username, {"DB_USERNAME": username, "DB_PASSWORD": password})
    if kind == "aws-iam":
        key = "AKIA" + draw_text(call.draft, 16, LETTERS["uppercase"] + "234567")
        secret_key = draw_text(call.draft, 40, ALPHANUMERIC_LETTERS + "+/")
        return LeaseCredentials(username, {"ACCESS_KEY": key, "SECRET_ACCESS_KEY": secret_key, "USERNAME": username})
    if kind == "azure-entra-id":
        return LeaseCredentials(inputs["userId"], {"email": inputs["email"], "password": password})
    if kind == "ldap":
        names = re.findall(r"^dn:\s*(.+)$", inputs.get("creationLdif") or inputs["rotationLdif"], re.MULTILINE)
        places = [re.sub(r"\{\{\s*Username\s*\}\}", username, name.strip()) for name in names]
        return LeaseCredentials(username, {"DN_ARRAY": places, "USERNAME": username, "PASSWORD": password})
    if kind == "couchbase":
        return LeaseCredentials(call.draft.new_id(), {"username": username, "password": password})
    entity, token = draw_text(call.draft, 32), draw_text(call.draft, 64)
    if kind == "totp":
        return LeaseCredentials(entity, {"TOTP": compute_totp(inputs, call.now)})
    if kind == "gcp-iam":
        return LeaseCredentials(
            entity, {"SERVICE_ACCOUNT_EMAIL": inputs["serviceAccountEmail"], "TOKEN": f"ya29.{token}"}
        )
    if kind == "github":
        about = {"EXPIRES_AT": format_time(expires), "PERMISSIONS": {}, "REPOSITORY_SELECTION": "all"}
        return LeaseCredentials(entity, {"TOKEN": f"ghs_{token[:36]}", **about})
    return LeaseCredentials(entity, {"TOKEN": token})


def draw_text(draft: Draft, length: int, letters: str = ALPHANUMERIC_LETTERS) -> str:
    """Draw text from these letters."""
    return "".join(letters[byte % len(letters)] for byte in draft.random_bytes(length))


def draw_username(call: Call, secret: Row, caller: str) -> str:
    """Draw a username and fill the dynamic secret's template with it."""
    username = draw_text(call.draft, 32)
    placeholders = {
        "randomUsername": username.upper() if secret["inputs"].get("client") == "oracledb" else username,
        "unixTimestamp": str(int(call.now)),
        "identity.name": caller,
        "dynamicSecret.name": secret["name"],
        "dynamicSecret.type": secret["type"],
    }
    template = secret["usernameTemplate"] or "{{randomUsername}}"
    return re.sub(r"\{\{\s*([\w.]+)\s*\}\}", lambda match: placeholders.get(match[1], ""), template)


def draw_password(draft: Draft, inputs: Row) -> str:
    """Draw a password with as many letters of each kind as the inputs require."""
    requirements = inputs.get("passwordRequirements") or DEFAULT_REQUIREMENTS
    letters = {**LETTERS, "symbols": requirements.get("allowedSymbols") or LETTERS["symbols"]}
    counts = {kind: int(count) for kind, count in requirements["required"].items()}
    length = int(
        30 if requirements is DEFAULT_REQUIREMENTS and inputs.get("client") == "oracledb" else requirements["length"]
    )
    characters = "".join(draw_text(draft, count, letters[kind]) for kind, count in counts.items() if count)
    alphabet = "".join(letters[kind] for kind, count in counts.items() if count) or ALPHANUMERIC_LETTERS
    return characters + draw_text(draft, length - len(characters), alphabet)


def compute_totp(inputs: Mapping[str, Any], now: float) -> str:
    """Compute the code of RFC 6238 for a time in seconds since the epoch."""
    variant = dict(parse_qsl(urlsplit(inputs["url"]).query)) if inputs["configType"] == "url" else inputs
    secret = re.sub(r"[\s=]", "", str(variant["secret"])).upper()
    try:
        key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        step = int(now // int(variant.get("period") or 30))
        digits = int(variant.get("digits") or 6)
        code = hmac.digest(key, step.to_bytes(8, "big"), str(variant.get("algorithm") or "sha1").lower())
    except (ValueError, ArithmeticError):
        raise bad_request("The secret, period, digits or algorithm of this TOTP cannot be used") from None
    offset = code[-1] & 15
    return str((int.from_bytes(code[offset : offset + 4], "big") & 0x7FFFFFFF) % 10**digits).zfill(digits)
