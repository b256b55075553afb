"""Pages: the walk over every way of counting, lazily, and where it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import AsyncInfisicalClient, InfisicalClient, Jwt, NotFoundError, Request, RequestError
from infisical.decode import many, nothing
from infisical.endpoints.identities import Identities
from infisical.endpoints.identity_auth.token import Token
from infisical.endpoints.kms import Kms, KmsKey, KmsKeyList
from infisical.endpoints.secrets import Secrets
from infisical.errors import InfisicalApiError
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.pagination import apages, pages
from infisical.request import get
from tests.wire import answer

KEYS = Kms.list_keys(project_id="p")
PLAIN: Request[tuple[KmsKey, ...]] = get("/api/v1/things", returns=many(KmsKey, at="things"))


def key(number: int) -> KmsKey:
    return KmsKey(id=str(number))


def asked(sent: list[Request[Any]]) -> list[tuple[Any, Any]]:
    return [(dict(request.query).get("offset"), dict(request.query).get("limit")) for request in sent]


class Server:
    """So many keys, counted or not; at most `most` on a page."""

    def __init__(self, there: int, *, counted: bool = True, most: int = 100) -> None:
        self.there, self.counted, self.most = there, counted, most
        self.sent: list[Request[Any]] = []

    def __call__(self, request: Request[Any]) -> Any:
        self.sent.append(request)
        given = dict(request.query) if request.method == "GET" else dict(request.body or {})
        start, limit = given["offset"], min(given.get("limit", self.most), self.most)
        found = tuple(key(n) for n in range(start, min(start + limit, self.there)))
        return Success(KmsKeyList(keys=found, total_count=self.there) if self.counted else found)


@given(there=st.integers(0, 60), size=st.integers(1, 20), counted=st.booleans(), first=st.integers(0, 70))
def test_the_pages_together_hold_everything_from_the_offset_on_once_and_in_order(there, size, counted, first):
    server = Server(there, counted=counted)
    request = get("/api/v1/kms/keys", query={"offset": first}, returns=KEYS.returns if counted else PLAIN.returns)
    got = [page.unwrap() for page in pages(server, request, size=size)]
    found = [k for page in got for k in (page.keys if counted else page)]

    assert found == [key(n) for n in range(first, there)]
    assert len(server.sent) <= max(1, -(-(there - first) // size) + (not counted))


@given(there=st.integers(0, 60), size=st.integers(1, 20), most=st.integers(1, 7), counted=st.booleans())
def test_a_server_that_sends_shorter_pages_than_were_asked_for_loses_no_rows(there, size, most, counted):
    server = Server(there, counted=counted, most=most)
    got = [page.unwrap() for page in pages(server, KEYS if counted else PLAIN, size=size)]

    assert [k for page in got for k in (page.keys if counted else page)] == [key(n) for n in range(there)]


def test_counted_pages_end_with_the_count():
    server = Server(5)
    got = list(pages(server, KEYS, size=2))

    assert [len(page.unwrap().keys) for page in got] == [2, 2, 1]
    assert asked(server.sent) == [(0, 2), (2, 2), (4, 2)]


def test_uncounted_pages_end_with_an_empty_one():
    short, full = Server(3, counted=False), Server(4, counted=False)

    assert [len(page.unwrap()) for page in pages(short, PLAIN, size=2)] == [2, 1, 0]
    assert [len(page.unwrap()) for page in pages(full, PLAIN, size=2)] == [2, 2, 0]


@pytest.mark.parametrize(("counted", "lengths"), [(True, [100, 100, 50]), (False, [100, 100, 50, 0])])
def test_a_short_page_is_not_the_last_one_with_a_total_or_without(counted, lengths):
    server = Server(250, counted=counted)
    got = [page.unwrap() for page in pages(server, KEYS if counted else PLAIN, size=500)]

    assert [len(page.keys if counted else page) for page in got] == lengths
    assert asked(server.sent) == [(offset, 500) for offset in (0, 100, 200, 250)[: len(lengths)]]


def test_without_a_size_the_servers_own_limit_is_taken():
    server = Server(5, counted=False, most=2)

    assert [len(page.unwrap()) for page in pages(server, PLAIN)] == [2, 2, 1, 0]
    assert asked(server.sent) == [(0, None), (2, None), (4, None), (5, None)]


def test_the_requests_own_offset_limit_and_filters_stay():
    server = Server(9)
    list(pages(server, Kms.list_keys(project_id="p", search="s", offset=4, limit=3)))

    assert [request.query for request in server.sent] == [
        (("projectId", "p"), ("offset", 4), ("limit", 3), ("search", "s")),
        (("projectId", "p"), ("offset", 7), ("limit", 3), ("search", "s")),
    ]


def test_an_endpoint_that_pages_in_its_body():
    server = Server(3)
    request = Identities.search(search={"name": {"$contains": "x"}})
    list(pages(server, request, size=2))

    assert [request.body for request in server.sent] == [
        {"search": {"name": {"$contains": "x"}}, "offset": 0, "limit": 2},
        {"search": {"name": {"$contains": "x"}}, "offset": 2, "limit": 2},
    ]


def test_pages_are_asked_for_one_by_one():
    server = Server(100)
    walk = pages(server, KEYS, size=10)
    next(walk)
    next(walk)

    assert len(server.sent) == 2


def test_the_first_failure_is_the_last_page():
    executor = ScriptedExecutor(answer({"keys": [{"id": "0"}], "totalCount": 9}), answer({"error": "NotFound"}, 404))
    got = list(pages(InfisicalClient(auth=Jwt("t"), executor=executor), KEYS, size=1))

    assert [type(page) for page in got] == [Success, Failure]
    assert isinstance(got[1].failure(), NotFoundError)
    assert len(executor.sent) == 2


def test_where_the_server_takes_no_larger_offset_the_walk_ends_with_a_failure_that_says_so():
    server = Server(500, counted=False)
    *got, last = pages(server, Token.list_tokens(identity_id="i"), size=50)

    assert [len(page.unwrap()) for page in got] == [50, 50, 50]
    assert last == Failure(
        RequestError(
            "GET /api/v1/auth/token-auth/identities/{identityId}/tokens takes offsets up to 100: there may be more"
        )
    )


def test_an_endpoint_that_does_not_page_is_noticed_not_asked_for_ever():
    def always_the_same(_: Request[Any]) -> Any:
        return Success((key(1), key(2)))

    got = list(pages(always_the_same, PLAIN, size=2))

    assert got[:2] == [Success((key(1), key(2)))] * 2
    assert got[2:] == [Failure(RequestError("GET /api/v1/things does not page: it answers the same again"))]


@pytest.mark.parametrize("size", [0, -1, "ten"])
def test_a_size_that_cannot_be_is_a_failure_before_anything_is_sent(size):
    server = Server(5)
    [got] = pages(server, KEYS, size=size)

    assert isinstance(got.failure(), RequestError)
    assert server.sent == []


@pytest.mark.parametrize(
    ("given", "described"),
    [
        (Success(KmsKeyList(keys=())), "the answer of an earlier call"),
        (Failure(RequestError("no")), "the answer of an earlier call"),
        (KmsKeyList(keys=()), "KmsKeyList"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_request_is_a_failure_that_says_what_to_give(given, described):
    server = Server(5)
    wanted = "pages needs a request, as Kms.list_keys(...) on the class builds it"

    assert list(pages(server, given)) == [Failure(RequestError(f"{wanted}, not {described}"))]
    assert server.sent == []


def test_the_coroutine_of_a_call_is_a_failure_that_says_what_to_give():
    async def main() -> list[Any]:
        client = AsyncInfisicalClient(auth=Jwt("t"), executor=AsyncScriptedExecutor())
        call: Any = client.kms.list_keys(project_id="p")
        got = [page async for page in apages(client, call)]
        call.close()
        return got

    wanted = "pages needs a request, as Kms.list_keys(...) on the class builds it"
    assert asyncio.run(main()) == [Failure(RequestError(f"{wanted}, not a coroutine"))]


def test_an_answer_without_a_list_is_a_failure():
    request = get("/api/v1/nothing", returns=nothing)
    got = list(pages(lambda _: Success(None), request))

    assert got == [Success(None), Failure(RequestError("GET /api/v1/nothing does not answer with a list"))]


def test_the_same_under_asyncio():
    answers = [answer({"keys": [{"id": "0"}], "totalCount": 2}), answer({"keys": [{"id": "1"}], "totalCount": 2})]
    executor = AsyncScriptedExecutor(*answers)

    async def main() -> list[Any]:
        client = AsyncInfisicalClient(auth=Jwt("t"), executor=executor)
        return [page async for page in apages(client, KEYS, size=1)]

    assert asyncio.run(main()) == [
        Success(KmsKeyList(keys=(key(0),), total_count=2)),
        Success(KmsKeyList(keys=(key(1),), total_count=2)),
    ]


def test_a_failure_under_asyncio_ends_the_walk_and_a_listing_that_does_not_page_is_noticed():
    listed = answer({"secrets": [{"id": "1", "secretKey": "K", "secretValue": "v"}]})
    executor = AsyncScriptedExecutor(listed, listed, answer({"error": "NotFound"}, 404))

    async def main(request: Request[Any]) -> list[Any]:
        client = AsyncInfisicalClient(auth=Jwt("t"), executor=executor)
        return [page async for page in apages(client, request)]

    secrets = asyncio.run(main(Secrets.list(project_id="p", environment="dev")))
    keys = asyncio.run(main(KEYS))

    assert [type(page) for page in secrets] == [Success, Success, Failure]
    assert isinstance(secrets[2].failure(), RequestError)
    assert [isinstance(page.failure(), InfisicalApiError) for page in keys] == [True]
