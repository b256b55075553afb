"""`sources.aws`: both clients log in with the credentials of every place, and refuse clearly without them."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import botocore.session
import pytest
from botocore.credentials import Credentials, ReadOnlyCredentials
from returns.result import Failure, Success

from infisical import InfisicalClient, sources
from infisical.errors import AuthenticationError
from infisical.executors.scripted import ScriptedExecutor
from infisical.response import Response
from infisical.sources import Platform
from infisical.sources.answers import REDIRECT_REMEDY
from infisical.testing.platforms import FakeAmazon
from tests.sources.amazon_machine import (
    NOW,
    UNREACHABLE,
    Machine,
    answering,
    log_in,
    log_in_async,
    make_memory,
    unreachable,
)

FAKE = FakeAmazon()
KEYS = {"AWS_ACCESS_KEY_ID": FAKE.access_key_id, "AWS_SECRET_ACCESS_KEY": FAKE.secret_access_key}
REGION = {"AWS_REGION": "eu-central-1"}
ROLE = "arn:aws:iam::123456789012:role/app"
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": ROLE}
WEB_FILES = {"/token": "web.identity.token\n"}
IMDS = "http://169.254.169.254"
METADATA = [
    f"PUT {IMDS}/latest/api/token",
    f"GET {IMDS}/latest/meta-data/iam/security-credentials/",
    f"GET {IMDS}/latest/meta-data/iam/security-credentials/app",
]
NO_KEYS = (
    "AWS credentials were looked for in AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, "
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI"
)
SERVICE = "the AWS instance metadata service"


# ---- where credentials are
PLACES: dict[str, tuple[dict[str, str], dict[str, str], list[str]]] = {
    "environment": ({**KEYS, **REGION}, {}, []),
    "temporary keys": ({**KEYS, **REGION, "AWS_SESSION_TOKEN": "a-token"}, {}, []),
    "default region": ({**KEYS, "AWS_DEFAULT_REGION": "us-gov-west-1"}, {}, []),
    "web identity": ({**WEB, **REGION}, WEB_FILES, ["POST https://sts.eu-central-1.amazonaws.com/"]),
    "web identity without a region": (
        WEB,
        WEB_FILES,
        [
            METADATA[0],
            f"GET {IMDS}/latest/dynamic/instance-identity/document",
            "POST https://sts.eu-central-1.amazonaws.com/",
        ],
    ),
    "ECS": (
        {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1", **REGION},
        {},
        ["GET http://169.254.170.2/v2/credentials/1"],
    ),
    "EKS": (
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/creds", **REGION},
        {},
        ["GET http://169.254.170.23/creds"],
    ),
    "instance": ({}, {}, [*METADATA, f"GET {IMDS}/latest/dynamic/instance-identity/document"]),
    "instance with a region": (REGION, {}, METADATA),
    "instance by IPv6": (
        {**REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"},
        {},
        [one.replace("169.254.169.254", "[fd00:ec2::254]") for one in METADATA],
    ),
    "instance by another endpoint": (
        {**REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/"},
        {},
        [one.replace("169.254.169.254", "127.0.0.1:1338") for one in METADATA],
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_both_clients_log_in_with_the_credentials_of_every_place(place):
    environ, files, asked = PLACES[place]
    machine = Machine(environ, files)

    assert machine.log_in() == Success("token")
    assert machine.asked == [*asked, *asked]


ORDER = [
    {**KEYS},
    {**WEB},
    {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1"},
    {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/creds"},
]
FIRST_REQUESTS = [
    [],
    ["POST https://sts.eu-central-1.amazonaws.com/"],
    ["GET http://169.254.170.2/v2/credentials/1"],
    ["GET http://169.254.170.23/creds"],
]


@pytest.mark.parametrize("index", range(len(ORDER)))
def test_the_places_are_asked_in_awss_order(index):
    environ = dict(REGION)
    for one in ORDER[index:]:
        environ.update(one)
    machine = Machine(environ, WEB_FILES)
    machine.log_in()

    assert machine.asked[: len(machine.asked) // 2] == FIRST_REQUESTS[index]


def test_an_empty_variable_is_not_set():
    empty = dict.fromkeys([*KEYS, *WEB, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_REGION"], "")

    assert Machine(empty).log_in() == Success("token")


def test_each_login_asks_again():
    machine = Machine()
    memory, identity_id = make_memory(machine.fake)
    source = machine.source(identity_id)
    log_in(memory, source).unwrap()
    first = len(machine.fake.sent)
    log_in(memory, source).unwrap()

    assert (first, len(machine.fake.sent)) == (4, 8)


def test_a_role_has_any_name_and_is_the_first_line_of_the_list():
    machine = Machine(dict(REGION), fake=FakeAmazon(clock=lambda: NOW, role="team/role name+é"))

    def list_two(request: Any) -> Any:
        reply = machine.fake(request)
        if request.url.endswith("/security-credentials/"):
            return Success(Response(200, body="team/role name+é\r\nother\n".encode()))
        return reply

    memory, identity_id = make_memory(FakeAmazon())
    machine.executor = list_two
    log_in(memory, machine.source(identity_id)).unwrap()

    assert machine.asked[2] == METADATA[1] + "team%2Frole%20name%2B%C3%A9"


# ---- credentials that the application has
class Refreshing:
    """As botocore's refreshable credentials."""

    def __init__(self) -> None:
        self.refreshes = 0

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        self.refreshes += 1
        return ReadOnlyCredentials(FAKE.access_key_id, FAKE.secret_access_key, FAKE.session_token)


