"""Login methods: the table of the ten methods that use credentials of other platforms.

A row has the settings, the body of the login and the server's refusals. fields.py builds the rows, settings.py stores
the settings, logins.py has the logins. Universal auth and token auth are in universal.py and token.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from infisical.memory.call import Call
from infisical.memory.identity_auth import aws
from infisical.memory.identity_auth.fields import (
    JWT_LOGIN_BODY,
    Login,
    build_changes_body,
    build_list_field,
    build_login_body,
    build_method,
    build_settings_body,
    build_url_field,
    describe_missing_method,
    is_ldap_filter,
    make_optional,
)
from infisical.memory.identity_auth.settings import (
    LOCKOUT_COLUMNS,
    build_lifetime_changes,
    build_lifetime_fields,
    build_lockout_changes,
    build_lockout_fields,
)
from infisical.memory.refusals import bad_request, forbidden, unauthorized
from infisical.memory.validation import (
    Field,
    Issues,
    Path,
    array,
    build_issue,
    build_type_issue,
    choice,
    either,
    guid,
    obj,
    record,
    string,
)

CERTIFICATE_HEADER: Final = "x-identity-tls-cert-auth-client-cert"

# ---- AWS
ARN_FIELD: Final = build_list_field(
    most=4096,
    each=r"arn:aws[a-z-]*:(iam|sts)::(\d{12}|\*):\S+",
    message="Each ARN must be in the format arn:aws:iam::123456789012:user/MyUserName, or with * for any",
)
ACCOUNTS_FIELD: Final = build_list_field(most=4096, each=r"\d{12}", message="Each account ID must be a 12-digit number")
AWS_FIELDS: Final = {"allowedPrincipalArns": ARN_FIELD.optional(""), "allowedAccountIds": ACCOUNTS_FIELD.optional("")}
AWS: Final = Login(
    method=build_method(
        "aws-auth",
        "identityAwsAuth",
        "AWS Auth",
        columns=("type", "stsEndpoint", "allowedPrincipalArns", "allowedAccountIds"),
        attach=build_settings_body(
            {"stsEndpoint": string(least=1).optional("https://sts.amazonaws.com/"), **AWS_FIELDS}, least_max=1
        ),
        update=build_changes_body({"stsEndpoint": string(least=1).optional(), **AWS_FIELDS}),
        update_status=404,
        extra_columns=lambda call: {"type": "iam"},
    ),
    body=build_login_body(
        identityId=string(),
        iamHttpRequestMethod=string().optional("POST"),
        iamRequestBody=string(),
        iamRequestHeaders=string(),
    ),
    missing_message=describe_missing_method("AWS"),
    build_refusal=lambda: unauthorized("Access denied: AWS account ID not allowed."),
    verify=aws.verify_login,
)

# ---- Google
GCP_FIELDS: Final = {
    "allowedServiceAccounts": build_list_field(),
    "allowedProjects": build_list_field(),
    "allowedZones": build_list_field(),
}
GCP: Final = Login(
    method=build_method(
        "gcp-auth",
        "identityGcpAuth",
        "GCP Auth",
        columns=("type", *GCP_FIELDS),
        attach=build_settings_body(
            {"type": choice("iam", "gce"), **{name: kind.optional("") for name, kind in GCP_FIELDS.items()}}
        ),
        update=build_changes_body(make_optional({"type": choice("iam", "gce"), **GCP_FIELDS})),
    ),
    body=JWT_LOGIN_BODY,
    missing_message=describe_missing_method("GCP"),
    build_refusal=lambda: unauthorized("Access denied: GCP service account not allowed."),
)

# ---- Azure
AZURE_FIELDS: Final = {"tenantId": string(), "resource": string()}
AZURE: Final = Login(
    method=build_method(
        "azure-auth",
        "identityAzureAuth",
        "Azure Auth",
        columns=(*AZURE_FIELDS, "allowedServicePrincipalIds"),
        attach=build_settings_body({**AZURE_FIELDS, "allowedServicePrincipalIds": build_list_field().optional("")}),
        update=build_changes_body(make_optional({**AZURE_FIELDS, "allowedServicePrincipalIds": build_list_field()})),
    ),
    body=JWT_LOGIN_BODY,
    missing_message="Azure auth method not found for identity, did you configure Azure Auth?",
    build_refusal=lambda: unauthorized("Service principal not allowed"),
)

# ---- Kubernetes
HOST_MESSAGE: Final = "When token review mode is set to API, a Kubernetes host must be provided"
GATEWAY_MESSAGE: Final = "When token review mode is set to Gateway, a gateway must be selected"
KUBERNETES_FIELDS: Final = {"allowedNamespaces": string(), "allowedNames": string(), "allowedAudience": string()}


def require_reviewer(settings: Field, *, changing: bool = False) -> Field:
    """Return a body that must have the host or gateway of its tokenReviewMode; an update only if it sets the mode."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        count = len(issues)
        value = settings.check(value, path, issues)
        if len(issues) > count:
            return value
        mode = value.get("tokenReviewMode")
        if mode == "api" and value.get("kubernetesHost") is None and not (changing and "kubernetesHost" not in value):
            issues.append(build_issue(HOST_MESSAGE, (*path, "kubernetesHost")))
        if mode == "gateway" and value.get("gatewayId") is None:
            issues.append(build_issue(GATEWAY_MESSAGE, (*path, "gatewayId")))
        return value

    return replace(settings, check=check)


