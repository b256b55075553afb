"""AWS auth: a signed request to STS (`/api/v1/auth/aws-auth`)."""

from __future__ import annotations

from infisical.auth import OPEN
from infisical.decode import one
from infisical.endpoints.identity_auth import LoginResponse
from infisical.group import Group, R, endpoint
from infisical.request import Request, post


class Aws(Group[R]):
    """Log in as an IAM principal of AWS."""

    @endpoint
    @staticmethod
    def login(
        *,
        identity_id: str,
        iam_request_body: str,
        iam_request_headers: str,
        iam_http_request_method: str | None = None,
        sub_organization_name: str | None = None,
    ) -> Request[LoginResponse]:
        """Log in with a signed STS GetCallerIdentity request, which the server sends on.

        `iam_request_body` is the base64 of that request's body, `iam_request_headers` that of its headers as a JSON
        object, `iam_http_request_method` by default POST. The client does not keep the token: `client.login` does.
        Expect `UnauthorizedError` (not signed well, or not an allowed principal or account), `NotFoundError`.
        POST /api/v1/auth/aws-auth/login
        """
        body = {
            "identityId": identity_id,
            "iamRequestBody": iam_request_body,
            "iamRequestHeaders": iam_request_headers,
            "iamHttpRequestMethod": iam_http_request_method,
            "subOrganizationName": sub_organization_name,
        }
        return post("/api/v1/auth/aws-auth/login", body=body, returns=one(LoginResponse), auth=OPEN)
