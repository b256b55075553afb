"""The file of a tape: whole at any moment, byte for byte, of vcrpy's format, at a cost that grows with its length."""

from __future__ import annotations

import gc
import io
import itertools
import os
import signal
import stat
import time

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from returns.result import Success

from infisical import HttpRequest, Response
from infisical.executors import CassetteExecutor, ScriptedExecutor
from infisical.executors.cassette import tape_file
from infisical.executors.cassette.tape_file import STALE_SECONDS
from infisical.redaction import redact_body
from tests.forms import mark_exhaustive, shorten
from tests.wire import answer

ASK = HttpRequest("GET", "https://x/a")
JSON = (("Content-Type", "application/json"),)


def echoing(request: HttpRequest) -> Success[Response]:
    return Success(answer({"echo": request.url}))


def ask(number: int) -> HttpRequest:
    return HttpRequest("POST", f"https://x/{number}?limit=1", JSON, b'{"number": %d}' % number)


def record(path, *bodies: bytes) -> None:
    recorder = CassetteExecutor(path, mode="all", inner=ScriptedExecutor(*(Response(200, (), it) for it in bodies)))
    for _ in bodies:
        recorder(ASK).unwrap()


@pytest.fixture(scope="module")
def tapes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tapes")
    return (folder / f"{number}.yaml" for number in itertools.count())


# ---- bodies
BODIES = [
    b"0\x82\x01\n\xff\xfe",
    b'{"a": 1e400}',
    b'{"a": 1, "a": 2}',
    b'{"a": 12345678901234567890123456789.123456789, "b": 1.0, "c": -0}',
    b'{ "a" :\t1 ,\r\n "b": [ ] }\r\n',
    b"one\r\ntwo\rthree\n\n",
    b"trailing blanks  \n  leading \n\t\n ",
    b"\xef\xbb\xbf{}",
    "NEL \x85 LS \u2028 PS \u2029 BOM \ufeff".encode(),
    b"\xed\xa0\x80 is half a surrogate pair",
    bytes(range(256)),
    bytes(range(128)),
    "\U0001f511 \U0010ffff \ufffe".encode(),
    b"yes",
    b"null",
    b"1",
    b"- a: &b !!binary x # c\n--- |\n  d\n...\n",
    b"x" * 1000 + b" " + b"y " * 500,
    b"",
]


def test_bodies_play_byte_for_byte(tmp_path):
    path = tmp_path / "tape.yaml"
    record(path, *BODIES)
    player = CassetteExecutor(path)

    assert [player(ASK).unwrap().body for _ in BODIES] == BODIES


@given(
    body=st.binary() | st.text(st.sampled_from(" \n\r\t'\"\\:#-{}[],&*!|>%@?x\x85\u2028\ufeff\x00é")).map(str.encode)
)
def test_any_body_without_secrets_plays_byte_for_byte(body, tapes):
    assume(redact_body(body) == body)
    path = next(tapes)
    record(path, body)

    assert CassetteExecutor(path)(ASK).unwrap().body == body


def test_the_body_of_a_request_is_compared_byte_for_byte(tmp_path):
    requests = [HttpRequest("POST", "https://x/a", (), body) for body in BODIES[:-1]]
    recorder = CassetteExecutor(
        tmp_path / "tape.yaml",
        mode="once",
        inner=ScriptedExecutor(*(answer({"n": number}) for number in range(len(requests)))),
    )
    live = [recorder(request) for request in requests]
    player = CassetteExecutor(tmp_path / "tape.yaml")

    assert [player(request).unwrap().body for request in reversed(requests)] == [
        it.unwrap().body for it in reversed(live)
    ]


def test_vcrpy_reads_the_file_and_what_it_writes_is_read(tmp_path):
    from vcr.persisters.filesystem import FilesystemPersister
    from vcr.serializers import yamlserializer

    ours, theirs = tmp_path / "ours.yaml", tmp_path / "theirs.yaml"
    record(ours, *BODIES)
    requests, responses = FilesystemPersister.load_cassette(ours, yamlserializer)
    FilesystemPersister.save_cassette(theirs, {"requests": requests, "responses": responses}, yamlserializer)
    player = CassetteExecutor(theirs)

    assert [player(ASK).unwrap().body for _ in BODIES] == BODIES


# ---- whole at any moment
@pytest.mark.parametrize(
    ("mode", "step"),
    [("once", 1), ("none", 9), ("new_episodes", 9), mark_exhaustive("none", 1), mark_exhaustive("new_episodes", 1)],
)
def test_a_truncated_or_empty_file_is_a_failure_and_stays_as_it_is(tmp_path, mode, step):
    path = tmp_path / "tape.yaml"
    record(path, b'{"a": 1}', b"two")
    whole = path.read_bytes()
    inner = ScriptedExecutor()
    wrong = []
    for end in range(0, len(whole) - 1, step):  # the last character is a line's end
        path.write_bytes(whole[:end])
        error = CassetteExecutor(path, mode=mode, inner=inner)(ASK).failure()
        if not error.message.startswith("tape.yaml cannot be read as a cassette: it is") or "delete it" not in (
            error.message
        ):
            wrong.append((end, error.message))
        if path.read_bytes() != whole[:end]:
            wrong.append((end, "changed"))

    assert [it for it in wrong if "interaction" not in it[1]] == []
    assert inner.sent == []


@pytest.mark.parametrize("content", ["", "interactions:\n- req", "\x00\x01"])
def test_mode_all_replaces_a_file_that_cannot_be_read(tmp_path, content):
    path = tmp_path / "tape.yaml"
    path.write_text(content)
    record(path, b"new")

    assert CassetteExecutor(path)(ASK).unwrap().body == b"new"


