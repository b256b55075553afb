"""What a source may touch: files that are none, variables that are not set, requests that are repeated."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import AuthenticationError, HttpRequest, InfisicalNetworkError, KubernetesAuth, Response
from infisical.drivers.blocking import drive
from infisical.drivers.deadline import Deadline
from infisical.drivers.flights import Flights
from infisical.errors import DeadlineExceededError
from infisical.executors import ScriptedExecutor
from infisical.flow import Flow
from infisical.sources.platform import (
    MAX_FILE_BYTES,
    Platform,
    UnreadableFileError,
    make_login,
    read_clock,
    read_text,
)

SECRET = "hush-hush-content"
REQUEST = HttpRequest("GET", "https://platform.example.com/token")
OK = Response(200, (), b"{}")


def run(flow: Flow[Any], *script: Any, deadline: float | None = None) -> tuple[Any, int, list[float]]:
    """The answer of a flow on scripted responses, how many requests it sent, and its waits."""
    executor, now, waits = ScriptedExecutor(*script), [0.0], []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    limit = Deadline(deadline if deadline is not None else float("inf"), lambda: now[0])
    return drive(flow, executor, Flights(), sleep, limit), len(executor.sent), waits


def read(path: str, function: Any = read_text) -> Any:
    return run(Platform(read=function).read_file(path, "token"))[0]


# ---- files
def test_a_file_is_read_without_the_white_space_around_its_text(tmp_path):
    file = tmp_path / "token"
    file.write_bytes("\ufeff\n  a.b.c \r\n\n".encode())

    assert read(str(file)) == Success("a.b.c")


def test_a_tilde_is_the_home_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text("a.b.c")

    assert read("~/token") == Success("a.b.c")


def test_a_link_to_a_file_is_read(tmp_path):
    (tmp_path / "data").write_text("a.b.c")
    (tmp_path / "token").symlink_to("data")

    assert read(str(tmp_path / "token")) == Success("a.b.c")


def test_a_file_of_the_largest_size_is_read_and_a_larger_one_is_not(tmp_path):
    file = tmp_path / "token"
    file.write_bytes(b"x" * MAX_FILE_BYTES)
    largest = read(str(file)).unwrap()
    file.write_bytes(b"x" * (MAX_FILE_BYTES + 1))

    assert len(largest) == MAX_FILE_BYTES
    assert read(str(file)).failure().message == f"the token at {file} cannot be read: it is larger than 1 MiB"


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", "\ufeff".encode()])
def test_an_empty_file_is_a_failure_that_names_it(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content)

    assert read(str(file)) == Failure(AuthenticationError(f"the token is empty: {file}"))


def test_a_missing_file_is_a_failure_that_names_it(tmp_path):
    path = str(tmp_path / "absent" / "token")

    assert read(path) == Failure(AuthenticationError(f"there is no token at {path}"))


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["directory", "pipe"])
def test_what_is_no_file_is_refused_at_once(tmp_path, make):
    """A pipe without a writer blocks whoever opens it as a file."""
    path = str(tmp_path / "token")
    make(path)
    descriptors = os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else []

    error = read(path).failure()

    reason = "Is a directory" if make is os.mkdir else "it is not a regular file"
    assert error.message == f"the token at {path} cannot be read: {reason}"
    assert len(os.listdir("/proc/self/fd") if descriptors else []) == len(descriptors)


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused(path):
    assert read(path).failure().message == f"the token at {path} cannot be read: it is not a regular file"


def test_a_file_that_may_not_be_read_is_a_failure_with_the_reason_of_the_system():
    def refuse(path: str) -> str:
        raise PermissionError(13, "hush-hush", path)

    error = read("/run/token", refuse).failure()

    assert (error.message, type(error.__cause__)) == (
        "the token at /run/token cannot be read: Permission denied",
        PermissionError,
    )
    assert error.__cause__.__traceback__ is None


def lines_of(error: BaseException) -> str:
    """What a tracker of errors may show of an error and of what is attached to it."""
    known, waiting, lines = [], [error], []
    while waiting:
        one = waiting.pop()
        if one is None or one in known:
            continue
        known.append(one)
        lines += [repr(one), str(one), repr(one.args), repr(vars(one)), repr(getattr(one, "object", ""))]
        trace = one.__traceback__
        while trace is not None:
            if "/tests/" not in trace.tb_frame.f_code.co_filename:
                lines.append(repr(trace.tb_frame.f_locals))
            trace = trace.tb_next
        waiting += [one.__cause__, one.__context__]
    return "\n".join(lines)


@pytest.mark.parametrize("content", [SECRET.encode() + b"\xff", SECRET.encode("utf-16"), b"\xc3\x28" + SECRET.encode()])
def test_a_file_that_is_not_utf_8_is_a_failure_without_its_content(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content)

    error = read(str(file)).failure()
    with pytest.raises(UnreadableFileError) as raised:
        read_text(str(file))

    assert error.message == f"the token at {file} cannot be read: it is not UTF-8 text"
    assert SECRET not in lines_of(error) + lines_of(raised.value)
    assert SECRET.encode("utf-16-le").decode("latin-1") not in lines_of(error) + lines_of(raised.value)


@pytest.mark.parametrize("size", [MAX_FILE_BYTES + 1])
def test_the_exception_for_a_large_file_has_none_of_its_content(tmp_path, size):
    file = tmp_path / "token"
    file.write_bytes((SECRET * (size // len(SECRET) + 1)).encode())

    with pytest.raises(UnreadableFileError) as raised:
        read_text(str(file))

    assert SECRET not in lines_of(raised.value)


def test_an_exception_of_a_read_function_is_no_cause_since_it_may_hold_the_content():
    def decode(path: str) -> str:
        return (SECRET.encode() + b"\xff").decode()

    error = read("/run/token", decode).failure()

    assert error.message.startswith("the token at /run/token cannot be read: UnicodeDecodeError was raised at ")
    assert (error.__cause__, SECRET in lines_of(error)) == (None, False)


@pytest.mark.parametrize("value", [b"a.b.c", None, 7, Path("x")])
def test_a_read_function_that_returns_no_text_is_a_failure(value):
    error = read("/run/token", lambda path: value).failure()

    assert error.message == f"the function that reads the token returned {type(value).__name__}, not text"


def test_an_async_read_function_is_refused_by_the_blocking_client():
    async def read_later(path: str) -> str:
        return "a.b.c"

    error = read("/run/token", read_later).failure()

    assert error.message == (
        "the function that reads the token cannot be used: it is async, and this client is blocking: "
        "AsyncInfisicalClient takes it"
    )


def test_after_the_deadline_no_file_is_read():
    reads: list[str] = []
    answer, _, _ = run(Platform(read=reads.append).read_file("/run/token", "token"), deadline=0.0)  # type: ignore[arg-type]

    assert (type(answer.failure()), reads) == (DeadlineExceededError, [])


def test_a_token_in_place_of_a_path_is_shown_nowhere():
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"

    assert token not in read(token).failure().message


# ---- variables
def test_a_variable_that_is_not_set_and_one_that_is_empty_are_told_apart():
    platform = Platform(environ={"EMPTY": "", "BLANK": " \n", "TOKEN": " a.b.c\n"})

    assert [platform.require_variable(name, "token") for name in ("TOKEN", "EMPTY", "BLANK", "ABSENT")] == [
        Success("a.b.c"),
        Failure(AuthenticationError("there is no token: the environment variable EMPTY is empty")),
        Failure(AuthenticationError("there is no token: the environment variable BLANK is empty")),
        Failure(AuthenticationError("there is no token: the environment variable ABSENT is not set")),
    ]
    assert [platform.get_variable(name) for name in ("TOKEN", "EMPTY", "ABSENT")] == [" a.b.c\n", None, None]


def test_a_platform_reads_the_environment_of_the_process_when_it_is_asked(monkeypatch):
    platform = Platform()
    before = platform.get_variable("INFISICAL_TEST_VARIABLE")
    monkeypatch.setenv("INFISICAL_TEST_VARIABLE", "later")

    assert (before, platform.get_variable("INFISICAL_TEST_VARIABLE")) == (None, "later")


def test_a_platform_shows_none_of_its_variables():
    assert repr(Platform(environ={"TOKEN": SECRET})) == "Platform()"


def test_the_clock_is_aware_of_its_zone():
    assert abs(read_clock() - datetime.now(UTC)) < timedelta(minutes=1)


# ---- requests
@pytest.mark.parametrize(
    ("script", "expected", "waits"),
    [
        ([OK], OK, []),
        ([Response(404)], Response(404), []),
        ([Response(503), OK], OK, [0.2]),
        ([Response(429), Response(500), OK], OK, [0.2, 0.6]),
        ([Response(503), Response(503), Response(504)], Response(504), [0.2, 0.6]),
        ([InfisicalNetworkError("gone", reason="reset"), OK], OK, [0.2]),
    ],
)
@pytest.mark.parametrize("fetch", [Platform.fetch, Platform.fetch_directly])
def test_a_request_is_repeated_twice_at_most_with_a_wait_before_each(fetch, script, expected, waits):
    executor = ScriptedExecutor(*script)
    platform = Platform(executor=executor)

    answer, _, waited = run(fetch(platform, REQUEST))

    assert (answer, waited, executor.sent) == (Success(expected), waits, [REQUEST] * len(script))


@pytest.mark.parametrize("reason", ["dns", "refused", "tls", "timeout", "reset", "protocol", "unrecorded"])
def test_a_network_failure_stays_one_after_the_last_attempt(reason):
    error = InfisicalNetworkError("gone", reason=reason)

    answer, number, _ = run(Platform().fetch(REQUEST), error, error, error)

    assert (answer, number) == (Failure(error), 3)


def test_a_defective_executor_is_asked_once():
    def crash(request: HttpRequest) -> Any:
        calls.append(request)
        raise ZeroDivisionError

    calls: list[HttpRequest] = []
    answer, _, _ = run(Platform(executor=crash).fetch(REQUEST))

    assert (answer.failure().defect, len(calls)) == (True, 1)


@pytest.mark.parametrize(
    ("deadline", "number", "waits"), [(0.2, 1, []), (0.3, 2, [0.2]), (0.7, 2, [0.2]), (1.0, 3, [0.2, 0.6])]
)
@pytest.mark.parametrize("given", [False, True], ids=["client's executor", "given executor"])
def test_no_attempt_begins_after_the_deadline(given, deadline, number, waits):
    """Under `Use` too, the deadline is that of the call."""
    script = [Response(503)] * 3
    executor = ScriptedExecutor(*script)

    answer, sent, waited = run(
        Platform(executor=executor if given else None).fetch(REQUEST), *script, deadline=deadline
    )

    assert (answer, max(sent, len(executor.sent)), waited) == (Success(Response(503)), number, waits)


def test_a_request_gets_no_more_time_than_the_call_has_left():
    executor = ScriptedExecutor(OK)
    run(Platform(executor=executor).fetch(HttpRequest("GET", REQUEST.url, timeout=10.0)), deadline=3.0)

    assert [request.timeout for request in executor.sent] == [3.0]


@pytest.mark.parametrize(("limit", "size"), [(None, 2**20), (10, 10)])
def test_an_answer_that_is_too_large_is_a_failure(limit, size):
    request = HttpRequest("GET", REQUEST.url, max_response_bytes=limit)

    fits, _, _ = run(Platform().fetch(request), Response(200, (), b"x" * size))
    larger, _, _ = run(Platform().fetch(request), Response(200, (), b"x" * (size + 1)))

    assert isinstance(fits, Success)
    assert (larger.failure().reason, larger.failure().message) == (
        "protocol",
        f"GET: the platform answered with more than {size} bytes",
    )


def test_only_an_executor_is_one():
    with pytest.raises(ValueError, match="executor must be a function from HttpRequest to a Result, not str"):
        Platform().with_executor("https://proxy")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="executor is the class ScriptedExecutor: give an instance"):
        Platform().with_executor(ScriptedExecutor)  # type: ignore[arg-type]

    assert Platform().with_executor(None) == Platform()


# ---- login methods
def test_a_value_that_a_login_method_refuses_is_a_failure_with_its_origin():
    def make() -> KubernetesAuth:
        return KubernetesAuth("id", "a\nb")

    reason = "the jwt is empty, or has a line break or control character in it"
    assert make_login(make, "the token at /run/token") == Failure(
        AuthenticationError(f"the token at /run/token: {reason}")
    )
    assert make_login(make) == Failure(AuthenticationError(reason))


@given(st.binary(max_size=200))
def test_any_content_is_text_or_a_failure(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / f"content-{threading.get_ident()}"
    file.write_bytes(content)

    try:
        expected = content.decode("utf-8-sig").strip() or None
    except UnicodeDecodeError:
        expected = None
    assert read(str(file)).value_or(None) == expected