KUBERNETES: Final = Login(
    method=build_method(
        "kubernetes-auth",
        "identityKubernetesAuth",
        "Kubernetes Auth",
        columns=("tokenReviewMode", "kubernetesHost", *KUBERNETES_FIELDS, "gatewayId", "caCert", "tokenReviewerJwt"),
        attach=require_reviewer(
            build_settings_body(
                {
                    "kubernetesHost": string(least=1).or_null(),
                    "caCert": string().optional(""),
                    "tokenReviewerJwt": string().optional(""),
                    "tokenReviewMode": choice("api", "gateway").optional("api"),
                    **KUBERNETES_FIELDS,
                    "gatewayId": guid().or_null().optional(None),
                }
            )
        ),
        update=require_reviewer(
            build_changes_body(
                {
                    "kubernetesHost": string(least=1).or_null().optional(),
                    "caCert": string().optional(),
                    "tokenReviewerJwt": string().or_null().optional(),
                    "tokenReviewMode": choice("api", "gateway").optional(),
                    **make_optional(KUBERNETES_FIELDS),
                    "gatewayId": guid().or_null().optional(),
                }
            ),
            changing=True,
        ),
    ),
    body=JWT_LOGIN_BODY,
    missing_message=describe_missing_method("Kubernetes"),
    build_refusal=lambda: unauthorized("Access denied: K8s namespace not allowed."),
)

# ---- OpenID Connect
CLAIMS_FIELD: Final = record(build_list_field())
OIDC_DEFAULTS: Final = {
    "caCert": string().optional(""),
    "boundAudiences": build_list_field().optional(""),
    "boundSubject": string().optional(""),
}
"""Fields with an empty default in updates too."""
OIDC_FIELDS: Final = {
    "oidcDiscoveryUrl": build_url_field(),
    "boundIssuer": string(least=1),
    "boundClaims": CLAIMS_FIELD,
}
OIDC: Final = Login(
    method=build_method(
        "oidc-auth",
        "identityOidcAuth",
        "OIDC Auth",
        columns=(
            "oidcDiscoveryUrl",
            "boundIssuer",
            "boundAudiences",
            "boundClaims",
            "claimMetadataMapping",
            "boundSubject",
            "caCert",
        ),
        attach=build_settings_body(
            {**OIDC_FIELDS, **OIDC_DEFAULTS, "claimMetadataMapping": record(string()).optional(None)}
        ),
        update=build_changes_body(
            {**make_optional(OIDC_FIELDS), **OIDC_DEFAULTS, "claimMetadataMapping": record(string()).optional()}
        ),
    ),
    body=JWT_LOGIN_BODY,
    missing_message=describe_missing_method("OIDC"),
    build_refusal=lambda: forbidden("Access denied: OIDC subject not allowed."),
)

# ---- JWTs
BOUND_FIELDS: Final = {
    "boundIssuer": string().optional(""),
    "boundAudiences": build_list_field().optional(""),
    "boundSubject": string().optional(""),
}


