"""What a tape plays and records in which mode, what it masks, and its messages about unrecorded requests."""

from __future__ import annotations

import json

import pytest
import yaml
from returns.result import Success

from infisical import HttpRequest, InfisicalNetworkError, Response
from infisical.executors import CassetteExecutor, ScriptedExecutor
from infisical.executors.cassette.comparison import MATCHERS
from tests.wire import answer

JSON = (("Content-Type", "application/json"),)
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
ASK = HttpRequest("GET", "https://x/a")


def answers(*numbers: int) -> list[Response]:
    return [answer({"answer": number}) for number in numbers]


def bodies(executor: CassetteExecutor, times: int) -> list[int]:
    return [json.loads(executor(ASK).unwrap().body)["answer"] for _ in range(times)]


def recording(path, *exchanges: tuple[HttpRequest, Response]) -> CassetteExecutor:
    recorder = CassetteExecutor(path, mode="all", inner=ScriptedExecutor(*(response for _, response in exchanges)))
    for request, _ in exchanges:
        recorder(request).unwrap()
    return CassetteExecutor(path)


# ---- modes
def test_new_episodes_plays_only_what_the_file_held_before(tmp_path):
    path = tmp_path / "tape.yaml"
    first = CassetteExecutor(path, mode="new_episodes", inner=ScriptedExecutor(*answers(1, 2, 3)))
    live = bodies(first, 3)
    second = CassetteExecutor(path, mode="new_episodes", inner=ScriptedExecutor(*answers(4, 5)))

    assert live == [1, 2, 3]
    assert bodies(second, 5) == [1, 2, 3, 4, 5]
    assert bodies(CassetteExecutor(path), 5) == [1, 2, 3, 4, 5]


def test_once_never_plays_what_this_run_recorded(tmp_path):
    recorder = CassetteExecutor(
        tmp_path / "tape.yaml", mode="once", inner=ScriptedExecutor(*answers(1, 2)), allow_playback_repeats=True
    )

    assert bodies(recorder, 2) == [1, 2]


def test_all_leaves_only_the_second_recording(tmp_path):
    path = tmp_path / "tape.yaml"
    for numbers in ((1, 2, 3), (4, 5)):
        bodies(CassetteExecutor(path, mode="all", inner=ScriptedExecutor(*answers(*numbers))), len(numbers))

    assert len(yaml.safe_load(path.read_text())["interactions"]) == 2
    assert bodies(CassetteExecutor(path), 2) == [4, 5]


def test_all_keeps_the_file_until_something_was_answered(tmp_path):
    path = tmp_path / "tape.yaml"
    recording(path, (ASK, answers(1)[0]))
    CassetteExecutor(path, mode="all", inner=ScriptedExecutor())(ASK).failure()

    assert bodies(CassetteExecutor(path), 1) == [1]


def test_with_repeats_the_last_answer_is_played_again_each_time(tmp_path):
    path = tmp_path / "tape.yaml"
    once = recording(path, *((ASK, it) for it in answers(1, 2)))
    again = CassetteExecutor(path, allow_playback_repeats=True)

    assert bodies(again, 4) == [1, 2, 2, 2]
    assert bodies(once, 2) == [1, 2]
    assert "allow_playback_repeats=True" in once(ASK).failure().message


# ---- what is masked
def test_a_secret_of_an_earlier_exchange_is_masked_in_later_ones_and_the_recording_plays(tmp_path):
    path = tmp_path / "tape.yaml"
    token = (("Authorization", "Bearer CANARY-TOKEN-1"),)
    exchanges = [
        (HttpRequest("GET", "https://x/list", token), answer({"secrets": [{"secretValue": "CANARY-VALUE-2"}]})),
        (HttpRequest("GET", "https://x/CANARY-TOKEN-1/a?q=CANARY-VALUE-2"), answer({"name": "CANARY-VALUE-2"})),
        (HttpRequest("POST", "https://x/b", JSON, b'{"note": "of CANARY-VALUE-2"}'), answer(b"CANARY-TOKEN-1")),
    ]
    player = recording(path, *exchanges)

    assert "CANARY" not in path.read_text()
    assert [player(request).unwrap().status for request, _ in exchanges] == [200, 200, 200]


def test_a_secret_that_is_also_an_environment_does_not_keep_the_recording_from_playing(tmp_path):
    path = tmp_path / "tape.yaml"
    exchanges = [
        (HttpRequest("GET", "https://x/a?environment=prod"), answer({"secretValue": "prod"})),
        (HttpRequest("GET", "https://x/a?environment=prod"), answer({"answer": 2})),
        (HttpRequest("GET", "https://x/a?environment=dev"), answer({"answer": 3})),
        (HttpRequest("GET", "https://x/prod/b?environment=prod"), answer({"answer": 4})),
    ]
    player = recording(path, *exchanges)

    assert [player(request).unwrap().body for request, _ in exchanges[1:]] == [
        b'{"secretValue": "redacted"}', b'{"answer": 3}', b'{"answer": 4}',
    ]  # fmt: skip
    assert player(exchanges[0][0]).unwrap().body == b'{"answer": 2}'


