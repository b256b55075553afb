"""The auth-mode link and its policies: what is refused is refused before any effect."""

from __future__ import annotations

import pytest
from returns.result import Failure, Success

from infisical import AuthenticationError, HttpRequest, InfisicalClient, ServiceToken
from infisical.access import (
    ALL_MODES,
    ANY_ACCESS,
    DOCUMENTED_MODES,
    OPEN_ACCESS,
    POLICIES,
    Access,
    get_documented_modes,
    get_server_modes,
)
from infisical.encode import prepare
from infisical.endpoints.kms import Kms
from infisical.executors import ScriptedExecutor
from infisical.flow import Send, chain
from infisical.middleware.auth_mode import check_auth_mode, make_check
from infisical.request import get
from infisical.response import Response
from tests.wire import answer

MODES = (None, *ALL_MODES)


def test_a_refused_mode_ends_the_flow_before_any_effect():
    request = prepare(Kms.get_key(key_id="k"), "https://x", (), 1.0).unwrap()
    flow = chain([check_auth_mode(make_check(get_documented_modes), lambda: "service_token")])(request)

    with pytest.raises(StopIteration) as end:
        next(flow)
    assert end.value.value == Failure(
        AuthenticationError(
            "kms does not take service_token here; it takes identity_access_token, jwt",
            current_mode="service_token",
            allowed_modes=("identity_access_token", "jwt"),
        )
    )


def test_an_allowed_mode_yields_one_send_of_the_request_as_it_was():
    request = prepare(Kms.get_key(key_id="k"), "https://x", (), 1.0).unwrap()
    flow = chain([check_auth_mode(make_check(get_documented_modes), lambda: "jwt")])(request)

    assert next(flow) == Send(request)
    with pytest.raises(StopIteration) as end:
        flow.send(Success(Response(204)))
    assert end.value.value == Success(Response(204))


@pytest.mark.parametrize(
    ("access", "refused"),
    [
        (Access("kms"), {None, "api_key", "service_token"}),
        (Access("kms", "optional"), {"api_key", "service_token"}),
        (Access("kms", "none"), set()),
        (OPEN_ACCESS, set()),
        (ANY_ACCESS, set()),
        (Access("kms", documented=("jwt",)), {None, "identity_access_token", "api_key", "service_token"}),
        (Access("webhooks", documented=()), {None, *ALL_MODES}),
    ],
)
def test_the_check_for_every_mode_and_for_none(access, refused):
    check = make_check(get_documented_modes)

    assert {mode for mode in MODES if check(access, mode) is not None} == refused


def test_the_documented_policy_is_the_table_but_for_what_an_endpoint_names():
    assert get_documented_modes(Access("secret_folders")) == ("identity_access_token", "jwt", "service_token")
    assert get_documented_modes(Access("projects")) == ("identity_access_token", "jwt")
    assert get_documented_modes(Access("admin")) == ("jwt",)
    assert get_documented_modes(Access("secrets", documented=("jwt",), server=())) == ("jwt",)
    assert len(DOCUMENTED_MODES) == 24


def test_the_server_policy_is_the_servers_list_where_an_endpoint_has_one():
    assert get_server_modes(Access("secrets", server=("jwt",))) == ("jwt",)
    assert get_server_modes(Access("secrets")) == get_documented_modes(Access("secrets"))
    assert set(POLICIES) == {"documented", "server"}


@pytest.mark.parametrize("mode", MODES)
def test_the_server_policy_lets_through_what_the_server_asks_no_credential_for(mode):
    open_to_all = Access("users", server=())

    assert make_check(get_server_modes)(open_to_all, mode) is None
    assert (make_check(get_documented_modes)(open_to_all, mode) is None) is (mode == "jwt")
    assert make_check(get_server_modes)(Access("users"), None) is not None


def test_a_policy_of_ones_own_decides_from_the_access():
    asked = []

    def nobody(access):
        asked.append(access)
        return ()

    client = InfisicalClient(auth=ServiceToken("st.x"), executor=ScriptedExecutor(), auth_policy=nobody)
    error = client.kms.get_key(key_id="k").failure()

    assert (error.allowed_modes, asked) == ((), [Access("kms")])


def test_a_service_token_reads_secrets_but_does_not_move_them_where_the_server_decides():
    executor = ScriptedExecutor(answer({"secrets": []}), answer({"secrets": []}))
    documents = InfisicalClient(auth=ServiceToken("st.x"), executor=executor)
    strict = InfisicalClient(auth=ServiceToken("st.x"), executor=executor, auth_policy="server")
    move = {"project_id": "p", "source_environment": "a", "destination_environment": "b", "secret_ids": ["1"]}

    assert not isinstance(documents.secrets.move(**move).failure(), AuthenticationError)
    assert isinstance(strict.secrets.move(**move).failure(), AuthenticationError)
    assert isinstance(strict.secrets.list(project_id="p", environment="e"), Success)


def test_a_hand_made_request_takes_whatever_credential_there_is_or_none():
    sent: list[HttpRequest] = []

    def execute(request):
        sent.append(request)
        return Success(answer({}))

    request = get("/api/status", returns=lambda response: Success(response.status))
    with_credential = InfisicalClient(auth=ServiceToken("st.x"), executor=execute)(request)
    without = InfisicalClient(executor=execute)(request)

    assert (with_credential, without) == (Success(200), Success(200))
    assert ["Authorization" in dict(request.headers) for request in sent] == [True, False]
