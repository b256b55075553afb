"""AWS: the requests of a login over sockets and under deadlines, and what they must not show."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Iterator
from types import FrameType, GeneratorType
from typing import Any

import botocore.session
import pytest
from returns.result import Failure, Success

from infisical import InfisicalClient, sources
from infisical.errors import DeadlineExceededError
from infisical.executors.cassette import CassetteExecutor
from infisical.executors.scripted import ScriptedExecutor
from infisical.login_methods import AwsAuth
from infisical.server import serving
from infisical.sources import Platform
from infisical.sources.amazon import make_aws_login
from infisical.sources.amazon_signing import AwsKeys, Scope
from infisical.sources.amazon_sts import SUFFIXES, get_host
from infisical.sources.answers import REDIRECT_REMEDY
from infisical.testing.platforms import FakeAmazon
from tests.sources.amazon_machine import (
    NOW,
    Machine,
    answering,
    log_in,
    log_in_async,
    make_memory,
)
from tests.sources.test_amazon import KEYS, REGION, WEB, WEB_FILES


# ---- the request
def test_the_request_is_what_infisical_sends_to_sts():
    keys = AwsKeys("AKIDEXAMPLE", "secret", "token")
    login = make_aws_login("the-identity", keys, Scope("us-gov-west-1", "sts", NOW), "team")
    headers = json.loads(base64.b64decode(login.iam_request_headers))
    signature = headers.pop("Authorization").partition("Signature=")

    assert isinstance(login, AwsAuth)
    assert (login.identity_id, login.organization_slug, login.iam_http_request_method) == (
        "the-identity",
        "team",
        "POST",
    )
    assert base64.b64decode(login.iam_request_body) == b"Action=GetCallerIdentity&Version=2011-06-15"
    assert headers == {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Host": "sts.us-gov-west-1.amazonaws.com",
        "X-Amz-Date": "20260921T133320Z",
        "X-Amz-Security-Token": "token",
    }
    assert signature[0] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260921/us-gov-west-1/sts/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
    )


def test_hosts_of_all_partitions_are_those_of_botocore():
    session = botocore.session.Session()
    resolver = session._get_internal_component("endpoint_resolver")
    regions = [
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("sts", partition)
    ]

    assert {region: get_host(region) for region in regions} == {
        region: resolver.construct_endpoint("sts", region)["hostname"] for region in regions
    }
    assert {prefix for prefix in SUFFIXES if not any(region.startswith(prefix) for region in regions)} == set()


# ---- secrets
def test_nothing_of_an_exchange_is_logged_shown_or_recorded(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    fake = FakeAmazon(clock=lambda: NOW, authorization="Basic container-token", web_identity_token="web.identity.token")
    shown = []
    for name, (environ, files) in {
        "instance": ({}, {}),
        "web": ({**WEB, **REGION}, WEB_FILES),
        "container": (
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/creds",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic container-token",
                **REGION,
            },
            {},
        ),
    }.items():
        tape = tmp_path / f"{name}.yaml"
        machine = Machine(environ, files, fake)
        machine.executor = CassetteExecutor(tape, mode="all", inner=fake)
        memory, identity_id = make_memory(fake)
        recorded = CassetteExecutor(tmp_path / f"{name}-login.yaml", mode="all", inner=memory)
        source = machine.source(identity_id)
        log_in(recorded, source).unwrap()
        shown += [repr(source), tape.read_text(), (tmp_path / f"{name}-login.yaml").read_text()]
    shown.append(caplog.text)
    secrets = [*fake.secrets, base64.b64encode(b"AWS4-HMAC-SHA256").decode()[:20], "AWS4-HMAC"]

    assert [secret for secret in secrets for text in shown if secret in text] == []
    assert "instance-identity" in shown[1]


def test_a_recorded_exchange_plays(tmp_path):
    fake = FakeAmazon(clock=lambda: NOW)
    tape = tmp_path / "imds.yaml"
    machine = Machine(fake=fake, executor=CassetteExecutor(tape, mode="all", inner=fake))
    memory, identity_id = make_memory(fake)
    log_in(memory, machine.source(identity_id)).unwrap()
    script = ScriptedExecutor()
    machine.executor = CassetteExecutor(tape, mode="none")
    log_in(script, machine.source(identity_id))

    assert [request.url.rpartition("/")[2] for request in script.sent] == ["login"]


def list_frames() -> Iterator[FrameType]:
    """The frames of the library on the stack, and those of the generators that wait."""
    for frame, _ in traceback.walk_stack(None):
        if "/infisical/" in frame.f_code.co_filename and "/testing/" not in frame.f_code.co_filename:
            yield frame
            for value in frame.f_locals.values():
                while isinstance(value, GeneratorType):
                    if value.gi_frame is not None:
                        yield value.gi_frame
                    value = value.gi_yieldfrom


@pytest.mark.parametrize("is_async", [False, True])
def test_frames_that_wait_show_no_secret(is_async):
    fake = FakeAmazon(clock=lambda: NOW, authorization="Basic container-token", web_identity_token="web.identity.token")
    full = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[::1]:1/creds",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/t",
    }
    places = (({}, {}), ({**WEB, **REGION}, WEB_FILES), (full, {"/t": "Basic container-token"}))
    shown: list[str] = []

    def look(request: Any) -> Any:
        for frame in list_frames():
            shown.extend(f"{frame.f_code.co_name}: {name}={value!r}" for name, value in frame.f_locals.items())
        return fake(request)

    async def look_async(request: Any) -> Any:
        return look(request)

    for environ, files in places:
        memory, identity_id = make_memory(fake)
        if is_async:
            log_in_async(memory, Machine(environ, files, fake, look_async).source(identity_id)).unwrap()
        else:
            log_in(memory, Machine(environ, files, fake, look).source(identity_id)).unwrap()

    assert len(shown) > 100
    assert [text for text in shown for secret in fake.secrets if secret in text] == []


# ---- sockets
@pytest.mark.enable_socket
def test_both_clients_log_in_over_sockets():
    fake = FakeAmazon(clock=lambda: NOW, authorization="Basic container-token")
    memory, identity_id = make_memory(fake)
    with serving(fake) as url:
        container = {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/creds",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic container-token",
            "HTTP_PROXY": "http://127.0.0.1:1",
            **REGION,
        }
        for environ in (container, {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url}):
            source = sources.aws(identity_id, platform=Platform(environ=environ, clock=lambda: NOW))
            assert isinstance(log_in(memory, source), Success)
            assert isinstance(log_in_async(memory, source), Success)

    assert len(fake.sent) == 10


@pytest.mark.enable_socket
def test_a_redirect_of_a_platform_is_never_followed():
    target = FakeAmazon(clock=lambda: NOW)
    with serving(target) as away, serving(answering(307, b"", ("Location", f"{away}/creds"))) as url:
        environ = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/creds", **REGION}
        memory, identity_id = make_memory(target)
        answer = log_in(memory, sources.aws(identity_id, platform=Platform(environ=environ)))

    assert (answer.failure().message, target.sent) == (
        f"the AWS container credentials service answered with status 307: {REDIRECT_REMEDY}",
        [],
    )


# ---- deadlines
LATE = DeadlineExceededError("late", sent=False)


@pytest.mark.parametrize("credentials", [None, lambda: None])
def test_a_deadline_that_passes_is_the_answer(credentials):
    """The first function that a login calls is the clock, or that of `credentials=`."""
    flow = sources.aws("id", "eu-1", credentials, platform=Platform(environ=KEYS)).find_login()
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(Failure(LATE))

    assert end.value.value == Failure(LATE)


def test_a_deadline_during_the_search_stays_as_it_is():
    assert Machine(dict(REGION), executor=lambda request: Failure(LATE)).log_in() == Failure(LATE)


def test_sts_is_asked_again_after_throttling_until_the_deadline():
    fake = FakeAmazon(clock=lambda: NOW, sts_error="Throttling")
    machine = Machine({**WEB, **REGION}, WEB_FILES, fake)
    memory, identity_id = make_memory(fake)
    with InfisicalClient(executor=memory, deadline=0.1) as client:
        answer = client.login(machine.source(identity_id))

    assert (answer.failure().message, len(fake.sent)) == (
        "AWS STS (role of AWS_ROLE_ARN) answered with status 400 Throttling",
        1,
    )
    machine.log_in()
    assert len(fake.sent) == 1 + 3 + 3


def test_sts_is_asked_again_after_throttling_and_then_logs_in():
    fake = FakeAmazon(clock=lambda: NOW, sts_error="IDPCommunicationError")
    machine = Machine({**WEB, **REGION}, WEB_FILES, fake)

    def recover(request: Any) -> Any:
        reply = fake(request)
        fake.sts_error = None
        return reply

    machine.executor = recover

    assert machine.log_in() == Success("token")
