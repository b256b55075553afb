"""What counts as secret on the wire, and how it is hidden in texts, JSON values and recordings."""

from __future__ import annotations

import base64
import html
import json
import typing
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from infisical.decode import nothing
from infisical.encode import prepare
from infisical.model import list_fields
from infisical.redaction import (
    MASK,
    RECORDED_MASK,
    find_secrets,
    is_secret_field,
    mask,
    mask_value,
    redact_body,
    redact_headers,
    redact_url,
)
from infisical.request import get
from tests.test_model import MODELS

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
SERVICE_TOKEN = "st.0123456789abcdef.0123.456"
PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----"
quick = settings(max_examples=200, deadline=None)
printable = st.characters(exclude_categories=["C", "Z"], include_characters=" \n\"'\\&<>")
secrets = st.text(printable, min_size=8, max_size=16).filter(lambda it: it not in MASK and len(set(it)) > 4)
texts = st.text(max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "value", "TOKEN"]) | texts, inner)
    ),
    max_leaves=8,
)


# ---- names
# Hidden in a repr, but not in recordings: of no use without a key (and a tag is another thing too), or not a secret.
ONLY_IN_REPRS = {"iv", "tag", "conflicts"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_what_a_model_hides_in_its_repr_is_hidden_in_recordings(model):
    hints = typing.get_type_hints(model)
    for f, name in list_fields(model):
        if f.repr or name in ONLY_IN_REPRS:
            continue
        is_text = hints[f.name] in (str, str | None)
        document = {name: "CANARY" if is_text else {"any name": "CANARY"}}

        assert b"CANARY" not in (redact_body(json.dumps(document).encode()) or b"")


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("secretValue", True), ("SECRETVALUE", True), ("accessToken", True), ("clientSecret", True),
        ("plaintext", True), ("Signature", True), ("signature", False), ("secretKey", False), ("tokenType", False),
        ("ciphertext", False), ("clientSecretPrefix", False), ("", False),
        *((name, True) for name in ("bindPass", "newPassword", "oldPassword", "mfaToken", "otpCode", "recoveryCode")),
        *((name, True) for name in ("webhookSecretKey", "webhookUrl", "slackClientSecret", "secretAccessKey")),
    ],
)  # fmt: skip
def test_a_field_is_secret_by_its_name_whatever_the_case(name, secret):
    assert is_secret_field(name) is secret


# ---- what a request carries
@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ((), None, set()),
        ((), b"", set()),
        ((("Accept", "text"), ("X-Org", "org")), b"{}", set()),
        ((("Authorization", "Bearer tok"),), None, {"Bearer tok", "tok"}),
        ((("AUTHORIZATION", "Basic dTpw"), ("x-api-key", "key")), None, {"Basic dTpw", "dTpw", "key"}),
        ((("Authorization", ""),), None, set()),
        ((), b'{"secretValue": "v1", "secretKey": "k", "a": [{"token": {"deep": ["v2", 7, null]}}]}', {"v1", "v2"}),
        ((), b'{"secretValue": " padded\\n"}', {" padded\n", "padded"}),
        ((), b'{"plaintext": "aHVudGVyMg=="}', {"aHVudGVyMg==", "hunter2"}),
        ((), b'{"plaintext": "/w=="}', {"/w=="}),
        ((), b'{"value": "", "token": "  "}', {"  "}),
        ((), b'"text"', set()),
        ((), b"secretValue=v", set()),
        ((), b"\xff", set()),
        ((), b"[" * 100_000, set()),
    ],
)
def test_the_secrets_of_a_request_are_found_in_headers_and_body(headers, body, expected):
    assert find_secrets(headers, body) == expected