def test_a_file_that_cannot_be_replaced_stays_and_no_temporary_file_does(tmp_path, monkeypatch):
    path = tmp_path / "tape.yaml"
    record(path, b"one")
    before = path.read_bytes()
    recorder = CassetteExecutor(path, mode="all", inner=echoing)

    def refuse(*_):
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        failure = recorder(ask(1)).failure()

    assert "PermissionError; the request was answered" in failure.message
    assert (list(tmp_path.iterdir()), path.read_bytes()) == ([path], before)
    assert recorder(ask(2)).unwrap().status == 200
    assert len(yaml.safe_load(path.read_text())["interactions"]) == 2


def test_a_temporary_file_of_a_process_that_was_killed_is_removed_when_it_is_old(tmp_path):
    old, young = tmp_path / ".cassette-0.tmp", tmp_path / ".cassette-1.tmp"
    for file, age in ((old, STALE_SECONDS * 2), (young, 0.0)):
        file.write_text("half")
        os.utime(file, (time.time() - age,) * 2)
    record(tmp_path / "tape.yaml", b"one")

    assert (old.exists(), young.exists()) == (False, True)


@pytest.mark.skipif(os.name != "posix", reason="file modes and links of POSIX")
def test_a_file_keeps_its_mode_and_its_link_and_a_new_one_has_that_of_the_user(tmp_path):
    private, new, link = tmp_path / "private.yaml", tmp_path / "new.yaml", tmp_path / "link.yaml"
    private.touch(0o600)
    link.symlink_to(private)
    umask = os.umask(0o027)
    try:
        record(link, b"one")
        record(new, b"one")
    finally:
        os.umask(umask)

    assert [stat.S_IMODE(it.stat().st_mode) for it in (private, new)] == [0o600, 0o640]
    assert (link.is_symlink(), CassetteExecutor(private)(ASK).unwrap().body) == (True, b"one")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("kills", [range(0, 20, 7), mark_exhaustive(range(20))], ids=str)
def test_a_process_that_is_killed_while_it_records_leaves_all_that_was_complete(tmp_path, kills):
    for times in kills:
        path = tmp_path / f"{times}.yaml"
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                execute = CassetteExecutor(path, mode="once", inner=echoing)
                for number in itertools.count():
                    execute(ask(number))
                    os.write(write_end, b".")
            finally:
                os._exit(1)
        os.close(write_end)
        complete = len(os.read(read_end, 1))
        while complete < times:
            complete += len(os.read(read_end, 1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while more := os.read(read_end, 4096):
            complete += len(more)
        os.close(read_end)
        player = CassetteExecutor(path)

        assert len(yaml.safe_load(path.read_text())["interactions"]) in (complete, complete + 1)
        assert [player(ask(number)) for number in range(complete)] == [echoing(ask(it)) for it in range(complete)]


# ---- cost
KINDS = {
    "plain": lambda number: ask(number),
    "a secret in the path": lambda n: HttpRequest("GET", f"https://x/CANARY-T/{n}", (("Authorization", "CANARY-T"),)),
    "one after the other": lambda _: ASK,
    "a secret each": lambda n: HttpRequest(
        "POST", "https://x/a", JSON, b'{"secretValue": "CANARY-%d", "n": %d}' % (n, n)
    ),
}


@pytest.fixture
def uncollected():
    """No garbage collection: it looks through whatever other tests have left."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("kind", shorten(KINDS, lambda kind: kind == "a secret each", name=str))
def test_the_cost_grows_with_the_number_of_exchanges(tmp_path, kind):
    def cost(exchanges: int) -> tuple[float, float]:
        path, requests = tmp_path / f"{exchanges}.yaml", [KINDS[kind](number) for number in range(exchanges)]
        start = time.process_time()
        recorder = CassetteExecutor(path, mode="all", inner=echoing)
        for request in requests:
            recorder(request).unwrap()
        middle = time.process_time()
        player = CassetteExecutor(path)
        for request in requests:
            player(request).unwrap()
        return middle - start, time.process_time() - middle

    (record_few, play_few), (record_many, play_many) = (
        map(min, zip(*(cost(exchanges) for _ in range(2)), strict=True)) for exchanges in (30, 180)
    )

    assert record_many < 12 * record_few
    assert play_many < 12 * play_few


def test_each_exchange_is_serialized_once(tmp_path, monkeypatch):
    from vcr.serializers import yamlserializer

    serialized = []
    serialize = yamlserializer.serialize
    monkeypatch.setattr(yamlserializer, "serialize", lambda it: serialized.append(it) or serialize(it))
    path = tmp_path / "tape.yaml"
    for mode, expected in (("once", 20), ("new_episodes", 20 + 20 + 5)):
        execute = CassetteExecutor(path, mode=mode, inner=echoing)
        for number in range(20 if mode == "once" else 25):
            execute(ask(number)).unwrap()

        assert len(serialized) == expected


# ---- what other releases of vcrpy have written
@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), (b"b", b"b"), ("t\xe9", "té".encode()), (io.BytesIO(b"file"), b"file"), (iter(["a", b"b"]), b"ab")],
    ids=["none", "bytes", "text", "file", "pieces"],
)
def test_a_body_of_any_release_is_read(value, expected):
    assert tape_file._parse_body(value) == expected


@pytest.mark.parametrize("value", [{}, [], 1, 1.5])
def test_a_body_of_another_type_is_refused(value):
    with pytest.raises(TypeError, match="a body is text or bytes"):
        tape_file._parse_body(value)
