"""Azure: workload identity, instance metadata, and azure-identity credentials."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import parse_qsl

import pytest
from returns.result import Success

from infisical import (
    AsyncInfisicalClient,
    HttpRequest,
    InfisicalClient,
    InfisicalNetworkError,
    LoginResponse,
)
from infisical.executors import CassetteExecutor, ScriptedExecutor
from infisical.server import serving
from infisical.sources import azure
from infisical.testing.platforms import FakeAzure
from infisical.testing.platforms.unsigned import read_claims
from tests.sources.cloud_logins import both_clients, log_in, machine, record, refusal, watch
from tests.wire import answer

TENANT = FakeAzure().tenant_id
CLIENT = FakeAzure().client_id
OBJECT = FakeAzure().object_id
ASSERTION = "federated.s3cret.token"
FILES = {"/token": f"{ASSERTION}\n"}
POD = {"AZURE_FEDERATED_TOKEN_FILE": "/token", "AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT}
METADATA_URL = (
    "http://169.254.169.254/metadata/identity/oauth2/token"
    "?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F"
)


def pod(**changes: str) -> Any:
    return machine(FILES, **{name: value for name, value in {**POD, **changes}.items() if value})


# ---- instance metadata
@both_clients
def test_instance_metadata_gives_a_token_for_each_login(kind):
    fake = FakeAzure()
    source = azure("i1", executor=fake, platform=machine(), organization_slug="sub")
    answers = [log_in(source, kind), log_in(source, kind)]

    assert answers == [
        (
            Success(LoginResponse(access_token="T1", expires_in=7200)),
            [{"identityId": "i1", "jwt": token, "organizationSlug": "sub", "subOrganizationName": "sub"}],
        )
        for token in fake.tokens
    ]
    assert [(one.method, one.url, one.headers, one.body) for one in fake.sent] == [
        ("GET", METADATA_URL, (("Metadata", "true"),), None)
    ] * 2
    assert read_claims(fake.tokens[0])["aud"] == "https://management.azure.com/"


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({"client_id": CLIENT}, f"&client_id={CLIENT}"),
        ({"object_id": OBJECT}, f"&object_id={OBJECT}"),
        ({"client_id": CLIENT, "object_id": "other"}, f"&client_id={CLIENT}"),
    ],
)
def test_the_client_id_selects_an_identity_and_the_object_id_only_without_one(options, query):
    fake = FakeAzure()
    result, _ = log_in(azure("i1", executor=fake, platform=machine(), **options), "blocking")

    assert (type(result), [one.url for one in fake.sent]) == (Success, [METADATA_URL + query])


def test_a_resource_and_a_client_id_are_percent_encoded():
    fake = FakeAzure(client_id="a&b=c")
    log_in(azure("i1", "api://x?y&z", "a&b=c", executor=fake, platform=machine()), "blocking")

    assert read_claims(fake.tokens[0])["aud"] == "api://x?y&z"


@both_clients
@pytest.mark.enable_socket
def test_instance_metadata_is_asked_over_a_socket_and_without_a_proxy(kind, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    fake = FakeAzure()
    with serving(fake) as url:
        _, sent = log_in(azure("i1", platform=machine(AZURE_POD_IDENTITY_AUTHORITY_HOST=f"{url}/")), kind)

    assert sent == [{"identityId": "i1", "jwt": fake.tokens[0]}]


@pytest.mark.enable_socket
def test_a_machine_without_instance_metadata_is_a_network_failure():
    with serving(FakeAzure()) as url:
        pass  # nobody listens any more
    source = azure("i1", platform=machine(AZURE_POD_IDENTITY_AUTHORITY_HOST=url))
    result = InfisicalClient(retry=None, executor=ScriptedExecutor(), sleep=lambda _: None).login(source)

    assert isinstance(result.failure(), InfisicalNetworkError)
    assert result.failure().reason == "refused"


PORTAL = " answered with something that is no JSON object: a captive portal or another service may have answered"
METADATA = "Azure's instance metadata"
ATTACH = "this machine has no such managed identity: attach one, or correct client_id or object_id"
METADATA_REFUSALS = [
    (FakeAzure(has_identity=False), "AuthenticationError", f" answered with status 400 invalid_request: {ATTACH}"),
    (
        FakeAzure(status=404),
        "AuthenticationError",
        " answered with status 404 unknown_error: this machine has no managed identity",
    ),
    (FakeAzure(status=410), "AuthenticationError", " answered with status 410 unknown_error"),
    (FakeAzure(status=429), "InfisicalNetworkError", " answered with status 429 unknown_error"),
    (FakeAzure(status=503), "InfisicalNetworkError", " answered with status 503 unknown_error"),
    (FakeAzure(is_portal=True), "AuthenticationError", PORTAL),
]


@pytest.mark.parametrize(("fake", "name", "message"), METADATA_REFUSALS)
def test_an_answer_of_instance_metadata_without_a_token_is_refused(fake, name, message):
    assert refusal(azure("i1", executor=fake, platform=machine())) == (name, METADATA + message)


@pytest.mark.parametrize("token", [None, 7, "", "two words", ["t"]])
def test_what_no_token_can_be_is_refused_and_not_shown(token):
    executor = ScriptedExecutor(answer({"access_token": token}))
    mistake = " answered without the text 'access_token'"
    if token == "two words":
        mistake = " gave a token with a space, a line break, a control or a non-ASCII character in it"

    assert refusal(azure("i1", executor=executor, platform=machine())) == ("AuthenticationError", METADATA + mistake)


@pytest.mark.parametrize("error", [None, "temporarily_unavailable", "invalid_client"])
def test_the_code_of_oauth_tells_what_may_pass(error):
    executor = ScriptedExecutor(answer({"error": error}, 400))
    name = "InfisicalNetworkError" if error == "temporarily_unavailable" else "AuthenticationError"

    assert refusal(azure("i1", executor=executor, platform=machine()))[0] == name


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_refused(body):
    executor = ScriptedExecutor(answer(body))

    assert refusal(azure("i1", executor=executor, platform=machine())) == ("AuthenticationError", METADATA + PORTAL)


@pytest.mark.parametrize(
    "body",
    [
        {"error": "s3cret_value", "error_description": "s3cret: AADSTS700016"},
        {"error": {"code": "s3cret"}, "error_description": ["s3cret"]},
        {"error": "INVALID_REQUEST", "error_description": "AADSTS12345678901234567890:"},
    ],
)
def test_no_text_of_a_refusal_is_shown_but_a_documented_code(body):
    executor = ScriptedExecutor(answer(body, 401))

    assert refusal(azure("i1", executor=executor, platform=machine())) == (
        "AuthenticationError",
        f"{METADATA} answered with status 401",
    )


@pytest.mark.parametrize(
    "url", ["169.254.169.254", "ftp://h", "http://u@h", "http://h/p", "http://h?q", "http://[", " "]
)
def test_a_metadata_host_that_is_no_url_of_a_host_is_refused(url):
    fake = FakeAzure()
    source = azure("i1", executor=fake, platform=machine(AZURE_POD_IDENTITY_AUTHORITY_HOST=url))

    assert refusal(source) == (
        "AuthenticationError",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST must be the URL of a host, http://169.254.169.254 for example",
    )
    assert fake.sent == []


@pytest.mark.parametrize(
    "arguments",
    [("",), (None,), ("i1", ""), ("i1", "a\nb"), ("i1", "r", 7), ("i1", "r", "a\x00"), ("i1", "r", None, b"x")],
)
def test_an_argument_that_is_no_text_is_a_value_error(arguments):
    with pytest.raises(ValueError, match=r"identity_id|resource|client_id|object_id"):
        azure(*arguments)


# ---- workload identity
@both_clients
def test_a_pod_exchanges_its_token_at_entra_id(kind):
    fake = FakeAzure(assertion=ASSERTION)
    _, sent = log_in(azure("i1", executor=fake, platform=pod()), kind)
    [request] = fake.sent

    assert sent == [{"identityId": "i1", "jwt": fake.tokens[0]}]
    assert (request.method, request.url, request.headers) == (
        "POST",
        f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token",
        (("Content-Type", "application/x-www-form-urlencoded"),),
    )
    assert parse_qsl((request.body or b"").decode()) == [
        ("grant_type", "client_credentials"),
        ("scope", "https://management.azure.com/.default"),
        ("client_id", CLIENT),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", ASSERTION),
    ]


@both_clients
def test_entra_id_is_asked_by_the_executor_of_the_client(kind):
    fake = FakeAzure()
    urls: list[str] = []

    def execute(request: HttpRequest) -> Any:
        urls.append(request.url.partition("/api/")[0].partition(TENANT)[0])
        return record(fake)(request)

    async def aexecute(request: HttpRequest) -> Any:
        return execute(request)

    if kind == "blocking":
        result = InfisicalClient(executor=execute).login(azure("i1", platform=pod()))
    else:
        result = asyncio.run(AsyncInfisicalClient(executor=aexecute).login(azure("i1", platform=pod())))

    assert (type(result), urls) == (Success, ["https://login.microsoftonline.com/", "https://app.infisical.com"])


@both_clients
@pytest.mark.enable_socket
def test_entra_id_is_asked_over_a_socket(kind):
    fake = FakeAzure(assertion=ASSERTION)
    with serving(record(fake)) as url:
        source = azure("i1", platform=pod(AZURE_AUTHORITY_HOST=url))
        if kind == "blocking":
            with InfisicalClient(base_url=url) as client:
                result = client.login(source)
        else:

            async def run() -> Any:
                async with AsyncInfisicalClient(base_url=url) as client:
                    return await client.login(source)

            result = asyncio.run(run())

    assert (type(result), len(fake.tokens)) == (Success, 1)


@pytest.mark.parametrize(
    ("options", "uses_pod"),
    [
        ({}, True),
        ({"use_workload_identity": True}, True),
        ({"use_workload_identity": False}, False),
        ({"client_id": CLIENT}, True),
        ({"client_id": CLIENT, "object_id": OBJECT}, True),
        ({"object_id": OBJECT}, False),
        ({"object_id": OBJECT, "use_workload_identity": True}, True),
    ],
)
def test_what_decides_between_workload_identity_and_instance_metadata(options, uses_pod):
    fake = FakeAzure()
    result, _ = log_in(azure("i1", executor=fake, platform=pod(), **options), "blocking")

    assert (type(result), [one.method for one in fake.sent]) == (Success, ["POST" if uses_pod else "GET"])


def test_the_client_id_of_the_arguments_replaces_that_of_the_environment():
    fake = FakeAzure(client_id="other")
    log_in(azure("i1", client_id="other", executor=fake, platform=pod(AZURE_CLIENT_ID="")), "blocking")

    assert read_claims(fake.tokens[0])["appid"] == "other"


@both_clients
@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"AZURE_TENANT_ID": ""}, "AZURE_TENANT_ID"),
        ({"AZURE_CLIENT_ID": ""}, "AZURE_CLIENT_ID"),
        (dict.fromkeys(POD, ""), "AZURE_FEDERATED_TOKEN_FILE, AZURE_TENANT_ID, AZURE_CLIENT_ID"),
    ],
)
def test_missing_variables_of_workload_identity_are_named(kind, environ, missing):
    source = azure("i1", use_workload_identity=True, executor=FakeAzure(), platform=pod(**environ))

    assert refusal(source, kind) == (
        "AuthenticationError",
        f"workload identity of Azure needs {missing} in the environment: not set",
    )


def test_half_of_workload_identity_is_not_replaced_by_another_identity():
    fake = FakeAzure()
    name, _ = refusal(azure("i1", executor=fake, platform=pod(AZURE_TENANT_ID="")))

    assert (name, fake.sent) == ("AuthenticationError", [])


def test_a_missing_federated_token_file_is_named():
    fake = FakeAzure()
    source = azure("i1", executor=fake, platform=pod(AZURE_FEDERATED_TOKEN_FILE="/nowhere"))

    assert refusal(source) == ("AuthenticationError", "there is no federated token file of Azure at /nowhere")
    assert fake.sent == []


@pytest.mark.parametrize("tenant", ["a/b", "..", "a?b", "a#b", "a b", "-a", "a-", "é", "a" * 254, "a%2fb", "a\n"])
def test_a_tenant_that_would_change_the_path_is_refused_and_nothing_is_sent(tenant):
    fake = FakeAzure()

    assert refusal(azure("i1", executor=fake, platform=pod(AZURE_TENANT_ID=tenant))) == (
        "AuthenticationError",
        "AZURE_TENANT_ID must be the id or the domain of a tenant",
    )
    assert fake.sent == []


@pytest.mark.parametrize("tenant", [TENANT, "contoso.onmicrosoft.com", "xn--bcher-kva.example", "a" * 253])
def test_the_id_and_the_domain_of_a_tenant_are_taken(tenant):
    fake = FakeAzure(tenant_id=tenant)

    assert type(log_in(azure("i1", executor=fake, platform=pod(AZURE_TENANT_ID=tenant)), "blocking")[0]) is Success


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("https://login.microsoftonline.us/", "https://login.microsoftonline.us"),
        ("login.microsoftonline.us", "https://login.microsoftonline.us"),
        ("https://h:8443", "https://h:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080//", "http://[::1]:8080"),
    ],
)
def test_the_authority_is_https_or_this_machine(host, origin):
    fake = FakeAzure()
    log_in(azure("i1", executor=fake, platform=pod(AZURE_AUTHORITY_HOST=host)), "blocking")

    assert [one.url for one in fake.sent] == [f"{origin}/{TENANT}/oauth2/v2.0/token"]


@pytest.mark.parametrize(
    "host",
    ["http://login.microsoftonline.com", "http://10.0.0.1", "http://127.0.0.1.evil.example", "https://u:p@h", "h/path",
     "https://h?q", "https://h#f", "ftp://h", "https://", "https://h:port", "https://h\\x", "h h"],
)  # fmt: skip
def test_another_authority_is_refused_and_nothing_is_sent(host):
    fake = FakeAzure()

    assert refusal(azure("i1", executor=fake, platform=pod(AZURE_AUTHORITY_HOST=host))) == (
        "AuthenticationError",
        "AZURE_AUTHORITY_HOST must be the https URL of a host, as https://login.microsoftonline.com",
    )
    assert fake.sent == []


LOGIN = "Entra ID (the login of Azure)"
LOGIN_REFUSALS = [
    (FakeAzure(assertion="other"), "AuthenticationError", " answered with status 401 invalid_client AADSTS70021"),
    (FakeAzure(client_id="other"), "AuthenticationError", " answered with status 400 unauthorized_client AADSTS700016"),
    (FakeAzure(tenant_id="other"), "AuthenticationError", " answered with status 400 invalid_request AADSTS90002"),
    (FakeAzure(status=429), "InfisicalNetworkError", " answered with status 429 temporarily_unavailable AADSTS90033"),
    (FakeAzure(status=503), "InfisicalNetworkError", " answered with status 503 temporarily_unavailable AADSTS90033"),
    (FakeAzure(is_portal=True), "AuthenticationError", PORTAL),
]


@pytest.mark.parametrize(("fake", "name", "message"), LOGIN_REFUSALS)
def test_a_refusal_of_entra_id_has_its_codes(fake, name, message):
    assert refusal(azure("i1", executor=fake, platform=pod())) == (name, LOGIN + message)


def test_the_fake_refuses_what_azure_refuses():
    fake, metadata = FakeAzure(), "http://h/metadata/identity/oauth2/token"
    true = ("Metadata", "true")
    login = f"http://h/{TENANT}/oauth2/v2.0/token"
    grant = f"client_id={CLIENT}&grant_type=client_credentials"
    kind = "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    requests = [
        HttpRequest("GET", f"{metadata}?resource=r&api-version=v"),
        HttpRequest("GET", f"{metadata}?resource=r&api-version=v", (true, ("X-Forwarded-For", "1.2.3.4"))),
        HttpRequest("GET", f"{metadata}?resource=r", (true,)),
        HttpRequest("GET", f"{metadata}?resource=r&api-version=v&client_id=other", (true,)),
        HttpRequest("GET", login),
        HttpRequest("POST", login, (), f"client_id={CLIENT}".encode()),
        HttpRequest("POST", login, (), grant.encode()),
        HttpRequest("POST", login, (), f"{grant}&{kind}".encode()),
        HttpRequest("POST", login, (), f"{grant}&{kind}&client_assertion=a".encode()),
    ]

    assert [fake(request).unwrap().status for request in requests] == [400, 400, 400, 400, 404, 400, 400, 401, 400]


# ---- secrecy
@both_clients
def test_no_frame_shows_the_federated_token_while_entra_id_is_asked(kind):
    execute, revealed = watch(FakeAzure(assertion=ASSERTION), ASSERTION, "client_assertion=")

    async def aexecute(request: HttpRequest) -> Any:
        return execute(request)

    executor = execute if kind == "blocking" else aexecute
    result, _ = log_in(azure("i1", executor=executor, platform=pod()), kind)

    assert (type(result), revealed) == (Success, [])


@pytest.mark.parametrize("platform", [machine(), pod()], ids=["metadata", "pod"])
def test_neither_logs_nor_recordings_show_a_token(tmp_path, caplog, platform):
    caplog.set_level(logging.DEBUG)
    fake = FakeAzure(assertion=ASSERTION)
    executor = CassetteExecutor(tmp_path / "login.yaml", mode="all", inner=record(fake))
    source = azure("i1", executor=executor, platform=platform)
    result = InfisicalClient(executor=executor).login(source)
    texts = [(tmp_path / "login.yaml").read_text(), caplog.text, repr(result), repr(source), repr(fake)]

    assert type(result) is Success
    assert [secret in text for secret in fake.secrets for text in texts] == [False] * 10
