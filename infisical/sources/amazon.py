"""AWS: a signed request (GetCallerIdentity of STS), by which Infisical's server asks AWS who signed it.

The request is signed here and sent by the server. amazon_credentials.py finds the keys, amazon_signing.py signs.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Final

from returns.result import Failure

from infisical.answer import Answer
from infisical.errors import AuthenticationError
from infisical.flow import Flow, call
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import AwsAuth
from infisical.request import HttpRequest
from infisical.sources.amazon_credentials import find_keys, find_region, read_given, read_region
from infisical.sources.amazon_instance import InstanceMetadata
from infisical.sources.amazon_signing import AwsKeys, Scope, sign_request
from infisical.sources.amazon_sts import FORM_TYPE, SERVICE_VERSION, get_host
from infisical.sources.arguments import check_optional_text, check_text
from infisical.sources.library_errors import explain_exception
from infisical.sources.platform import THIS_MACHINE, Platform, make_login
from infisical.transport import AsyncExecutor, Executor

BODY: Final = f"Action=GetCallerIdentity&Version={SERVICE_VERSION}".encode()


@dataclass(frozen=True, slots=True)
class AwsSource:
    """Signs a new request for each login."""

    identity_id: str
    region: str | None
    credentials: Any = field(repr=False, hash=False)
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        metadata = InstanceMetadata(self.platform)
        configured = read_region(self.platform, self.region)
        if isinstance(configured, Failure):
            return configured
        region = None if configured is None else configured.unwrap()
        if self.credentials is None:
            issued = yield from find_keys(self.platform, metadata, region)
        else:
            issued = yield from read_given(self.credentials)
        if isinstance(issued, Failure):
            return issued
        place = yield from find_region(self.platform, metadata, region)
        if isinstance(place, Failure):
            return place
        now = yield from call(self.platform.clock)
        if isinstance(now, Failure):
            return Failure(explain_exception("the clock", now.failure()))
        mistake = issued.unwrap().find_mistake(now.unwrap())
        if mistake is not None:
            return Failure(AuthenticationError(mistake))
        keys, scope = issued.unwrap().keys, Scope(place.unwrap(), "sts", now.unwrap())
        return make_login(lambda: make_aws_login(self.identity_id, keys, scope, self.organization_slug))


def aws(
    identity_id: str,
    region: str | None = None,
    credentials: object = None,
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
    executor: Executor | AsyncExecutor | None = None,
) -> LoginSource:
    """Log in as the AWS principal of this machine: an EC2 instance, a container, a function or a user.

    The credentials are those of AWS's own order: the environment (`AWS_ACCESS_KEY_ID`), a web identity
    (`AWS_WEB_IDENTITY_TOKEN_FILE`), the container (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, `..._FULL_URI`), the
    instance metadata (version 2 only). For profiles, SSO and the rest, `credentials` takes an object of botocore, such
    as `boto3.Session().get_credentials()`, a tuple (access key id, secret access key, session token or None), or a
    function that returns one of them; it is called for each login and may block.

    `region` chooses the endpoint of STS; by default `AWS_REGION`, `AWS_DEFAULT_REGION`, or the region of the instance.
    Regions of GovCloud work. For the regions of China (`cn-*`) the request is signed correctly, but today's Infisical
    server sends it to `sts.<region>.amazonaws.com`, which does not exist there.

    Missing, incomplete or expired credentials and a refusal by AWS are an `AuthenticationError`. A metadata service
    that does not answer is an `InfisicalNetworkError`. `executor` sends all requests, instead of the client's executor
    (STS) and direct connections (metadata). ValueError if `identity_id` or `region` is no text, or is empty.
    """
    check_text("identity_id", identity_id)
    check_optional_text("region", region)
    return AwsSource(identity_id, region, credentials, organization_slug, platform.with_executor(executor))


def make_aws_login(identity_id: str, keys: AwsKeys, scope: Scope, organization_slug: str | None = None) -> AwsAuth:
    """Sign GetCallerIdentity, and make the login method of it."""
    host = get_host(scope.region)
    headers = (("Content-Type", FORM_TYPE), ("Host", host))
    signed = sign_request(HttpRequest("POST", f"https://{host}/", headers, BODY), keys, scope)
    return AwsAuth(
        identity_id,
        iam_request_body=base64.b64encode(BODY).decode(),
        iam_request_headers=base64.b64encode(json.dumps(dict(signed.headers)).encode()).decode(),
        organization_slug=organization_slug,
    )
