"""What is secret below a name: its text, the texts of objects below it, its numbers."""

from __future__ import annotations

import pytest

from infisical.redaction.names import (
    COUNT_FIELDS,
    DEEP,
    EXACT_SECRET_FIELDS,
    NUMBERS,
    PUBLIC_NAMES,
    SECRET_FIELDS,
    SECRET_PARAMETERS,
    SECRET_RECORDS,
    SECRET_SUFFIXES,
    TEXT,
    get_inner_secrecy,
    get_value_secrecy,
    is_secret_field,
    is_secret_parameter,
    normalize_name,
)

ALL_FLAGS = TEXT | DEEP | NUMBERS


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Token", "token"), ("client_secret", "clientsecret"), ("Client-Secret", "clientsecret"), ("a b", "ab"),
        ("", ""),
        ("client%5Fsecret", "clientsecret"), ("client%255Fsecret", "clientsecret"),
        ("client%25255Fsecret", "client5fsecret"),
        ("Straße", "strasse"), ("totp2", "totp2"), ("_", ""), ("K", "k"),
    ],
)  # fmt: skip
def test_the_normal_form_of_a_name_has_no_case_encoding_and_separators(name, expected):
    assert normalize_name(name) == expected


def test_the_flags_are_three_bits():
    assert (TEXT, DEEP, NUMBERS) == (1, 2, 4)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (SECRET_FIELDS - COUNT_FIELDS, ALL_FLAGS), (COUNT_FIELDS, TEXT | DEEP), (EXACT_SECRET_FIELDS, ALL_FLAGS),
        (PUBLIC_NAMES, 0), ([f"my{suffix}" for suffix in SECRET_SUFFIXES], TEXT | NUMBERS),
        (["tokens", "mytokens", "a"], 0),
        (["x:pin", "token.a", "a[pin]", "a.pin.b", "a/pin/", "pin%2Ea"], ALL_FLAGS),
        (["auth[password]", "a.b.token"], TEXT | NUMBERS),
        (["a.value"], TEXT | DEEP),
        (["a.mytoken", "value.mytoken.a"], 5), (["a.b", "..", ".a", "a:"], 0),
        ([".token", "token.", "[token]"], ALL_FLAGS),
        (["signature", "SIGNATURE"], 0), (sorted(SECRET_PARAMETERS), 0), (sorted(SECRET_RECORDS), 0),
    ],
)  # fmt: skip
def test_a_name_alone_makes_these_parts_of_its_value_secret(names, expected):
    assert {name: get_value_secrecy(name, False, 0) for name in names} == dict.fromkeys(names, expected)
    assert {name: is_secret_field(name) for name in names} == dict.fromkeys(names, expected != 0)


def test_more_names_are_secret_in_a_query_than_in_json():
    assert {is_secret_parameter(name) for name in SECRET_PARAMETERS | SECRET_FIELDS | EXACT_SECRET_FIELDS} == {True}
    assert [is_secret_parameter(name) for name in ("PHPSESSID", "ses-sid", "s_id", "state", "a")] == [
        True, False, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("inherited", range(8))
def test_the_value_of_a_public_name_inherits_the_texts_of_a_deep_secret_only(inherited):
    expected = DEEP | TEXT if inherited in (2, 3, 6, 7) else 0

    assert get_value_secrecy("a", False, inherited) == get_value_secrecy("a", True, inherited, "b") == expected
    assert get_value_secrecy("token", False, inherited) == ALL_FLAGS
    assert get_value_secrecy("value", False, inherited) == TEXT | DEEP
    assert get_value_secrecy("mytoken", False, inherited) == TEXT | NUMBERS | expected
    assert get_inner_secrecy(inherited) == expected


@pytest.mark.parametrize("name", sorted(SECRET_RECORDS))
def test_every_text_of_a_record_is_secret_if_it_is_an_object(name):
    assert [get_value_secrecy(name, is_object, inherited) for is_object in (True, False) for inherited in (0, 4)] == [
        DEEP | TEXT, DEEP | TEXT, 0, 0,
    ]  # fmt: skip
    assert get_value_secrecy(f"x{name}", True, 0) == 0


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("code", "a1b2c3", TEXT), ("CODE", "123456", TEXT), ("code", "12345", 0), ("code", "abcdef", 0),
        ("code", "", 0),
        ("code", "a1b2c3 d", 0), ("code", "4/0A.b~c-d+e=", TEXT), ("code", "invalid_type1", 0),
        ("codes", "a1b2c3", 0), ("a", "a1b2c3", 0),
    ],
)  # fmt: skip
def test_a_code_is_secret_if_it_looks_like_a_one_time_code(name, text, expected):
    assert get_value_secrecy(name, False, 0, text) == expected