class AsyncRefreshing:
    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return ReadOnlyCredentials(FAKE.access_key_id, FAKE.secret_access_key, FAKE.session_token)


PAIR = (FAKE.access_key_id, FAKE.secret_access_key)


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials(*PAIR, FAKE.session_token),
        Credentials(*PAIR),
        ReadOnlyCredentials(*PAIR, None),
        Refreshing(),
        lambda: Credentials(*PAIR),
        lambda: Refreshing(),
        PAIR,
        lambda: (*PAIR, FAKE.session_token),
        lambda: (*PAIR, None),
    ],
)
def test_credentials_of_botocore_functions_and_tuples_log_in(credentials):
    machine = Machine(dict(REGION))

    assert machine.log_in(credentials=credentials) == Success("token")
    assert machine.asked == []


def test_a_session_of_botocore_refreshes_for_each_login():
    session, refreshing = botocore.session.Session(), Refreshing()
    session._credentials = refreshing
    Machine(dict(REGION)).log_in(credentials=session.get_credentials())

    assert refreshing.refreshes == 2


def test_async_credentials_serve_asyncio_and_are_refused_by_the_blocking_client():
    machine = Machine(dict(REGION))
    memory, identity_id = make_memory(machine.fake)
    source = machine.source(identity_id, credentials=AsyncRefreshing())

    assert isinstance(log_in_async(memory, source), Success)
    assert log_in(memory, source) == Failure(
        AuthenticationError(
            "get_frozen_credentials of credentials= failed: it is async, and this client is blocking: "
            "AsyncInfisicalClient takes it"
        )
    )


def fail() -> None:
    raise RuntimeError(FAKE.secret_access_key)


class Failing:
    get_frozen_credentials = staticmethod(fail)


FORM = "an object of botocore (session.get_credentials()), or a tuple (access key id, secret key, token)"


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        (lambda: None, "the function of credentials= returned None: it found no AWS credentials"),
        ("AKIDEXAMPLE", f"credentials= takes {FORM}, not str"),
        (botocore.session.Session(), f"credentials= takes {FORM}, not Session"),
        ((FAKE.access_key_id,), f"credentials= takes {FORM}, not tuple"),
        (Credentials("", "x"), "the AWS credentials from credentials= have no access_key"),
        (Credentials("AKID", None), "the AWS credentials from credentials= have no secret_key"),
        (
            Credentials("AKID/x, Credential=", "x"),
            "access_key of the AWS credentials from credentials= is invalid: it is no text, or has a character that is "
            "not allowed (a space or line break, for example)",
        ),
        (
            lambda: ("AKID", "secret", b"bytes"),
            "token of the AWS credentials from credentials= is invalid: it is no text, or has a character that is "
            "not allowed (a space or line break, for example)",
        ),
    ],
)
def test_other_credentials_are_refused(credentials, message):
    assert Machine(dict(REGION)).refusal(credentials=credentials) == ("AuthenticationError", message)


@pytest.mark.parametrize(
    ("credentials", "what"),
    [(fail, "the function"), (Failing(), "get_frozen_credentials"), (lambda: Failing(), "get_frozen_credentials")],
)
def test_credentials_that_raise_are_refused_without_the_text_of_the_exception(credentials, what):
    kind, message = Machine(dict(REGION)).refusal(credentials=credentials)

    assert (kind, message.rpartition(":")[0]) == (
        "AuthenticationError",
        f"{what} of credentials= failed: RuntimeError was raised at test_amazon.py",
    )