def test_the_mask_of_an_older_recording_matches_a_value_of_any_type(tmp_path):
    path = tmp_path / "old.yaml"
    request = '{method: POST, uri: \'https://x/a\', body: \'{"pin": "redacted", "n": 1}\', headers: {}}'
    response = "{headers: {}, body: {string: ''}, status: {code: 200, message: OK}}"
    path.write_text(f"interactions:\n- request: {request}\n  response: {response}\nversion: 1\n")

    for pin in (b'"1234"', b"1234", b"null"):
        requested = HttpRequest("POST", "https://x/a", JSON, b'{"n": 1, "pin": %b}' % pin)
        assert CassetteExecutor(path)(requested).unwrap().status == 200


@pytest.mark.parametrize("name", ["Digest", "Content-MD5", "Repr-Digest", "X-Checksum", "Content-Length", "X-Token"])
def test_no_header_from_which_the_body_can_be_guessed_is_recorded(tmp_path, name):
    path = tmp_path / "tape.yaml"
    player = recording(path, (ASK, Response(200, ((name, "4711-0815-hash"),), b"text")))

    assert "4711-0815-hash" not in path.read_text()
    assert player(ASK).unwrap().body == b"text"


# ---- messages
POST = HttpRequest("POST", "https://x:8443/a/b?environment=dev&limit=1", JSON, b'{"a": {"b": [1, "x"]}, "c": null}')


@pytest.mark.parametrize(
    ("method", "url", "body", "expected"),
    [
        ("PUT", POST.url, POST.body, "method: recorded 'POST', requested 'PUT'"),
        ("POST", "http://x:8443/a/b?environment=dev&limit=1", POST.body, "scheme: recorded 'https', requested 'http'"),
        ("POST", "https://y:8443/a/b?environment=dev&limit=1", POST.body, "host: recorded 'x', requested 'y'"),
        ("POST", "https://x/a/b?environment=dev&limit=1", POST.body, "port: recorded '8443', requested '443'"),
        ("POST", "https://x:8443/a/c?environment=dev&limit=1", POST.body, "path: recorded '/a/b', requested '/a/c'"),
        (
            "POST",
            "https://x:8443/a/b?environment=prod&limit=1",
            POST.body,
            "query environment: recorded 'dev', requested 'prod'",
        ),
        ("POST", "https://x:8443/a/b?environment=dev", POST.body, "query limit: recorded '1', requested nothing"),
        (
            "POST",
            POST.url + "&a.b=",
            POST.body,
            """query ["a.b"]: recorded nothing, requested ''""",
        ),
        ("POST", POST.url, b'{"a": {"b": [1, "y"]}, "c": null}', "body a.b[1]: recorded 'x', requested 'y'"),
        ("POST", POST.url, b'{"a": {"b": ["1", "x"]}, "c": null}', "body a.b[0]: recorded 1, requested '1'"),
        ("POST", POST.url, b'{"a": {"b": [1, "x"]}, "c": true}', "body c: recorded null, requested true"),
        (
            "POST",
            POST.url,
            b'{"a": {"b": [1, "x"]}, "c": null, "c": 2}',
            "body c#2: recorded nothing, requested 2",
        ),
    ],
)
def test_a_mismatch_names_what_differs_with_both_values(tmp_path, method, url, body, expected):
    other = (HttpRequest("GET", "https://x:8443/other"), answer({}))
    player = recording(tmp_path / "tape.yaml", other, (POST, answer({})), other)
    message = player(HttpRequest(method, url, JSON, body)).failure().message

    assert f"; POST /a/b differs in {expected}; to record it" in message


def test_a_form_and_a_text_are_compared_too(tmp_path):
    form = HttpRequest("POST", "https://x/form", FORM, b"grant=a&scope=b")
    text = HttpRequest("POST", "https://x/text", (), b"\xffone" + b"." * 200 + b"end")
    player = recording(tmp_path / "tape.yaml", (form, answer({})), (text, answer({})))
    messages = [
        player(HttpRequest("POST", "https://x/form", FORM, b"scope=c&grant=a")).failure().message,
        player(HttpRequest("POST", "https://x/text", (), b"\xffone" + b"." * 200 + b"END")).failure().message,
    ]

    assert "differs in body scope: recorded 'b', requested 'c';" in messages[0]
    assert "differs in body: recorded '….......end', requested '….......END';" in messages[1].replace("." * 13, "")
    assert player(HttpRequest("POST", "https://x/form", FORM, b"scope=b&grant=a")).unwrap().status == 200


