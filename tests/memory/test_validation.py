"""Validation: the issues that fields note, in the words of the server's validator, and what they give to a handler."""

from __future__ import annotations

import pytest

from infisical.memory import validation as v

ABSENT = v.ABSENT_MARK


def issue(code: str, message: str, path: tuple[str | int, ...] = ("x",), **more: object) -> dict[str, object]:
    return {"code": code, **more, "path": list(path), "message": message}


def typed(expected: str, received: str, message: str | None = None, path: tuple[str | int, ...] = ("x",)):
    return issue(
        "invalid_type",
        message or f"Expected {expected}, received {received}",
        path,
        expected=expected,
        received=received,
    )


def bound(code: str, bound: str, limit: float, kind: str, message: str):
    return issue(code, message, **{bound: limit}, type=kind, inclusive=True, exact=False)


OPTIONS = {"received": "c", "options": ["a", "b"]}


@pytest.mark.parametrize(
    ("field", "value", "noted"),
    [
        (v.string(), ABSENT, typed("string", "undefined", "Required")),
        (v.string(), None, typed("string", "null")),
        (v.string(), 1, typed("string", "number")),
        (v.string(), ["a"], typed("string", "array")),
        (
            v.string(least=1),
            "  ",
            bound("too_small", "minimum", 1, "string", "String must contain at least 1 character(s)"),
        ),
        (
            v.string(most=2),
            "abc",
            bound("too_big", "maximum", 2, "string", "String must contain at most 2 character(s)"),
        ),
        (v.slug(), "No Slug!", issue("custom", "Name must be slug friendly")),
        (v.guid(), "x", issue("invalid_string", "Invalid uuid", validation="uuid")),
        (v.email(), "x@", issue("invalid_string", "Invalid email", validation="email")),
        (v.datetime_text(), "x", issue("invalid_string", "Invalid datetime", validation="datetime")),
        (v.number(), "1", typed("number", "string")),
        (v.number(), True, typed("number", "boolean")),
        (v.number(whole=True), 1.5, typed("integer", "float")),
        (
            v.number(least=1),
            0,
            bound("too_small", "minimum", 1, "number", "Number must be greater than or equal to 1"),
        ),
        (v.number(most=1), 2, bound("too_big", "maximum", 1, "number", "Number must be less than or equal to 1")),
        (v.number_text(), "abc", typed("number", "nan")),
        (v.number_text(), "1.5", typed("integer", "float")),
        (v.boolean(), "true", typed("boolean", "string")),
        (
            v.choice("a", "b"),
            "c",
            issue("invalid_enum_value", "Invalid enum value. Expected 'a' | 'b', received 'c'", **OPTIONS),
        ),
        (v.choice("a", "b"), 1, typed("'a' | 'b'", "number")),
        (
            v.flag_text(),
            "yes",
            issue(
                "invalid_enum_value",
                "Invalid enum value. Expected 'true' | 'false', received 'yes'",
                received="yes",
                options=["true", "false"],
            ),
        ),
        (v.array(v.string()), "a", typed("array", "string")),
        (
            v.array(v.string(), least=1),
            [],
            bound("too_small", "minimum", 1, "array", "Array must contain at least 1 element(s)"),
        ),
        (v.array(v.string()), ["a", 1], typed("string", "number", path=("x", 1))),
        (v.record(v.string()), [], typed("object", "array")),
        (v.record(v.string()), {"k": 1}, typed("string", "number", path=("x", "k"))),
        (v.obj(a=v.string()), {}, typed("string", "undefined", "Required", ("x", "a"))),
        (v.obj(), None, typed("object", "null")),
        (v.string().where(str.isupper, "Must shout"), "a", issue("custom", "Must shout")),
    ],
)
def test_a_field_notes_what_does_not_fit(field, value, noted):
    issues: v.Issues = []
    field.read(value, ("x",), issues)

    assert issues == [noted]


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        (v.string(), " a ", "a"),
        (v.string(trim=False), " a ", " a "),
        (v.string().optional(), ABSENT, ABSENT),
        (v.string().optional("d"), ABSENT, "d"),
        (v.string().or_null(), None, None),
        (v.number(), 1.5, 1.5),
        (v.number_text(), "10", 10),
        (v.number_text(), "", 0),
        (v.flag_text(), "true", True),
        (v.flag_text(), ABSENT, False),
        (v.flag_text(True), "false", False),
        (v.loose_flag_text(), "0", False),
        (v.loose_flag_text(), "FALSE", False),
        (v.loose_flag_text(), "no", True),
        (v.true_text(), "1", False),
        (v.true_text(), "true", True),
        (v.email(), " A@B.co ", "a@b.co"),
        (v.array(v.number()), [1, 2], [1, 2]),
        (v.record(v.number()), {"a": 1}, {"a": 1}),
        (v.anything(), [None], [None]),
        (v.either(v.number(), v.string()), "a", "a"),
        (v.obj({"from": v.string()}, to=v.string().optional("z")), {"from": "a", "more": 1}, {"from": "a", "to": "z"}),
    ],
)
def test_a_field_gives_what_a_handler_may_use(field, value, read):
    issues: v.Issues = []

    assert field.read(value, ("x",), issues) == read
    assert issues == []


def test_where_no_kind_fits_the_issues_of_each_are_told():
    issues: v.Issues = []
    v.either(v.number(), v.string()).read([], ("x",), issues)

    assert issues == [
        {
            "code": "invalid_union",
            "unionErrors": [
                {"issues": [typed("number", "array")], "name": "ZodError"},
                {"issues": [typed("string", "array")], "name": "ZodError"},
            ],
            "path": ["x"],
            "message": "Invalid input",
        }
    ]