def build_jwt_body(**shared: Field) -> Field:
    """Build a body of one of two forms, which `configurationType` distinguishes."""
    forms = {
        "jwks": obj(
            configurationType=choice("jwks"),
            jwksUrl=build_url_field(),
            jwksCaCert=string().optional(""),
            publicKeys=array(string()).optional([]),
            **shared,
        ),
        "static": obj(
            configurationType=choice("static"),
            jwksUrl=string().optional(""),
            jwksCaCert=string().optional(""),
            publicKeys=array(string(least=1), least=1),
            **shared,
        ),
    }

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, dict):
            issues.append(build_type_issue("object", value, path))
            return value
        kind = value.get("configurationType")
        if not isinstance(kind, str) or kind not in forms:
            issues.append(
                {
                    "code": "invalid_union_discriminator",
                    "options": list(forms),
                    "path": [*path, "configurationType"],
                    "message": "Invalid discriminator value. Expected 'jwks' | 'static'",
                }
            )
            return value
        return forms[kind].check(value, path, issues)

    return Field(check, expected="object")


JWT: Final = Login(
    method=build_method(
        "jwt-auth",
        "identityJwtAuth",
        "JWT Auth",
        columns=(
            "configurationType",
            "jwksUrl",
            "jwksCaCert",
            "publicKeys",
            "boundIssuer",
            "boundAudiences",
            "boundClaims",
            "boundSubject",
        ),
        attach=build_jwt_body(boundClaims=CLAIMS_FIELD, **BOUND_FIELDS, **build_lifetime_fields()),
        update=build_jwt_body(boundClaims=CLAIMS_FIELD.optional(), **BOUND_FIELDS, **build_lifetime_changes()),
        generation="current",
    ),
    body=JWT_LOGIN_BODY,
    missing_message=describe_missing_method("JWT"),
    build_refusal=lambda: unauthorized(
        "Access denied: JWT verification failed with all keys. Errors - invalid signature"
    ),
)

# ---- LDAP
FILTER_FIELD: Final = string(least=1).where(is_ldap_filter, "Invalid LDAP search filter")
ALLOWED_FIELDS: Final = array(obj(key=string(), value=string()))
DIRECTORY_FIELDS: Final = {"url": string(), "bindDN": string(), "bindPass": string(), "searchBase": string()}
LDAP_OPTIONS: Final = {
    "searchFilter": FILTER_FIELD.optional("(uid={{username}})"),
    "allowedFields": ALLOWED_FIELDS.optional(None),
    "ldapCaCertificate": string().optional(),
    **build_lockout_fields(),
}


def refuse_template(call: Call) -> Mapping[str, Any]:
    """Refuse settings that name a template instead of a directory: the memory has no templates."""
    if "url" not in call.body:
        raise bad_request("Invalid request. Missing bind DN, bind pass, search base, or URL.")
    return {"templateId": None}


LDAP: Final = Login(
    method=build_method(
        "ldap-auth",
        "identityLdapAuth",
        "LDAP Auth",
        columns=("url", "searchBase", "searchFilter", "allowedFields", "templateId", *LOCKOUT_COLUMNS),
        secrets=("bindDN", "bindPass", "ldapCaCertificate"),
        attach=either(
            build_settings_body({"templateId": string(), **LDAP_OPTIONS}, least_max=1),
            build_settings_body({**DIRECTORY_FIELDS, **LDAP_OPTIONS}, least_max=1),
        ),
        update=build_changes_body(
            {
                **make_optional(DIRECTORY_FIELDS),  # a templateId has no effect: the memory has no templates
                "searchFilter": FILTER_FIELD.optional(),
                "allowedFields": ALLOWED_FIELDS.optional(),
                **build_lockout_changes(),
            }
        ),
        update_status=404,
        extra_columns=refuse_template,
        generation="current",
    ),
    body=build_login_body(identityId=guid(), username=string(least=1), password=string(least=1)),
    missing_message="LDAP auth with ID '{}' not found",
    build_refusal=lambda: unauthorized("Invalid credentials", keep=True),
    counted_field="username",
)

