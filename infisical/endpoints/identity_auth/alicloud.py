"""Alibaba Cloud auth: a signed query to STS (`/api/v1/auth/alicloud-auth`)."""

from __future__ import annotations

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post


class AliCloud(Group[R]):
    """Log in as a user or role of Alibaba Cloud."""

    @endpoint
    @staticmethod
    def login(
        *,
        identity_id: str,
        version: str,
        access_key_id: str,
        timestamp: str,
        signature_nonce: str,
        signature: str,
        sub_organization_name: str | None = None,
    ) -> Request[LoginResponse]:
        """Log in with a signed STS GetCallerIdentity query, which the server sends on; `AliCloudAuth` signs one.

        `version` is the API's (`2015-04-01`), `timestamp` is in UTC (`2026-01-31T12:00:00Z`), `signature_nonce` a text
        never used before, `signature` base64. Everything in the body but the identity and the sub-organization is
        signed, as a GET in the RPC style. The client does not keep the token: `client.login` does.
        Expect `UnauthorizedError` (not signed well, or not an allowed ARN), `ValidationError`, `NotFoundError`
        (`route_missing` on servers of 2024).
        POST /api/v1/auth/alicloud-auth/login
        """
        body = {
            "identityId": identity_id,
            "Action": "GetCallerIdentity",
            "Format": "JSON",
            "Version": version,
            "AccessKeyId": access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "Timestamp": timestamp,
            "SignatureVersion": "1.0",
            "SignatureNonce": signature_nonce,
            "Signature": signature,
            "subOrganizationName": sub_organization_name,
        }
        return post("/api/v1/auth/alicloud-auth/login", body=body, returns=one(LoginResponse), auth=OPEN)
