"""Threads and mixed operations on one memory server: nothing is lost, and no thread sees torn state."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import BadRequestError, InfisicalClient, Jwt, NotFoundError
from infisical.endpoints.secrets import NewSecret, SecretChange
from infisical.executors import MemoryExecutor
from tests.forms import mark_exhaustive

PAIR = ("LEFT", "RIGHT")
"""Two secrets that are only ever written together, in one batch, with the same value."""


class Worker:
    """One thread's work: secrets of its own, whose values it knows, and what all share."""

    def __init__(self, memory: MemoryExecutor, number: int) -> None:
        self.client = InfisicalClient(executor=memory, auth=Jwt(memory.given.user_token))
        self.number, self.random = number, random.Random(number)
        self.where: dict[str, Any] = {"project_id": memory.given.project_id, "environment": "dev"}
        self.values: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.done = self.counted = 0

    def key(self) -> str:
        return f"T{self.number}_{self.random.randrange(8)}"

    def work(self, operations: int) -> None:
        steps = (self.create, self.update, self.read, self.delete, self.write_pair, self.read_pair, self.count)
        for _ in range(operations):
            self.random.choice(steps)()
            self.done += 1

    def create(self) -> None:
        key, value = self.key(), str(self.random.random())
        got = self.client.secrets.create(secret_name=key, secret_value=value, **self.where)
        if key in self.values:
            assert isinstance(got.failure(), BadRequestError)
        else:
            assert got.unwrap().version == 1
            self.values[key], self.versions[key] = value, 1

    def update(self) -> None:
        key, value = self.key(), str(self.random.random())
        got = self.client.secrets.update(secret_name=key, secret_value=value, **self.where)
        if key in self.values:
            self.versions[key] += 1
            assert got.unwrap().version == self.versions[key]
            self.values[key] = value
        else:
            assert isinstance(got.failure(), NotFoundError)

    def read(self) -> None:
        key = self.key()
        match self.client.secrets.get_by_name(secret_name=key, **self.where):
            case Success(secret):
                assert (secret.secret_value, secret.version) == (self.values[key], self.versions[key])
            case Failure(error):
                assert isinstance(error, NotFoundError)
                assert key not in self.values

    def delete(self) -> None:
        key = self.key()
        got = self.client.secrets.delete(secret_name=key, **self.where)
        assert isinstance(got, Success) == (key in self.values)
        self.values.pop(key, None)

    def write_pair(self) -> None:
        """One batch of three: the pair, and a count that every thread raises; it is written once for each batch."""
        value = f"{self.number}:{self.random.random()}"
        changes = [SecretChange(secret_key=key, secret_value=value) for key in (*PAIR, "COUNT")]
        self.client.secrets.batch_update(secrets=changes, **self.where).unwrap()
        self.counted += 1

    def read_pair(self) -> None:
        found = {one.secret_key: one for one in self.client.secrets.list(**self.where).unwrap().secrets}
        left, right = (found[key] for key in PAIR)
        assert (left.secret_value, left.version) == (right.secret_value, right.version)
        assert {
            key: one.secret_value for key, one in found.items() if key.startswith(f"T{self.number}_")
        } == self.values

    def count(self) -> None:
        path = f"f{self.number}_{self.random.randrange(4)}"
        made = self.client.secret_folders.create(name=path, **self.where)
        if isinstance(made, Success):
            self.client.secret_folders.delete(folder_id_or_name=made.unwrap().id, **self.where).unwrap()


@pytest.mark.parametrize(("threads", "operations"), [(16, 1000), mark_exhaustive(32, 10_000)])
def test_many_threads_lose_nothing_and_tear_nothing(threads, operations):
    memory = MemoryExecutor()
    workers = [Worker(memory, number) for number in range(threads)]
    first = workers[0]
    first.client.secrets.batch_create(
        secrets=[NewSecret(secret_key=key, secret_value="start") for key in (*PAIR, "COUNT")], **first.where
    ).unwrap()

    with ThreadPoolExecutor(threads) as pool:
        shares = [operations // threads + (number < operations % threads) for number in range(threads)]
        list(pool.map(Worker.work, workers, shares))

    found = {one.secret_key: one for one in first.client.secrets.list(**first.where).unwrap().secrets}
    expected = {key: value for worker in workers for key, value in worker.values.items()}
    assert sum(worker.done for worker in workers) == operations
    assert {key: one.secret_value for key, one in found.items() if key not in (*PAIR, "COUNT")} == expected
    assert found["COUNT"].version == 1 + sum(worker.counted for worker in workers)