# ---- refusals
def refusals() -> dict[str, tuple[Machine, str, str]]:
    def fake(**options: Any) -> FakeAmazon:
        return FakeAmazon(clock=lambda: NOW, **options)

    relative = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1", **REGION}
    disabled = {"AWS_EC2_METADATA_DISABLED": "TRUE"}
    container = "the AWS container credentials service"
    invalid = "is invalid: it is no text, or has a character that is not allowed (a space or line break, for example)"
    wrong = "AuthenticationError"
    return {
        "key without secret": (
            Machine({"AWS_ACCESS_KEY_ID": "AKID", **REGION}),
            wrong,
            "the AWS credentials from the environment have no AWS_SECRET_ACCESS_KEY",
        ),
        "secret with a line break": (
            Machine({**KEYS, "AWS_SECRET_ACCESS_KEY": "a\n", **REGION}),
            wrong,
            f"AWS_SECRET_ACCESS_KEY of the AWS credentials from the environment {invalid}",
        ),
        "expired environment": (
            Machine({**KEYS, **REGION, "AWS_CREDENTIAL_EXPIRATION": "2026-09-21T13:33:20Z"}),
            wrong,
            "the AWS credentials from the environment expired at 2026-09-21T13:33:20Z",
        ),
        "web identity without a role": (
            Machine({"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", **REGION}, WEB_FILES),
            wrong,
            "AWS_WEB_IDENTITY_TOKEN_FILE is set without AWS_ROLE_ARN: set the ARN of the role",
        ),
        "web identity without a file": (
            Machine({**WEB, **REGION}),
            wrong,
            "there is no web identity token of AWS_WEB_IDENTITY_TOKEN_FILE at /token",
        ),
        "web identity without metadata for the region": (
            Machine({**WEB, **disabled}, WEB_FILES),
            wrong,
            "the AWS region was looked for in region=, AWS_REGION and AWS_DEFAULT_REGION; AWS_EC2_METADATA_DISABLED "
            "forbids the instance metadata",
        ),
        "expired web identity": (
            Machine({**WEB, **REGION}, WEB_FILES, fake(sts_error="ExpiredTokenException")),
            wrong,
            "AWS STS (role of AWS_ROLE_ARN) answered with status 400 ExpiredTokenException",
        ),
        "role of another account": (
            Machine({**WEB, **REGION, "AWS_ROLE_ARN": "arn:aws:iam::210987654321:role/x"}, WEB_FILES),
            wrong,
            "AWS STS (role of AWS_ROLE_ARN) answered with status 403 AccessDenied",
        ),
        "throttling": (
            Machine({**WEB, **REGION}, WEB_FILES, fake(sts_error="Throttling")),
            "InfisicalNetworkError",
            "AWS STS (role of AWS_ROLE_ARN) answered with status 400 Throttling",
        ),
        "another token": (
            Machine({**WEB, **REGION}, WEB_FILES, fake(web_identity_token="other")),
            wrong,
            "AWS STS (role of AWS_ROLE_ARN) answered with status 400 InvalidIdentityToken",
        ),
        "STS in trouble": (
            Machine({**WEB, **REGION}, WEB_FILES, fake(sts_error="ServiceUnavailable")),
            "InfisicalNetworkError",
            "AWS STS (role of AWS_ROLE_ARN) answered with status 503 ServiceUnavailable",
        ),
        "expired container": (
            Machine(relative, fake=fake(lifetime=timedelta(seconds=-1))),
            wrong,
            f"the AWS credentials from {container} expired at 2026-09-21T13:33:19Z",
        ),
        "container without its token": (
            Machine(relative, fake=fake(authorization="Basic x")),
            wrong,
            f"{container} answered with status 401 AccessDeniedException",
        ),
        "container in trouble": (
            Machine(relative, fake=fake(container_status=500)),
            "InfisicalNetworkError",
            f"{container} answered with status 500 InternalServerException",
        ),
        "metadata disabled": (
            Machine({**disabled, **REGION}),
            wrong,
            f"{NO_KEYS}; AWS_EC2_METADATA_DISABLED forbids the instance metadata",
        ),
        "region without metadata": (
            Machine({**KEYS, **disabled}),
            wrong,
            "the AWS region was looked for in region=, AWS_REGION and AWS_DEFAULT_REGION; AWS_EC2_METADATA_DISABLED "
            "forbids the instance metadata",
        ),
        "expired instance": (
            Machine(dict(REGION), fake=fake(lifetime=timedelta())),
            wrong,
            f"the AWS credentials from {SERVICE} expired at 2026-09-21T13:33:20Z",
        ),
        "instance without a role": (
            Machine(dict(REGION), fake=fake(role=None)),
            wrong,
            f"{SERVICE} has no role: attach an instance profile to the instance ({NO_KEYS})",
        ),
        "instance with a role that is a path": (
            Machine(dict(REGION), fake=fake(role="..")),
            wrong,
            f"{SERVICE} has no role: attach an instance profile to the instance ({NO_KEYS})",
        ),
        "instance without version 2": (
            Machine(dict(REGION), fake=fake(has_metadata=False)),
            wrong,
            f"{SERVICE} (session token) answered with status 403: version 1 of the service is not used ({NO_KEYS})",
        ),
        "instance without credentials": (
            Machine(dict(REGION), fake=fake(metadata_status=404)),
            wrong,
            f"{SERVICE} (credentials of the role) answered with status 404 ({NO_KEYS})",
        ),
        "instance of a region that is no region": (
            Machine(dict(KEYS), fake=fake(region="x.evil.example/")),
            wrong,
            "the AWS region from the instance metadata is invalid: it must be lower-case letters, digits and hyphens, "
            "at most 20 characters (eu-central-1)",
        ),
        "endpoint with a user": (
            Machine({**REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://169.254.169.254@evil"}),
            wrong,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT must be a URL (http://host:port) without user name, query and fragment "
            f"({NO_KEYS})",
        ),
        "endpoint with a wrong port": (
            Machine({**REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://h:99999"}),
            wrong,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT must be a URL (http://host:port) without user name, query and fragment "
            f"({NO_KEYS})",
        ),
        "mode of the endpoint": (
            Machine({**REGION, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv5"}),
            wrong,
            f"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be IPv4 or IPv6 ({NO_KEYS})",
        ),
        "metadata that does not answer": (
            Machine(dict(REGION), executor=unreachable),
            "InfisicalNetworkError",
            f"timed out ({NO_KEYS})",
        ),
        "container that does not answer": (
            Machine(relative, executor=unreachable),
            "InfisicalNetworkError",
            "timed out",
        ),
        "STS that does not answer": (
            Machine({**WEB, **REGION}, WEB_FILES, executor=unreachable),
            "InfisicalNetworkError",
            "timed out",
        ),
        "redirect": (
            Machine(relative, executor=answering(302, b"", ("Location", "https://evil.example/"))),
            wrong,
            f"{container} answered with status 302: {REDIRECT_REMEDY}",
        ),
    }


@pytest.mark.parametrize("case", refusals())
def test_both_clients_refuse_clearly(case):
    machine, kind, message = refusals()[case]

    assert machine.refusal() == (kind, message)


def test_a_platform_that_does_not_answer_stays_a_transient_network_error():
    error = Machine(dict(REGION), executor=unreachable).log_in().failure()

    assert (error.reason, error.transient, error.sent) == ("timeout", True, UNREACHABLE.sent)


@pytest.mark.parametrize(
    "region",
    ["EU-CENTRAL-1", "eu-central-1.evil.example", "eu-central-1ß", "-eu", "eu-", "a" * 21, "eu central", "é"],
)
@pytest.mark.parametrize("source", ["region=", "AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_that_a_host_name_cannot_have_is_refused(region, source):
    machine = Machine({**KEYS, **({} if source == "region=" else {source: region})})
    options = {"region": region} if source == "region=" else {}

    assert machine.refusal(**options) == (
        "AuthenticationError",
        f"the AWS region from {source} is invalid: it must be lower-case letters, digits and hyphens, at most 20 "
        "characters (eu-central-1)",
    )


def test_a_given_region_comes_before_the_environment():
    machine = Machine({**KEYS, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"})
    source = sources.aws("id", "us-east-1", platform=machine.platform)
    execute = ScriptedExecutor()
    InfisicalClient(executor=execute).login(source)
    body = json.loads(execute.sent[0].body or b"")
    headers = json.loads(base64.b64decode(body["iamRequestHeaders"]))

    assert headers["Host"] == "sts.us-east-1.amazonaws.com"


def test_a_login_with_a_clock_that_raises_is_refused():
    platform = Platform(environ={**KEYS, **REGION}, clock=lambda: 1 // 0)
    memory, identity_id = make_memory(FakeAmazon())
    answer = log_in(memory, sources.aws(identity_id, platform=platform))

    assert answer.failure().message.startswith("the clock failed: ZeroDivisionError was raised at test_amazon.py:")