# ---- TLS certificates
PEM_FIELD: Final = string(least=1, most=10240).where(
    lambda text: "-----BEGIN CERTIFICATE-----" in text, "Invalid CA certificate"
)
TLS_CERT: Final = Login(
    method=build_method(
        "tls-cert-auth",
        "identityTlsCertAuth",
        "TLS Certificate Auth",
        columns=("allowedCommonNames",),
        secrets=("caCertificate",),
        attach=build_settings_body(
            {"allowedCommonNames": build_list_field().or_null().optional(None), "caCertificate": PEM_FIELD},
            least_max=1,
        ),
        update=build_changes_body(
            {"allowedCommonNames": build_list_field().or_null().optional(), "caCertificate": PEM_FIELD.optional()}
        ),
        update_status=404,
        generation="current",
    ),
    body=build_login_body(identityId=string()),
    missing_message=describe_missing_method("TLS Certificate"),
    build_refusal=lambda: unauthorized("Access denied: Certificate not issued by the provided CA."),
    header=CERTIFICATE_HEADER,
)

# ---- Oracle Cloud
OCI_FIELDS: Final = {
    "tenancyOcid": string(matches=r"ocid1\.tenancy\.oc1\..+", message="Invalid Tenancy OCID format."),
    "allowedUsernames": string(most=500).or_null().optional(None),
}
"""Fields of updates too: the tenancy is required, and omitted user names are cleared."""
OCI: Final = Login(
    method=build_method(
        "oci-auth",
        "identityOciAuth",
        "OCI Auth",
        columns=("type", *OCI_FIELDS),
        attach=build_settings_body(OCI_FIELDS, least_max=1),
        update=build_changes_body(OCI_FIELDS),
        update_status=404,
        extra_columns=lambda call: {"type": "iam"},
        generation="current",
    ),
    body=build_login_body(
        identityId=string(),
        userOcid=string(),
        headers=obj(
            {"x-date": string().optional()}, authorization=string(), host=string(), date=string().optional()
        ).where(lambda headers: "date" in headers or "x-date" in headers, "Either date or x-date must be provided"),
    ),
    missing_message=describe_missing_method("OCI"),
    build_refusal=lambda: unauthorized("Access denied: OCI account isn't part of tenancy."),
)

# ---- Alibaba Cloud
ALICLOUD_FIELDS: Final = {
    "allowedArns": string(most=500).where(
        lambda text: all(
            re.fullmatch(r"acs:ram::\d{16}:(user|role)/[A-Za-z0-9._-]+", part.strip()) for part in text.split(",")
        ),
        "Each ARN must be in the format acs:ram::1234567890123456:user/name, or role/name",
    )
}
ALICLOUD: Final = Login(
    method=build_method(
        "alicloud-auth",
        "identityAliCloudAuth",
        "Alibaba Cloud Auth",
        columns=("type", *ALICLOUD_FIELDS),
        attach=build_settings_body(ALICLOUD_FIELDS, least_max=1),
        update=build_changes_body(ALICLOUD_FIELDS),
        update_status=404,
        extra_columns=lambda call: {"type": "iam"},
        generation="current",
    ),
    body=build_login_body(
        identityId=string(),
        Action=choice("GetCallerIdentity"),
        Format=choice("JSON"),
        Version=string(matches=r"\d{4}-\d{2}-\d{2}", message="Version must be in YYYY-MM-DD format"),
        AccessKeyId=string(matches=r"[A-Za-z0-9]+", message="AccessKeyId must be alphanumeric"),
        SignatureMethod=choice("HMAC-SHA1"),
        Timestamp=string(matches=r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", message="Timestamp must be UTC"),
        SignatureVersion=choice("1.0"),
        SignatureNonce=string(matches=r"[A-Za-z0-9_.-]+", message="SignatureNonce has characters that are not allowed"),
        Signature=string(matches=r"[A-Za-z0-9+/]+=*", message="Signature must be base64"),
    ),
    missing_message=describe_missing_method("Alibaba Cloud"),
    build_refusal=lambda: unauthorized("Access denied: Alibaba Cloud account ARN not allowed."),
)

LOGINS: Final = (AWS, GCP, AZURE, KUBERNETES, OIDC, JWT, LDAP, TLS_CERT, OCI, ALICLOUD)
