"""The error family: what a response outside 200-299 becomes, whatever it holds; and errors as values."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from infisical import (
    BadRequestError,
    ForbiddenError,
    InfisicalApiError,
    InfisicalClient,
    InfisicalError,
    InternalServerError,
    Jwt,
    NotFoundError,
    RateLimitError,
    Response,
    UnauthorizedError,
    ValidationError,
)
from infisical.executors import ScriptedExecutor
from infisical.rejection import make_error, parse_rejection
from tests.forms import mark_exhaustive, try_examples
from tests.wire import answer

SAMPLES = Path(__file__).parent / "samples"
COPIES = [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
MISSING = "this server does not have the endpoint"
ELSEWHERE = f"{MISSING}: it is older or newer than it, or base_url is not its root"
NOT_A_MEMBER = "Identity is not a member of the specified project with ID '13149087-66d8-45dd-af69-b4cd92a52979'"
ZEROS = "00000000-0000-4000-8000-000000000000"


def sample(name: str) -> Response:
    """What a real server answered."""
    written = json.loads((SAMPLES / f"{name}.json").read_text())
    headers = tuple((key, value) for key, value in written["raw_headers"])
    return Response(written["status"], headers, written["body_text"].encode())


# Samples of a server of October 2024, which has no reqId: class, message, error_type.
OF_A_SERVER: dict[str, tuple[type[InfisicalApiError], str, str | None]] = {
    "304_etag": (InfisicalApiError, "the server answered 304 with an empty body", None),
    "400_secret_exists": (BadRequestError, "Secret already exist", "BadRequest"),
    "400_secret_list_no_workspace": (BadRequestError, "Missing workspace id or environment", "BadRequest"),
    "401_no_auth_header": (UnauthorizedError, "Token missing", "UnauthorizedError"),
    "401_token_renew_after_expiry": (UnauthorizedError, "No identity access token found", "UnauthorizedError"),
    "401_token_renew_ttl_equals_max": (
        UnauthorizedError, "Failed to renew MI access token past its Max TTL expiration", "UnauthorizedError"
    ),
    "401_token_revoked": (UnauthorizedError, "No identity access token found", "UnauthorizedError"),
    "401_token_ttl_expired": (
        UnauthorizedError, "Failed to renew MI access token due to TTL expiration", "UnauthorizedError"
    ),
    "401_ua_login_wrong_secret": (UnauthorizedError, "Invalid credentials", "UnauthorizedError"),
    "401_validation_missing_fields": (
        ValidationError, "workspaceId: Required; environment: Required; secretValue: Required", "ValidationFailure"
    ),
    "401_validation_query": (ValidationError, "environment: Required", "ValidationFailure"),
    "403_not_member": (
        ForbiddenError, f"You are not allowed to access this resource: {NOT_A_MEMBER}", NOT_A_MEMBER
    ),
    "403_token_bad_signature": (ForbiddenError, "invalid signature", "TokenError"),
    "403_token_jwt_expired": (ForbiddenError, "Your token has expired. Please re-authenticate.", "TokenError"),
    "403_token_malformed": (
        ForbiddenError,
        "The provided access token is malformed. Please use a valid token or generate a new one and try again.",
        "TokenError",
    ),
    "403_viewer_create_secret": (ForbiddenError, "You are not allowed to create on secrets", "PermissionDenied"),
    "404_environment_secret_create": (
        NotFoundError, "Folder with path '/' in environment with slug 'nope' not found", "CreateSecret"
    ),
    "404_folder_delete_unknown": (NotFoundError, "Failed to delete folder with ID 'nope', not found", "NotFound"),
    "404_folder_id": (NotFoundError, f"Folder with ID '{ZEROS}' not found", "NotFound"),
    "404_folder_path_secret_get": (
        NotFoundError, "Folder with path '/nope' in environment with slug 'dev' not found", "GetSecretByName"
    ),
    "404_identity_unknown": (NotFoundError, f"Failed to find identity with id {ZEROS}", "NotFound"),
    "404_project_unknown": (
        NotFoundError,
        f"Project with ID '{ZEROS}' not found during bot lookup. Are you sure you are using the correct project ID?",
        "NotFound",
    ),
    "404_route": (NotFoundError, f"Route GET:/api/v9/nope not found ({ELSEWHERE})", "Not Found"),
    "404_secret": (NotFoundError, "Secret with name 'NOPE' not found", "NotFound"),
    "404_secret_delete": (NotFoundError, "Secret with name 'NOPE' not found", "DeleteSecret"),
    "404_secret_update": (NotFoundError, "Secret with name NOPE not found", "NotFound"),
    "404_ua_login_unknown_client": (NotFoundError, "No identity with specified client ID was found", "NotFound"),
    "429_secrets_read": (RateLimitError, "Rate limit exceeded. Please try again in 1 minute", "RateLimitExceeded"),
    "500_empty_json_body": (InternalServerError, "Something went wrong", "InternalServerError"),
    "500_malformed_json": (InternalServerError, "Something went wrong", "InternalServerError"),
    "500_project_get_unknown": (
        InternalServerError, "Something went wrong: Failed to find project by id", "Failed to find project by id"
    ),
}  # fmt: skip


def test_every_sample_has_its_expectation():
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(OF_A_SERVER)


@pytest.mark.parametrize("name", OF_A_SERVER)
def test_a_real_refusal_becomes_this_error(name):
    family, message, kind = OF_A_SERVER[name]
    expected = family(
        message, status_code=int(name[:3]), error_type=kind, method="GET", template="/api/{x}", request_id=None
    )
    if isinstance(expected, RateLimitError):
        expected.retry_after = 60.0
    if isinstance(expected, ValidationError):
        expected.details = json.loads(sample(name).body)["message"]
    if isinstance(expected, NotFoundError) and kind == "Not Found":
        expected.route_missing = True

    assert make_error(sample(name), "GET", "/api/{x}") == expected


# ---- the family
FAMILY = {
    400: BadRequestError, 401: UnauthorizedError, 403: ForbiddenError, 404: NotFoundError, 422: ValidationError,
    429: RateLimitError, 500: InternalServerError, 501: InternalServerError, 502: InternalServerError,
    503: InternalServerError, 504: InternalServerError, 599: InternalServerError, 100: InfisicalApiError,
    300: InfisicalApiError, 302: InfisicalApiError, 304: InfisicalApiError, 402: InfisicalApiError,
    405: InfisicalApiError, 409: InfisicalApiError, 410: InfisicalApiError, 418: InfisicalApiError,
    399: InfisicalApiError, 421: InfisicalApiError, 423: InfisicalApiError, 428: InfisicalApiError,
    430: InfisicalApiError, 499: InfisicalApiError, 600: InternalServerError,
}  # fmt: skip


@pytest.mark.parametrize("status", FAMILY)
def test_the_status_decides_the_class(status):
    body = {"reqId": "req-1", "statusCode": status, "error": "Kind", "message": "Said", "details": [{"a": 1}]}
    expected = FAMILY[status]("Said", status_code=status, error_type="Kind", request_id="req-1", details=[{"a": 1}])

    assert make_error(answer(body, status)) == expected
    assert isinstance(expected, InfisicalApiError)
    assert isinstance(expected, InfisicalError)


ISSUES: list[Any] = [
    {"code": "invalid_type", "expected": "string", "path": ["secrets", 0, "secretKey"], "message": "Required"},
    {"code": "custom", "path": [], "message": "Nothing to change"},
    {"code": "too_small", "path": ["name"]},
    {"path": ["odd"], "message": None},
    {"message": "No path"},
    "a text",
    None,
]
LISTED = "secrets.0.secretKey: Required; Nothing to change; name: too_small; odd: is not valid; No path; a text; None"


@pytest.mark.parametrize("status", [422, 401])
def test_issues_of_a_validator_are_listed_with_their_paths(status):
    body = {"reqId": "r", "statusCode": status, "error": "ValidationFailure", "message": ISSUES}

    assert make_error(answer(body, status)) == ValidationError(
        LISTED, status_code=status, error_type="ValidationFailure", request_id="r", details=ISSUES
    )


JSON, OTHER = "application/json", "not an error of Infisical's"
BODIES = [
    (502, b"<html>Bad Gateway</html>", "text/html; charset=utf-8", f"the server answered 502 with text/html, {OTHER}"),
    (502, b"", "text/html", "the server answered 502 with an empty body"),
    (500, b"", None, "the server answered 500 with an empty body"), (500, b"[]", JSON, "the server answered 500"),
    (500, b'["a"]', JSON, "the server answered 500"), (500, b'"text"', JSON, "the server answered 500"),
    (500, b"null", JSON, "the server answered 500"), (500, b"{}", JSON, "the server answered 500"),
    (400, b"{", JSON, "the server answered 400"), (400, b'{"message": ""}', JSON, "the server answered 400"),
    (400, b'{"message": 7, "error": 7}', JSON, "the server answered 400"),
    (400, b'{"message": [], "error": "Kind"}', JSON, "Kind"),
    (401, b'{"error": "Missing bearer token"}', JSON, "Missing bearer token"),
    (400, b'{"title": "a"}', "application/x+json", f"the server answered 400 with application/x+json, {OTHER}"),
    (400, b"\xff\xfe\x00", None, "the server answered 400"),
    (418, b"short and stout", "text/plain", f"the server answered 418 with text/plain, {OTHER}"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "message"), BODIES)
def test_a_body_that_says_nothing_still_gives_a_good_error(status, body, kind, message):
    headers = () if kind is None else (("Content-Type", kind),)
    error = make_error(Response(status, headers, body))

    assert (error.message, str(error), error.details, error.status_code) == (message, message, None, status)


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://other.example.com/login?next=s3cret#s3cret", "https://other.example.com/login"),
        ("https://user:s3cret@other.example.com/x", "https://other.example.com/x"),
        ("/login?token=s3cret", "/login"),
        ("//other.example.com/x", "//other.example.com/x"),
        ("https://[s3cret", "somewhere else"),
    ],
)
def test_a_redirect_is_an_error_that_says_where_to_without_its_query(location, said):
    error = make_error(Response(302, (("Location", location),), b""))

    assert (type(error), error.message) == (
        InfisicalApiError,
        f"the server answered 302: a redirect to {said}, not followed",
    )


@pytest.mark.parametrize(
    ("status", "is_redirect"),
    [(200, False), (299, False), (300, True), (301, True), (308, True), (399, True), (400, False), (401, False)],
)
def test_a_location_makes_a_redirect_of_the_statuses_from_300_to_399(status, is_redirect):
    place = ": a redirect to /login, not followed" if is_redirect else " with an empty body"

    assert make_error(Response(status, (("Location", "/login"),))).message == f"the server answered {status}{place}"
    assert make_error(Response(status)).message == f"the server answered {status} with an empty body"


@pytest.mark.parametrize(
    ("body", "header", "expected"),
    [
        ({"reqId": "req-body"}, "req-header", "req-body"),
        ({"reqId": ""}, "req-header", "req-header"),
        ({"reqId": None}, "req-header", "req-header"),
        ({"reqId": 7}, "req-header", "req-header"),
        ({}, "req-header", "req-header"),
        ([], "req-header", "req-header"),
        ({"reqId": "req-body"}, None, "req-body"),
        ({}, None, None),
    ],
)
def test_the_request_id_of_the_body_goes_before_the_header(body, header, expected):
    response = Response(500, () if header is None else (("X-Request-Id", header),), json.dumps(body).encode())

    assert make_error(response).request_id == expected


@pytest.mark.parametrize(
    ("template", "hint"),
    [
        ("/api/v4/secrets/{secretName}", f"{MISSING}; client.secrets_v3 speaks to servers before v4"),
        ("/api/v2/folders", f"{MISSING}; servers that lack it have /api/v1/folders"),
        ("/api/v1/other", ELSEWHERE),
        ("", ELSEWHERE),
    ],
)  # fmt: skip
def test_a_missing_route_is_told_from_a_missing_object_and_says_what_serves_instead(template, hint):
    error = make_error(
        answer({"message": "Route POST:/api/x?y not found", "error": "Not Found", "statusCode": 404}, 404),
        "POST",
        template,
    )

    assert isinstance(error, NotFoundError)
    assert error.route_missing
    assert error.message.startswith(f"Route POST:/api/x?y not found ({hint}")
    assert str(error) == error.message


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Route POST:/api/x not found", "error": "NotFound"},
        {"message": "Secret with name 'Route GET:/x' not found", "error": "Not Found"},
        {"message": "Route not found", "error": "Not Found"},
        {"error": "Not Found"},
    ],
)
def test_a_missing_object_is_not_a_missing_route(body):
    error = make_error(answer(body, 404), "GET", "/api/v4/secrets")

    assert isinstance(error, NotFoundError)
    assert not error.route_missing
    assert error.message == body.get("message", "Not Found")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "no", "error": "a reason"}, "no: a reason"),
        ({"error": "a reason"}, "a reason"),
        ({"message": "", "error": "a reason"}, "a reason"),
        ({"message": "it is a reason", "error": "a reason"}, "it is a reason"),
        ({"message": "no", "error": "PermissionDenied"}, "no"),
        ({"message": "no", "error": "Not Found"}, "no"),
        ({"message": "no", "error": "internal server error"}, "no"),
        ({"message": "no", "error": ""}, "no"),
        ({"message": "no", "error": " "}, "no"),
        ({"message": "no", "error": ["a reason"]}, "no"),
        ({"message": "no", "error": "s3cret is a reason"}, "no: [redacted] is a reason"),
    ],
)
def test_a_reason_that_an_older_server_puts_into_error_is_in_the_message(body, message):
    error = make_error(answer(body, 403), secrets={"s3cret"})

    assert (error.message, str(error)) == (message, message)


@pytest.mark.parametrize(
    ("name", "length"), [("A" * 101, 101), ("\u00fc" * 200, 200), ("\U0001f511" * 51, 102), ("\ud800" * 101, 101)]
)
def test_a_part_of_a_path_that_is_too_long_states_the_limit_and_no_missing_route(name, length):
    said = {"message": "Route GET:/api/v4/secrets/A not found", "error": "Not Found", "statusCode": 404}
    parts = (("projectId", "p"), ("secretName", name))
    error = make_error(answer(said, 404), "GET", "/api/v4/secrets/{secretName}", (), parts)

    assert isinstance(error, NotFoundError)
    assert not error.route_missing
    assert error.message == (
        f"Route GET:/api/v4/secrets/A not found (secretName has {length} characters: this server takes at most 100 in "
        "a part of a path)"
    )


@pytest.mark.parametrize("name", ["A" * 100, "\U0001f511" * 50])
def test_a_part_of_a_path_up_to_the_limit_is_not_to_blame(name):
    error = make_error(
        answer({"message": "Route GET:/api/x not found", "error": "Not Found"}, 404), "GET", "/x", (), (("n", name),)
    )

    assert isinstance(error, NotFoundError)
    assert error.route_missing


def test_a_call_with_a_long_name_says_so():
    said = answer({"message": "Route GET:/api/x not found", "error": "Not Found", "statusCode": 404}, 404)
    client = InfisicalClient(executor=ScriptedExecutor(*[said] * 3), auth=Jwt("t"))
    error = client.secrets.get_by_name(secret_name="N" * 130, project_id="p", environment="dev").failure()

    assert "secretName has 130 characters" in error.message


# ---- Retry-After
NOON = "Sun, 22 Nov 2026 12:00:00 GMT"
IN_A_MINUTE = "Rate limit exceeded. Please try again in 1 minute"
RETRIES: list[tuple[dict[str, str], str, float | None]] = [
    ({"retry_after": "60"}, "", 60.0), ({"retry_after": "0"}, "", 0.0), ({"retry_after": " 1.5 "}, "", 1.5),
    ({"retry_after": "60", "x_ratelimit_reset": "5"}, "in 3 seconds", 60.0),
    ({"retry_after": "Sun, 22 Nov 2026 12:00:30 GMT", "date": NOON}, "", 30.0),
    ({"retry_after": "Sun, 22 Nov 2026 13:01:00 +0100", "date": NOON}, "", 60.0),
    ({"retry_after": "Sun, 22 Nov 2026 11:59:00 GMT", "date": NOON}, "", 0.0),
    ({"retry_after": "Sun, 22 Nov 2026 12:00:30 GMT"}, "", None),
    ({"retry_after": "Sun, 22 Nov 2026 12:00:30 GMT"}, IN_A_MINUTE, 60.0),
    ({"retry_after": "Sun, 22 Nov 2026 12:00:30 GMT", "date": "soon"}, IN_A_MINUTE, 60.0),
    ({"retry_after": "Sun, 22 Nov 2026 12:00:30 -0000", "date": NOON}, "", None), ({"retry_after": "soon"}, "", None),
    ({"retry_after": "-5"}, "", None), ({"retry_after": "inf"}, "", None), ({"retry_after": "1e9"}, "", None),
    ({"retry_after": "9" * 400}, "", None), ({"retry_after": ""}, "", None), ({"retry_after": "5, 6"}, "", None),
    ({}, IN_A_MINUTE, 60.0), ({}, "Please try again in 30 seconds", 30.0), ({}, "try again in 2 hours.", 7200.0),
    ({}, "try again in 1 second", 1.0), ({}, "try again in 5 secondary", None), ({}, "in 12 months", None),
    ({"x_ratelimit_reset": "7"}, IN_A_MINUTE, 60.0), ({"x_ratelimit_reset": "7"}, "", 7.0),
    ({"x_ratelimit_reset": "7.5"}, "", None), ({"x_ratelimit_reset": "-7"}, "", None), ({}, "", None),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "message", "expected"), RETRIES)
def test_the_time_to_wait_is_read_in_every_way_the_server_has_of_saying_it(headers, message, expected):
    error = make_error(answer({"message": message, "error": "RateLimitExceeded"}, 429, **headers))

    assert isinstance(error, RateLimitError)
    assert error.retry_after == expected
    assert ("retry_after" in repr(error)) is (expected is not None)


# ---- any response at all
dates = st.text('0123456789 :,-+.MonGTSuNovUC()"\\\t', max_size=40) | st.dates().map(
    lambda it: f"{it:%a, %d %b %Y} 25:61 GMT"
)
names = st.sampled_from(["Retry-After", "Date", "X-RateLimit-Reset", "X-Request-Id", "Location", "Content-Type", "x"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["path", "message", "code"]), inner),
    max_leaves=8,
)
bodies = st.dictionaries(st.sampled_from(["message", "error", "reqId", "details", "statusCode"]), json_values)


@try_examples(40, 400)
@given(
    status=st.integers(100, 999) | st.sampled_from([302, 401, 404, 422, 429]),
    headers=st.lists(st.tuples(names, dates | st.text(max_size=9)), max_size=4).map(tuple),
    body=st.binary(max_size=20) | bodies.map(lambda it: json.dumps(it).encode()),
)
@example(status=429, headers=(("Retry-After", "0 0 0 0 0 0 0 0"), ("Date", NOON)), body=b"")
@example(
    status=429, headers=(("Retry-After", "Fri, 31 Dec 9999 23:59:59 -2359"), ("Date", "1 Jan 1 0:0 +2359")), body=b""
)
@example(status=404, headers=(), body=b'{"message": "Route GET:/\\ud800", "error": "Not Found"}')
def test_any_response_gives_an_error_that_is_a_value(status, headers, body):
    response = Response(status, headers, body)
    error = make_error(response, "GET", "/x", {"s3cret", ""})

    assert (error.status_code, error.method, error.template, error.sent) == (status, "GET", "/x", True)
    assert isinstance(error, InfisicalApiError)
    assert error.message != ""
    assert str(error) == error.message
    assert error == make_error(response, "GET", "/x", {"s3cret", ""})
    assert pickle.loads(pickle.dumps(error)) == copy.deepcopy(error) == copy.copy(error) == error
    assert repr(error).startswith(f"{type(error).__name__}(message=")
    assert parse_rejection(response).error_type == error.error_type


@pytest.mark.parametrize("depth", [10, 330, 490, 900, 100_000, *map(mark_exhaustive, (200, 320, 450, 600))])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"message":', "}]")])
@pytest.mark.parametrize("name", ["message", "details", "error", "reqId"])
def test_a_body_of_any_depth_gives_an_error(name, opening, closing, depth):
    body = f'{{"{name}": {opening * depth}1{closing * depth}}}'

    assert type(make_error(Response(403, (), body.encode()), "GET", "/x")) is ForbiddenError


def test_secrets_of_the_request_are_masked_wherever_the_answer_echoes_them():
    body = {
        "message": "no s3cret",
        "error": "s3cret!",
        "reqId": "r-s3cret",
        "details": {"s3cret": ["a s3cret"], "token": "t"},
    }

    assert make_error(answer(body, 400), secrets={"s3cret"}) == BadRequestError(
        "no [redacted]", status_code=400, error_type="[redacted]!", request_id="r-[redacted]",
        details={"[redacted]": ["a [redacted]"], "token": "[redacted]"},
    )  # fmt: skip
