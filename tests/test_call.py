"""One call: which responses are answers and which are errors, at each bound; and what it takes from its client."""

from __future__ import annotations

from typing import Any

import pytest
from returns.result import Failure, Success

from infisical import InfisicalApiError, InfisicalClient, InfisicalNetworkError, Response
from infisical.decode import text
from infisical.executors import ScriptedExecutor
from infisical.request import Request, get
from tests.wire import answer

REQUEST: Request[str] = get("/api/v1/things", returns=text)
MOVED_REQUEST: Request[str] = get("/api/v2/things", returns=text, formerly=("/api/v1/things",))
MISSING_ROUTE = answer({"message": "Route GET:/api/v2/things not found", "error": "Not Found", "statusCode": 404}, 404)


def ask(*script: Any, request: Request[str] = REQUEST, **settings: Any) -> tuple[Any, ScriptedExecutor]:
    executor = ScriptedExecutor(*script)
    client = InfisicalClient(executor=executor, retry=None, **settings)
    answers = [client(request) for _ in range(2 if request is MOVED_REQUEST else 1)]
    return answers[-1], executor


@pytest.mark.parametrize("status", [200, 201, 204, 250, 298, 299])
def test_a_status_from_200_to_299_is_an_answer(status):
    assert ask(Response(status, (), b"x"))[0] == Success("x")


@pytest.mark.parametrize("status", [100, 198, 199, 300, 301, 304, 400, 404, 500, 599])
def test_any_other_status_is_an_error_with_that_status(status):
    error = ask(Response(status, (), b"x"))[0].failure()

    assert (isinstance(error, InfisicalApiError), error.status_code, error.method, error.template) == (
        True, status, "GET", "/api/v1/things",
    )  # fmt: skip


@pytest.mark.parametrize(("size", "is_refused"), [(0, False), (9, False), (10, False), (11, True), (100, True)])
@pytest.mark.parametrize("status", [200, 500])
def test_an_answer_of_more_bytes_than_the_limit_is_a_failure(size, is_refused, status):
    outcome, _ = ask(Response(status, (), b"x" * size), max_response_bytes=10)
    refused = Failure(InfisicalNetworkError("the answer has more than 10 bytes", reason="protocol"))

    assert (outcome == refused) is is_refused
    assert ask(Response(status, (), b"x" * size))[0] != refused


@pytest.mark.parametrize("status", [200, 299, 400, 401, 403, 404, 405, 409, 421, 422, 423, 429, 500, 502])
def test_a_former_path_is_remembered_after_an_answer_or_an_error_of_the_endpoint(status):
    body = {"message": "no", "error": "No"}
    _, executor = ask(
        MISSING_ROUTE, answer(body, status), answer(body, status), answer(body, status), request=MOVED_REQUEST
    )
    is_remembered = status in (200, 299, 400, 404, 422)

    assert [sent.url.rpartition("/api")[2] for sent in executor.sent][:3] == (
        ["/v2/things", "/v1/things", "/v1/things" if is_remembered else "/v2/things"]
    )


def test_an_answer_that_no_path_has_is_the_error_of_todays_path():
    outcome, executor = ask(MISSING_ROUTE, MISSING_ROUTE, MISSING_ROUTE, MISSING_ROUTE, request=MOVED_REQUEST)

    assert (outcome.failure().route_missing, outcome.failure().template) == (True, "/api/v2/things")
    assert len(executor.sent) == 4


@pytest.mark.parametrize("value", ["text", None, 7])
def test_a_decoder_that_returns_no_result_is_an_error_that_names_its_type(value):
    outcome, _ = ask(Response(200, (), b"x"), request=get("/a", returns=lambda _: value))

    assert outcome.failure().message == f"the decoder returned {type(value).__name__}, not a Result"


@pytest.mark.parametrize("value", ["text", None, 7])
def test_what_is_no_request_is_an_error_that_names_its_type(value):
    outcome, executor = ask(request=value)

    assert (outcome.failure().message, executor.sent) == (
        f"a client runs a Request, Secrets.list(...) for example, not {type(value).__name__}", [],
    )  # fmt: skip
