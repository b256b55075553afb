"""The cassette executor: what it plays, what it records in which mode, and that nothing secret gets into a file."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from returns.result import Failure, Success

from infisical import (
    AsyncInfisicalClient,
    HttpRequest,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalNetworkError,
    Response,
    UniversalAuth,
)
from infisical.endpoints.secrets import Secret
from infisical.executors import AsyncCassetteExecutor, AsyncScriptedExecutor, CassetteExecutor, ScriptedExecutor
from tests.wire import CASSETTES, RECORDED_AT, answer

WHERE = {"project_id": "p", "environment": "dev"}
JSON = (("Content-Type", "application/json"),)
ASK = HttpRequest("GET", "https://x/a")
ANSWER = answer({"answer": 1})


def recorded(path) -> list[dict]:
    return yaml.safe_load(path.read_text())["interactions"]


def test_what_was_recorded_plays_without_the_server_and_whatever_the_secret_is(tmp_path):
    path = tmp_path / "new" / "tape.yaml"
    secret = {"id": "1", "secretKey": "K", "secretValue": "CANARY-VALUE", "version": 1}
    login = {"accessToken": "CANARY-TOKEN", "expiresIn": 60}
    inner = ScriptedExecutor(answer(login), answer({"secret": secret}))
    recorder = InfisicalClient(executor=CassetteExecutor(path, mode="once", inner=inner))
    recorder.login(UniversalAuth("id", "CANARY-SECRET")).unwrap()
    live = recorder.secrets.create(secret_name="K", secret_value="CANARY-VALUE", **WHERE)
    player = InfisicalClient(executor=CassetteExecutor(path))
    player.login(UniversalAuth("id", "another secret")).unwrap()
    played = player.secrets.create(secret_name="K", secret_value="another value", **WHERE)

    assert live == Success(Secret(id="1", secret_key="K", secret_value="CANARY-VALUE", version=1))
    assert played == Success(Secret(id="1", secret_key="K", secret_value="redacted", version=1))
    assert "CANARY" not in path.read_text()


def test_a_secret_that_the_server_echoes_is_redacted_in_the_file_and_not_in_the_answer(tmp_path):
    path = tmp_path / "tape.yaml"
    echo = Response(400, (("Set-Cookie", "jid=CANARY-COOKIE"),), b'{"message": "bad CANARY-VALUE by CANARY-TOKEN"}')
    executor = CassetteExecutor(path, mode="once", inner=ScriptedExecutor(echo))
    request = HttpRequest(
        "POST", "https://x/a", (("Authorization", "Bearer CANARY-TOKEN"), *JSON), b'{"secretValue":"CANARY-VALUE"}'
    )
    live = executor(request)

    assert live == Success(echo)
    assert "CANARY" not in path.read_text()


def test_a_private_key_in_plain_text_is_redacted(tmp_path):
    path = tmp_path / "tape.yaml"
    key = b"-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n"
    CassetteExecutor(path, mode="once", inner=ScriptedExecutor(Response(200, (), key)))(ASK)

    assert recorded(path)[0]["response"]["body"]["string"] == "redacted\n"


def test_mode_none_never_records(tmp_path):
    inner = ScriptedExecutor(ANSWER)
    error = CassetteExecutor(tmp_path / "tape.yaml", inner=inner)(ASK).failure()

    assert (error.reason, error.sent, inner.sent) == ("unrecorded", False, [])
    assert error.message.startswith("tape.yaml does not exist")
    assert list(tmp_path.iterdir()) == []


def test_mode_once_records_a_new_file_and_then_only_plays(tmp_path):
    path = tmp_path / "tape.yaml"
    first = CassetteExecutor(path, mode="once", inner=ScriptedExecutor(ANSWER))(ASK)
    inner = ScriptedExecutor(ANSWER)
    again = CassetteExecutor(path, mode="once", inner=inner)
    second, third = again(ASK), again(HttpRequest("GET", "https://x/other"))

    assert (first.unwrap().body, second.unwrap().body) == (b'{"answer": 1}', b'{"answer": 1}')
    assert (third.failure().reason, inner.sent) == ("unrecorded", [])


def test_mode_new_episodes_plays_what_it_knows_and_records_the_rest(tmp_path):
    path = tmp_path / "tape.yaml"
    CassetteExecutor(path, mode="once", inner=ScriptedExecutor(ANSWER))(ASK)
    other = HttpRequest("GET", "https://x/other")
    inner = ScriptedExecutor(answer({"answer": 2}))
    execute = CassetteExecutor(path, mode="new_episodes", inner=inner)
    execute(ASK)
    execute(other)

    assert inner.sent == [other]
    assert [interaction["request"]["uri"] for interaction in recorded(path)] == ["https://x/a", "https://x/other"]


def test_mode_all_records_everything_again(tmp_path):
    path = tmp_path / "tape.yaml"
    CassetteExecutor(path, mode="once", inner=ScriptedExecutor(ANSWER))(ASK)
    inner = ScriptedExecutor(answer({"answer": 2}))
    CassetteExecutor(path, mode="all", inner=inner)(ASK)

    assert inner.sent == [ASK]
    assert [interaction["response"]["body"]["string"] for interaction in recorded(path)] == ['{"answer": 2}']


def test_each_recorded_answer_is_played_once_in_order(tmp_path):
    path = tmp_path / "tape.yaml"
    recorder = CassetteExecutor(path, mode="once", inner=ScriptedExecutor(ANSWER, answer({"answer": 2})))
    recorder(ASK)
    recorder(ASK)
    player = CassetteExecutor(path)

    assert [player(ASK).unwrap().body for _ in range(2)] == [b'{"answer": 1}', b'{"answer": 2}']
    assert player(ASK).failure().reason == "unrecorded"


def test_an_answer_plays_with_its_status_and_headers(tmp_path):
    path = tmp_path / "tape.yaml"
    spoken = Response(429, (("Content-Type", "a"), ("retry-after", "60"), ("content-length", "2")), b"{}")
    CassetteExecutor(path, mode="once", inner=ScriptedExecutor(spoken))(ASK)

    expected = Response(429, (("Content-Type", "a"), ("retry-after", "60")), b"{}")
    assert CassetteExecutor(path)(ASK) == Success(expected)


def test_what_was_not_answered_is_not_recorded(tmp_path):
    error = InfisicalNetworkError("gone", reason="reset")
    execute = CassetteExecutor(tmp_path / "tape.yaml", mode="once", inner=ScriptedExecutor(error))

    assert execute(ASK) == Failure(error)
    assert list(tmp_path.iterdir()) == []


def test_an_unrecorded_request_is_a_failure_that_names_the_cassette_and_what_is_near():
    execute = CassetteExecutor(CASSETTES / "kms.yaml")
    client = InfisicalClient(base_url=RECORDED_AT, auth=IdentityAccessToken("any"), executor=execute)
    error = client.kms.get_key(key_id="other").failure()

    assert (type(error), error.reason, error.sent) == (InfisicalNetworkError, "unrecorded", False)
    assert error.message.startswith(
        "kms.yaml: GET /api/v1/kms/keys/other is not recorded, or was played already; near it: "
        "GET /api/v1/kms/keys, DELETE /api/v1/kms/keys/1ad69bfd-500a-4c13-b4e1-7e0ed2ba457c, PATCH "
    )


@pytest.mark.parametrize(
    "content",
    [
        "[1, 2",
        "interactions: 7",
        "version: 1",
        "interactions:\n- request: {}",
        "just text",
        "- request: {}",
        "!!python/object:os.system x",
    ],
)
def test_a_file_that_is_no_cassette_is_a_failure(tmp_path, content):
    path = tmp_path / "broken.yaml"
    path.write_text(content)
    error = CassetteExecutor(path)(ASK).failure()

    assert (error.reason, error.message.startswith("broken.yaml cannot be read")) == ("unrecorded", True)


def test_a_recorded_answer_without_a_status_is_a_failure(tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text(
        "version: 1\ninteractions:\n- request: {method: GET, uri: 'https://x/a', body: null, headers: {}}\n"
        "  response: {headers: {}, body: {string: ''}}\n"
    )

    assert CassetteExecutor(path)(ASK).failure().message == (
        "broken.yaml cannot be read as a cassette: interaction 1 lacks a part of its request, or its response's "
        "status, headers or body; restore the file, or delete it and record it again with mode='once' and an inner "
        "executor"
    )


def test_a_file_that_cannot_be_written_is_a_failure_that_says_that_the_request_was_answered(tmp_path):
    (tmp_path / "folder").write_text("a file where a folder belongs")
    execute = CassetteExecutor(tmp_path / "folder" / "tape.yaml", mode="once", inner=ScriptedExecutor(ANSWER))
    error = execute(ASK).failure()

    assert (error.reason, error.sent) == ("unrecorded", True)
    assert "was answered" in error.message


@pytest.mark.parametrize("settings", [{"mode": "some"}, {"match_on": ["method", "colour"]}])
def test_an_unknown_mode_or_matcher_is_an_error_at_construction(settings):
    for kind in (CassetteExecutor, AsyncCassetteExecutor):
        with pytest.raises(ValueError, match=next(iter(settings))):
            kind("tape.yaml", **settings)


def test_what_is_compared_can_be_chosen(tmp_path):
    path = tmp_path / "tape.yaml"
    CassetteExecutor(path, mode="once", inner=ScriptedExecutor(ANSWER))(ASK)
    elsewhere = HttpRequest("GET", "https://y/a?b=c")

    assert CassetteExecutor(path)(elsewhere).failure().reason == "unrecorded"
    assert CassetteExecutor(path, match_on=["method", "path"])(elsewhere).unwrap().status == 200


def test_bodies_are_compared_as_json_not_as_text(tmp_path):
    path = tmp_path / "tape.yaml"
    first = HttpRequest("POST", "https://x/a", JSON, b'{"a":1,"b":2}')
    CassetteExecutor(path, mode="once", inner=ScriptedExecutor(ANSWER))(first)

    assert CassetteExecutor(path)(HttpRequest("POST", "https://x/a", JSON, b'{"b": 2, "a": 1}')).unwrap().status == 200
    assert CassetteExecutor(path)(HttpRequest("POST", "https://x/a", JSON, b'{"a":1}')).failure().reason == "unrecorded"


def test_no_body_and_an_empty_object_are_the_same(tmp_path):
    path = tmp_path / "tape.yaml"
    CassetteExecutor(path, mode="once", inner=ScriptedExecutor(ANSWER))(HttpRequest("POST", "https://x/a"))

    assert CassetteExecutor(path)(HttpRequest("POST", "https://x/a", JSON, b"{}")).unwrap().status == 200


def test_threads_share_a_recording(tmp_path):
    path, lock = tmp_path / "tape.yaml", threading.Lock()

    def inner(request: HttpRequest):
        with lock:
            return Success(answer({"asked": request.url}))

    recorder = CassetteExecutor(path, mode="once", inner=inner)
    asks = [HttpRequest("GET", f"https://x/{n}") for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        live = list(pool.map(recorder, asks))
        played = list(pool.map(CassetteExecutor(path), asks))

    assert [got.unwrap().body for got in played] == [got.unwrap().body for got in live]


def test_the_asyncio_client_records_and_plays(tmp_path):
    path = tmp_path / "tape.yaml"
    secret = answer({"secret": {"id": "1", "secretKey": "K", "secretValue": "CANARY"}})

    async def main():
        live = AsyncCassetteExecutor(path, mode="once", inner=AsyncScriptedExecutor(secret))
        for executor in (live, AsyncCassetteExecutor(path), AsyncCassetteExecutor(path, mode="once")):
            client = AsyncInfisicalClient(executor=executor, auth=IdentityAccessToken("CANARY"))
            yield (await client.secrets.get_by_name(secret_name="K", **WHERE)).unwrap().secret_value

    async def collect():
        return [value async for value in main()]

    assert asyncio.run(collect()) == ["CANARY", "redacted", "redacted"]
    assert "CANARY" not in path.read_text()


def test_an_async_executor_plays_what_was_recorded_before_it_asks_the_one_inside(tmp_path):
    path = tmp_path / "tape.yaml"
    inner = AsyncScriptedExecutor(answer({"n": 1}), answer({"n": 2}))

    async def main():
        bodies = []
        for executor, times in (
            (AsyncCassetteExecutor(path, mode="once", inner=inner), 1),
            (AsyncCassetteExecutor(path, mode="new_episodes", inner=inner), 2),
        ):
            bodies += [(await executor(HttpRequest("GET", "https://x/a"))).unwrap().body for _ in range(times)]
        return bodies

    assert asyncio.run(main()) == [b'{"n": 1}', b'{"n": 1}', b'{"n": 2}']
    assert len(inner.sent) == 2


def test_a_header_of_the_users_own_may_be_a_key_and_is_redacted_also_where_the_server_echoes_it(tmp_path):
    path = tmp_path / "tape.yaml"
    echo = answer({"message": "gateway refused CANARY-GATEWAY", "error": "Forbidden"}, 403)
    client = InfisicalClient(
        auth=IdentityAccessToken("t0ken"),
        headers={"CF-Access-Client-Secret": "CANARY-GATEWAY"},
        executor=CassetteExecutor(path, mode="once", inner=ScriptedExecutor(echo)),
    )
    error = client.secrets.list(**WHERE).failure()

    assert error.message == "gateway refused [redacted]"
    assert "CANARY" not in path.read_text()
    assert recorded(path)[0]["request"]["headers"]["Accept"] == ["application/json"]
