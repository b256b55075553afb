"""Forks: a client made before one works in the child, also if a thread of the parent was in the middle of something."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest
from returns.result import Success

from infisical import InfisicalClient, UniversalAuth
from infisical.executors import MemoryExecutor
from tests.wire import answer

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]
WHERE = {"project_id": "p", "environment": "dev"}


def in_a_child(work: Callable[[], bool]) -> bool:
    """Whether the work went well in a child; a child that hangs is ended by its alarm, and did not."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            import signal

            signal.alarm(20)
            code = 0 if work() else 1
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def test_a_client_works_in_the_child_and_in_the_parent_afterwards():
    memory = MemoryExecutor()
    client = InfisicalClient(executor=memory)
    client.login(UniversalAuth(memory.given.client_id, memory.given.client_secret)).unwrap()
    where = {"project_id": memory.given.project_id, "environment": "dev"}

    def write(name: str) -> bool:
        return isinstance(client.secrets.create(secret_name=name, secret_value="", **where), Success)

    assert in_a_child(lambda: write("CHILD"))
    assert write("PARENT")
    assert [one.secret_key for one in client.secrets.list(**where).unwrap().secrets] == ["PARENT"]


def test_a_login_in_the_air_in_the_parent_is_not_waited_for_in_the_child():
    under_way, go_on = threading.Event(), threading.Event()
    parent, now = os.getpid(), [0.0]
    granted = answer({"accessToken": "t", "expiresIn": 60})

    def execute(request):
        if request.url.endswith("/login"):
            if now[0] and os.getpid() == parent:
                under_way.set()
                go_on.wait()
            return Success(granted)
        return Success(answer({"secrets": []}))

    client = InfisicalClient(executor=execute, clock=lambda: now[0])
    client.login(UniversalAuth("id", "secret")).unwrap()
    now[0] = 100.0
    thread = threading.Thread(target=lambda: client.secrets.list(**WHERE))
    thread.start()
    under_way.wait()
    went_well = in_a_child(lambda: isinstance(client.secrets.list(**WHERE), Success))
    go_on.set()
    thread.join()

    assert went_well


def test_a_memory_server_is_not_locked_in_the_child_by_a_thread_of_the_parent():
    inside, go_on = threading.Event(), threading.Event()
    memory = MemoryExecutor()

    def long(state, now):
        inside.set()
        go_on.wait()
        return state

    thread = threading.Thread(target=lambda: memory.change(long))
    thread.start()
    inside.wait()
    client = InfisicalClient(executor=memory)
    went_well = in_a_child(lambda: isinstance(client.status.get(), Success))
    go_on.set()
    thread.join()

    assert went_well