def test_a_mismatch_shows_no_secret(tmp_path):
    headers = (("Authorization", "Bearer CANARY-TOKEN"), *JSON)
    recorded = HttpRequest("POST", "https://x/a?q=1", headers, b'{"secretValue": "CANARY-VALUE", "note": "one"}')
    requested = HttpRequest(
        "POST",
        "https://x/CANARY-TOKEN?q=CANARY-VALUE&access_token=CANARY-ACCESS&token=CANARY-OTHER",
        headers,
        b'{"secretValue": "CANARY-VALUE", "note": "is CANARY-VALUE", "CANARY-TOKEN": 1}',
    )
    message = recording(tmp_path / "tape.yaml", (recorded, answer({})))(requested).failure().message

    assert "CANARY-TOKEN" not in message
    assert "CANARY-VALUE" not in message
    assert "CANARY-OTHER" not in message
    assert "body note: recorded 'one', requested 'is [redacted]'" in message


def test_a_message_omits_two_values_that_differ_in_a_secret_only(tmp_path):
    recorded = HttpRequest("POST", "https://x/a", JSON, b'{"note": "is CANARY-ONE"}')
    headers = (("Authorization", "Bearer CANARY-ONE"), ("X-Api-Key", "CANARY-TWO"), *JSON)
    requested = HttpRequest("POST", "https://x/a", headers, b'{"note": "is CANARY-TWO"}')
    message = recording(tmp_path / "tape.yaml", (recorded, answer({})))(requested).failure().message

    assert "differs in body note: in a redacted value;" in message
    assert "CANARY" not in message


def test_a_tape_that_plays_nothing_and_records_nothing_says_so(tmp_path):
    error = CassetteExecutor(tmp_path / "tape.yaml", mode="all")(ASK).failure()

    expected = "tape.yaml plays nothing (mode='all'), and has no inner executor to record with"
    assert error == InfisicalNetworkError(expected, reason="unrecorded", sent=False)


def test_a_message_is_short_whatever_the_requests_are(tmp_path):
    body = json.dumps({f"name-{number}" * 50: "x" * 10_000 for number in range(100)}).encode()
    recorded = HttpRequest("POST", "https://x/" + "a" * 10_000, JSON, b'{"a": "' + b"y" * 10_000 + b'"}')
    requested = HttpRequest("POST", "https://x/" + "b" * 10_000 + "?" + "c" * 10_000, JSON, body)
    message = recording(tmp_path / "tape.yaml", (recorded, answer({})))(requested).failure().message

    assert len(message) < 3_000
    assert ", and 98 more;" in message


def test_the_nearest_request_is_one_of_that_path_whose_answer_was_not_played_yet(tmp_path):
    def ask(environment: str) -> HttpRequest:
        return HttpRequest("GET", f"https://x/secrets?environment={environment}&path=/")

    exchanges = [
        (HttpRequest("GET", "https://x/other?environment=prod&path=/"), answer({})),
        (HttpRequest("GET", "https://x/secrets?environment=dev&path=/&limit=1"), answer({})),
        (ask("dev"), answer({})),
        (ask("staging"), answer({})),
    ]
    player = recording(tmp_path / "tape.yaml", *exchanges)
    first = player(ask("prod")).failure().message
    player(ask("dev")).unwrap()
    second = player(ask("prod")).failure().message

    assert "GET /secrets differs in query environment: recorded 'dev', requested 'prod';" in first
    assert "GET /secrets differs in query environment: recorded 'staging', requested 'prod';" in second


@pytest.mark.parametrize("name", MATCHERS)
def test_what_is_not_compared_makes_no_difference(tmp_path, name):
    path = tmp_path / "tape.yaml"
    recording(path, (POST, answer({})))
    requested = HttpRequest("PUT", "http://y:1/c?d=e", JSON, b'{"f": 1}')
    only = CassetteExecutor(path, match_on=[name])(requested).failure().message

    assert only.count("recorded") - only.count("is not recorded") >= 1
    assert f" differs in {name}" in only
    assert CassetteExecutor(path, match_on=[])(requested).unwrap().status == 200


@pytest.mark.parametrize("url", ["http://[", "https://x:port/a", "nothing", "https://x/\ud800"])
def test_a_request_whose_address_cannot_be_read_is_recorded_and_played(tmp_path, url):
    player = recording(tmp_path / "tape.yaml", (HttpRequest("GET", url), answer({})))

    assert isinstance(player(HttpRequest("GET", url)), Success)
    assert player(HttpRequest("GET", url)).failure().reason == "unrecorded"


def test_numbers_that_differ_in_one_digit_are_different(tmp_path):
    def ask(number: str) -> HttpRequest:
        return HttpRequest("POST", "https://x/a", JSON, f'{{"a": {number}}}'.encode())

    player = recording(tmp_path / "tape.yaml", (ask("12345678901234567890.1"), answer({})))
    message = player(ask("12345678901234567890.2")).failure().message

    assert "body a: recorded 12345678901234567890.1, requested 12345678901234567890.2" in message
