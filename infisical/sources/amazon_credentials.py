"""AWS credentials in AWS's own order, or from an object that the application has. The requests are in other modules.

The order: environment variables, web identity, container, instance metadata. The first that is configured is used, and
its failure is the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import (
    AuthenticationError,
    DeadlineExceededError,
    InfisicalError,
    InfisicalNetworkError,
    with_hint,
)
from infisical.flow import Flow, call
from infisical.sources import amazon_container, amazon_sts
from infisical.sources.amazon_documents import IssuedKeys, make_keys, parse_expiration
from infisical.sources.amazon_instance import DISABLED_VARIABLE, InstanceMetadata
from infisical.sources.amazon_sts import check_region
from infisical.sources.library_errors import explain_exception
from infisical.sources.platform import Platform

KEY_VARIABLE: Final = "AWS_ACCESS_KEY_ID"
SECRET_VARIABLE: Final = "AWS_SECRET_ACCESS_KEY"
TOKEN_VARIABLE: Final = "AWS_SESSION_TOKEN"
EXPIRATION_VARIABLE: Final = "AWS_CREDENTIAL_EXPIRATION"
REGION_VARIABLES: Final = ("AWS_REGION", "AWS_DEFAULT_REGION")
ENVIRONMENT: Final = "the environment"
CREDENTIALS: Final = "credentials="
NO_KEYS_HINT: Final = (
    f"AWS credentials were looked for in {KEY_VARIABLE}, {amazon_sts.TOKEN_FILE_VARIABLE}, "
    f"{amazon_container.RELATIVE_VARIABLE} and {amazon_container.FULL_VARIABLE}"
)
NO_REGION_HINT: Final = f"the AWS region was looked for in region=, {' and '.join(REGION_VARIABLES)}"


# ---- the chain
def find_keys(platform: Platform, metadata: InstanceMetadata, region: str | None) -> Flow[Answer[IssuedKeys]]:
    """Find credentials in AWS's order."""
    keys = read_environment(platform)
    if keys is not None:
        return keys
    if platform.get_variable(amazon_sts.TOKEN_FILE_VARIABLE) is not None:
        return (yield from _find_web_identity_keys(platform, metadata, region))
    endpoint = amazon_container.find_endpoint(platform)
    if isinstance(endpoint, Failure):
        return endpoint
    if endpoint is not None:
        return (yield from amazon_container.find_container_keys(platform, endpoint.unwrap()))
    if metadata.is_disabled:
        return Failure(AuthenticationError(f"{NO_KEYS_HINT}; {DISABLED_VARIABLE} forbids the instance metadata"))
    issued = yield from metadata.find_keys()
    return Failure(_explain_search(issued.failure(), NO_KEYS_HINT)) if isinstance(issued, Failure) else issued


def read_environment(platform: Platform) -> Answer[IssuedKeys] | None:
    """Read the keys of the environment; None if it has no access key id, a failure without a secret."""
    names = (KEY_VARIABLE, SECRET_VARIABLE, TOKEN_VARIABLE)
    if platform.get_variable(KEY_VARIABLE) is None:
        return None
    keys = make_keys(ENVIRONMENT, **{name: platform.get_variable(name) for name in names})
    if isinstance(keys, Failure):
        return keys
    expiration = parse_expiration(platform.get_variable(EXPIRATION_VARIABLE))
    return Success(IssuedKeys(keys.unwrap(), ENVIRONMENT, expiration))


def _find_web_identity_keys(
    platform: Platform, metadata: InstanceMetadata, region: str | None
) -> Flow[Answer[IssuedKeys]]:
    role = platform.get_variable(amazon_sts.ROLE_VARIABLE)
    if role is None:
        message = f"{amazon_sts.TOKEN_FILE_VARIABLE} is set without {amazon_sts.ROLE_VARIABLE}: set the ARN of the role"
        return Failure(AuthenticationError(message))
    place = yield from find_region(platform, metadata, region)
    if isinstance(place, Failure):
        return place
    return (yield from amazon_sts.find_web_identity_keys(platform, place.unwrap(), role))


# ---- the region
def read_region(platform: Platform, region: str | None) -> Answer[str] | None:
    """Return the given region or that of the environment; None if there is neither, a failure if it is invalid."""
    if region is not None:
        return check_region(region, "region=")
    for name in REGION_VARIABLES:
        value = platform.get_variable(name)
        if value is not None:
            return check_region(value, name)
    return None


def find_region(platform: Platform, metadata: InstanceMetadata, region: str | None) -> Flow[Answer[str]]:
    """Return a region that is known already, or ask the instance metadata."""
    if region is not None:
        return Success(region)
    if metadata.is_disabled:
        return Failure(AuthenticationError(f"{NO_REGION_HINT}; {DISABLED_VARIABLE} forbids the instance metadata"))
    answer = yield from metadata.find_region()
    if isinstance(answer, Failure):
        return Failure(_explain_search(answer.failure(), NO_REGION_HINT))
    return check_region(answer.unwrap(), "the instance metadata")


# ---- credentials of the application
def read_given(credentials: Any) -> Flow[Answer[IssuedKeys]]:
    """Read credentials of an object of botocore, of a tuple, or of a function that returns one of them.

    Both the object and the function may refresh by HTTP.
    """
    if callable(credentials) and not hasattr(credentials, "get_frozen_credentials"):
        product = yield from call(credentials, blocks=True)
        if isinstance(product, Failure):
            return Failure(explain_exception("the function of credentials=", product.failure()))
        credentials = product.unwrap()
        del product  # it may be a tuple with the keys
    freeze: Callable[[], Any] | None = getattr(credentials, "get_frozen_credentials", None)
    if callable(freeze):
        frozen = yield from call(freeze, blocks=True)
        if isinstance(frozen, Failure):
            return Failure(explain_exception("get_frozen_credentials of credentials=", frozen.failure()))
        credentials = frozen.unwrap()
    return _make_given_keys(credentials)


def _make_given_keys(credentials: Any) -> Answer[IssuedKeys]:
    if credentials is None:
        return Failure(AuthenticationError("the function of credentials= returned None: it found no AWS credentials"))
    if isinstance(credentials, tuple) and not hasattr(credentials, "access_key"):
        values = dict(zip(("access_key", "secret_key", "token"), (*credentials, None), strict=False))
        is_complete = len(credentials) in (2, 3)
    else:
        values = {name: getattr(credentials, name, None) for name in ("access_key", "secret_key", "token")}
        is_complete = hasattr(credentials, "access_key") and hasattr(credentials, "secret_key")
    if not is_complete:
        form = "an object of botocore (session.get_credentials()), or a tuple (access key id, secret key, token)"
        return Failure(AuthenticationError(f"credentials= takes {form}, not {type(credentials).__name__}"))
    keys = make_keys(CREDENTIALS, **values)
    return keys if isinstance(keys, Failure) else Success(IssuedKeys(keys.unwrap(), CREDENTIALS))


def _explain_search(error: InfisicalError, hint: str) -> InfisicalError:
    """Add to a failure of the metadata service where else was looked; a deadline stays as it is."""
    is_deadline = isinstance(error, DeadlineExceededError)
    is_explained = isinstance(error, (AuthenticationError, InfisicalNetworkError)) and not is_deadline
    return with_hint(error, hint) if is_explained else error