# ---- texts
@pytest.mark.parametrize(
    ("text", "hidden", "expected"),
    [
        ("nothing to hide", (), "nothing to hide"),
        ("", ("s3cret",), ""),
        ("a text", ("",), "a text"),
        (f"token {JWT} and {SERVICE_TOKEN}.", (), f"token {MASK} and {MASK}"),
        (f"key:\n{PEM}\nend", (), f"key:\n{MASK}\nend"),
        (PEM[:40], (), MASK),
        ("no s3cret, s3cret!", ("s3cret",), f"no {MASK}, {MASK}!"),
        ("s3crets3cret", ("s3cret",), MASK * 2),
        ("a s3cret-long one", ("s3cret", "s3cret-long"), f"a {MASK} one"),
        ("abcdefghi", ("abcdef", "defghi"), MASK),
        ("abababab!", ("abab",), f"{MASK}!"),
        (f"user:{JWT}@host", (f"user:{JWT}@host",), MASK),
        (f"a=b\n{PEM}\nc=d", (f"a=b\n{PEM}\nc=d",), MASK),
        ("x a. ab a", ("a",), f"x {MASK}. ab {MASK}"),
        ("x 12 123", ("12",), f"x {MASK} 123"),
        ("S3CRET", ("s3cret",), "S3CRET"),
        (".* s3cret (", (".*", "("), f"{MASK} s3cret {MASK}"),
        (f"{MASK} stays", ("s3cret",), f"{MASK} stays"),
    ],
)
def test_secrets_tokens_and_private_keys_are_hidden_in_a_text(text, hidden, expected):
    assert mask(text, hidden) == expected


FORMS = [
    str,
    lambda it: json.dumps(it)[1:-1],
    lambda it: json.dumps(it, ensure_ascii=False)[1:-1],
    html.escape,
    lambda it: html.escape(it, quote=False),
    lambda it: quote(it, safe=""),
    lambda it: quote(it, safe="!'()*"),
]


@quick
@given(secret=secrets, others=st.sets(secrets, max_size=2), before=texts, after=texts, form=st.sampled_from(FORMS))
def test_a_secret_is_hidden_in_every_way_that_a_server_may_write_it(secret, others, before, after, form):
    shown = mask(f"{before} {form(secret)} {after}", {secret, *others})

    assert form(secret) not in shown.replace(MASK, "\0")
    assert MASK in shown


@quick
@given(text=texts.filter(lambda it: "eyJ" not in it and "st." not in it), secret=secrets)
def test_a_text_without_a_secret_is_left_as_it_is(text, secret):
    assert mask(text) == mask(text, {secret}) == text or secret in text


def test_a_json_value_is_masked_in_texts_and_names_and_below_secret_names():
    value = {
        "say": "no s3cret", "s3cret": 1, "token": ["a", {"s3cret": "b", "n": 7}, None], "list": [f"a {JWT}", True, 1.5],
        "inner": {"Password": "p", "signature": "kept", "Signature": "x"},
    }  # fmt: skip

    assert mask_value(value, {"s3cret"}) == {
        "say": f"no {MASK}", MASK: 1, "token": [MASK, {"s3cret": MASK, "n": 7}, None], "list": [f"a {MASK}", True, 1.5],
        "inner": {"Password": MASK, "signature": "kept", "Signature": MASK},
    }  # fmt: skip


# ---- recordings
def test_headers_are_recorded_without_credentials():
    headers = [("Authorization", "Bearer t"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("X-API-Key", "k")]
    others = [("x", "1"), ("x", "2"), ("Location", f"/x?token={JWT}&a=s3cret")]

    assert redact_headers([*headers, *others], {"s3cret"}) == {
        "Authorization": [RECORDED_MASK], "Set-Cookie": [RECORDED_MASK], "set-cookie": [RECORDED_MASK],
        "X-API-Key": [RECORDED_MASK], "x": ["1", "2"], "Location": ["/x?token=redacted&a=redacted"],
    }  # fmt: skip


RECORDED = [
    (b'{"secretValue": "v", "secretKey": "k", "n": 1}', b'{"secretValue": "redacted", "secretKey": "k", "n": 1}'),
    (b'[{"a": {"TOKEN": {"b": ["x", 7]}}}]', b'[{"a": {"TOKEN": {"b": ["redacted", 7]}}}]'),
    (b'{"message": "no s3cret", "s3cret": 1}', b'{"message": "no redacted", "redacted": 1}'),
    (b'{"message": "say \\"s3cret\\" \xc3\xa9"}', b'{"message": "say \\"redacted\\" \xc3\xa9"}'),
    (json.dumps({"a": JWT, "b": PEM}).encode(), b'{"a": "redacted", "b": "redacted"}'),
    (PEM.encode(), b"redacted"), (b'"s3cret"', b'"redacted"'), (b"null", b"null"), (b"{}", b"{}"), (b"7", b"7"),
    (b"<p>s3cret</p>", b"<p>redacted</p>"), (b"\xff s3cret", b"\xef\xbf\xbd redacted"),
    (b'{"secret": {"secretValue": "v\\"w', b'{"secret": {"secretValue": "redacted"'),
    (b'{"secretValue": "v\\', b'{"secretValue": "redacted"'),
    (b'{"a": "b", "token":"t"', b'{"a": "b", "token":"redacted"'), (b'{"a": "b"', b'{"a": "b"'),
    (b'{"plaintext": "v"}\n{"value" : "w"}', b'{"plaintext": "redacted"}\n{"value" : "redacted"}'),
    (b'{"value": ' * 100_000, b'"redacted"'),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), RECORDED, ids=range(len(RECORDED)))
def test_a_body_is_recorded_without_secret_fields_and_without_the_secrets_of_the_request(body, expected):
    assert redact_body(body, {"s3cret"}) == expected


@pytest.mark.parametrize("depth", [100, 300, 450, 490, 600, 900, 950, 10_000])
@pytest.mark.parametrize("opening", ['{"a": ', '{"value": ', "["])
def test_a_body_of_any_depth_is_recorded_without_its_secrets(opening, depth):
    body = opening * depth + '{"token": "s3cret"}' + {"[": "]"}.get(opening, "}") * depth

    assert b"s3cret" not in (redact_body(body.encode()) or b"")


@pytest.mark.parametrize("body", [None, b""])
def test_no_body_is_recorded_as_none(body):
    assert redact_body(body, {"s3cret"}) == body


@quick
@given(st.binary(max_size=20) | json_values.map(lambda it: json.dumps(it).encode()))
@example(b'{"value": "\\ud800"}')
@example(b'{"a": NaN}')
@example(b'\xef\xbb\xbf{"token": "t"}')
def test_what_is_recorded_is_recorded_again_as_it_is(body):
    once = redact_body(body)

    assert redact_body(once) == once


@quick
@given(st.binary(max_size=30) | json_values.map(lambda it: json.dumps(it).encode()), st.sets(texts, max_size=2))
def test_nothing_that_stands_in_a_body_makes_redaction_raise(body, hidden):
    recorded = redact_body(body, hidden)

    assert isinstance(recorded, bytes)
    assert all(isinstance(text, str) for text in find_secrets((("authorization", "a"),), body))


@quick
@given(
    secret=secrets,
    body=json_values,
    name=st.sampled_from(["secretValue", "token", "value", "clientSecret", "plaintext"]),
)
def test_a_secret_field_is_in_no_recording_however_deep_it_stands(secret, body, name):
    document: Any = {"a": body, "b": [{name: [{"deep": secret}]}, {name: secret}], "c": f"said {secret}"}
    recorded = redact_body(json.dumps(document).encode(), find_secrets((), json.dumps({name: secret}).encode()))

    assert secret not in str(json.loads(recorded or b""))
    assert {form(secret) in recorded.decode() for form in FORMS} == {False}


@quick
@given(st.binary(min_size=6, max_size=20))
def test_what_the_base64_of_a_request_stands_for_is_hidden_where_it_is_text(data):
    sent = json.dumps({"plaintext": base64.b64encode(data).decode()}).encode()
    found = find_secrets((), sent)

    assert base64.b64encode(data).decode() in found
    try:
        assert data.decode() in found
    except UnicodeDecodeError:
        assert len(found) == 1


def test_the_values_of_a_record_of_metadata_are_hidden_and_its_names_stay():
    body = {"metadata": {"team": "CANARY"}, "other": {"metadata": [{"key": "k", "value": "CANARY"}]}}
    written = json.loads(redact_body(json.dumps(body).encode()) or b"")

    assert written == {"metadata": {"team": "redacted"}, "other": {"metadata": [{"key": "k", "value": "redacted"}]}}
    assert find_secrets((), json.dumps(body).encode()) == {"CANARY"}


def test_a_secret_in_a_query_shows_neither_in_a_recordings_url_nor_in_a_repr():
    request = get("/api/v1/secret-sharing", query={"hashedHex": "CANARY", "a": "b"}, returns=nothing)
    message = prepare(request, "https://x", (), 1.0).unwrap()

    assert redact_url(message.url) == "https://x/api/v1/secret-sharing?hashedHex=redacted&a=b"
    assert redact_url("https://x/a") == "https://x/a"
    assert "CANARY" not in repr((request, message))
