"""The scan of JSON as text: which tokens a document has, and which values of a text are secret by their names."""

from __future__ import annotations

import pytest

from infisical.redaction import MASK, mask, redact_body
from infisical.redaction.json_text import find_secret_values, find_tokens, is_secret, unescape

NAME, TEXT, NUMBER, HALF = "name", "text", "number", "half a text"


def list_tokens(text: str) -> list[tuple[str, str, int]] | None:
    """List kind, content and secrecy of each token."""
    tokens = find_tokens(text)
    return tokens and [
        (
            (NAME if token.is_name else TEXT if token.is_closed else HALF)
            if token.is_text
            else NUMBER
            if token.is_closed
            else HALF,
            text[token.start : token.stop],
            token.secrecy,
        )
        for token in tokens
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1, "b": ["c", -2.5e+3, null, true, false, NaN, Infinity, -Infinity]}',
         [(NAME, "a", 0), (NUMBER, "1", 0), (NAME, "b", 0), (TEXT, "c", 0), (NUMBER, "-2.5e+3", 0)]),
        ('{"token": {"a": "x", "n": 7, "b": {"c": ["y"]}}, "z": "p"}',
         [(NAME, "token", 0), (NAME, "a", 3), (TEXT, "x", 3), (NAME, "n", 3), (NUMBER, "7", 3), (NAME, "b", 3),
          (NAME, "c", 3), (TEXT, "y", 3), (NAME, "z", 0), (TEXT, "p", 0)]),
        ('{"mytoken": [{"q": [], "r": ["s"]}, "x", 5], "z": 6}',
         [(NAME, "mytoken", 0), (NAME, "q", 0), (NAME, "r", 0), (TEXT, "s", 0), (TEXT, "x", 5), (NUMBER, "5", 5),
          (NAME, "z", 0), (NUMBER, "6", 0)]),
        ('{"token": [[["x"]], "y"], "z": "w"}',
         [(NAME, "token", 0), (TEXT, "x", 7), (TEXT, "y", 7), (NAME, "z", 0), (TEXT, "w", 0)]),
        ('{"data": {"k": "v"}, "data": "w"}',
         [(NAME, "data", 0), (NAME, "k", 3), (TEXT, "v", 3), (NAME, "data", 0), (TEXT, "w", 0)]),
        ('{"token": null, "a": "x", "pin": true}',
         [(NAME, "token", 0), (NAME, "a", 0), (TEXT, "x", 0), (NAME, "pin", 0)]),
        ('{"token": [], "a": "x"}', [(NAME, "token", 0), (NAME, "a", 0), (TEXT, "x", 0)]),
        ('["token", "x"]', [(TEXT, "token", 0), (TEXT, "x", 0)]),
        ('{"code": "a1b2c3", "code": "x"}',
         [(NAME, "code", 0), (TEXT, "a1b2c3", 1), (NAME, "code", 0), (TEXT, "x", 0)]),
        ('{"code": "a1b2c3', [(NAME, "code", 0), (HALF, "a1b2c3", 0)]),
        ('"t"', [(TEXT, "t", 0)]),
        ('"a" : "b"', [(NAME, "a", 0), (TEXT, "b", 0)]),
        ('{"token": "x"}{"a": "y"}', [(NAME, "token", 0), (TEXT, "x", 7), (NAME, "a", 0), (TEXT, "y", 0)]),
        ('[]]}{"a": "b"}', [(NAME, "a", 0), (TEXT, "b", 0)]),
        ('\ufeff \t\r\n{"a":1}', [(NAME, "a", 0), (NUMBER, "1", 0)]),
        ("[", []), ("[1", [(NUMBER, "1", 0)]), ("[] ", []), ("{}", []),
        ('{"pass\\u0077ord": "x"}', [(NAME, "pass\\u0077ord", 0), (TEXT, "x", 7)]),
        ('{"a\\"b" : "c\\\\"}', [(NAME, 'a\\"b', 0), (TEXT, "c\\\\", 0)]),
    ],
)  # fmt: skip
def test_a_document_has_these_tokens(text, expected):
    assert list_tokens(text) == expected


@pytest.mark.parametrize(
    "text", ["", "7", "null", "text", "{'a': 'b'}", '{"a": x}', '{"a" 1 }x', "x{}", "\x00{}", "{}x"]
)
def test_a_text_that_is_not_json_has_no_tokens(text):
    assert find_tokens(text) is None


@pytest.mark.parametrize(
    ("text", "kind", "content"),
    [
        ('"', HALF, ""), ('""', TEXT, ""), ('"a', HALF, "a"), ('"ab', HALF, "ab"), ('"ab"', TEXT, "ab"),
        ('"\\', HALF, "\\"), ('"\\"', HALF, '\\"'), ('"\\\\"', TEXT, "\\\\"), ('"a\\"', HALF, 'a\\"'),
        ('"a\\\\"', TEXT, "a\\\\"),
        ('"\\\\\\"', HALF, '\\\\\\"'), ('"\\\\\\\\"', TEXT, "\\\\\\\\"),
        ('"a\\\\', HALF, "a\\\\"), ('"a\\n', HALF, "a\\n"),
        ('"a\\nb"', TEXT, "a\\nb"), ('"\\""', TEXT, '\\"'),
    ],
)  # fmt: skip
def test_a_text_is_closed_by_a_quote_that_is_not_escaped(text, kind, content):
    assert list_tokens(text) == [(kind, content, 0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"token": "x", "n": 1, "pin": 2, "value": 3, "mytoken": {"a": "y"}}', ["x", "2"]),
        ('{"token": {"a": "x", "n": 7, "pin": 8}}', ["x", "8"]),
        ('{"token": {"token": "x"}}', ["x"]),
    ],
)
def test_a_token_is_secret_if_it_is_a_value_and_its_kind_is_secret(text, expected):
    assert [text[token.start : token.stop] for token in find_tokens(text) or () if is_secret(token)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('saw {"password": {"a": ["x", {"b": "y"}]}, "n": "z"} end', ["x", "y"]),
        ("saw {'password': 'v', 'n': 'w'}", ["v"]),
        ('"token": 12345, "n": 6', ["12345"]), ('"value": 5, "value": "t"', ["t"]), ('"token": [1, 2', ["1", "2"]),
        ('"mytoken": [{"q": ["r"]}, "x"] "y"', ["x"]),
        ('"mytoken": [{"q": {"s": [[], "t"]}}, "x", [["u"]]] "y"', ["x", "u"]),
        ('"mytoken": {"a": "b"}, "c": "d"', []), ('"mytoken": {"a": {"token": "b"}}', ["b"]),
        ('"token": {"a": {"b": "c"}, "d": "e"} "f": "g"', ["c", "e"]), ('"token": {"a": "b", "c', ["b", "c"]),
        ('"token": ["a", "b"], "c": "d"', ["a", "b"]), ('"token": ["a", ["b"], "c"], "d"', ["a", "b", "c"]),
        ('"token": {}, "a": "b"', []), ('"token": [], "pin": "b"', ["b"]), ('"token": ""', []),
        ('"token": null, "pin": "x"', ["x"]), ('"token": true, "a"', []), ('"token": nothing', []), ('"token": ', []),
        ('"a": {"token": "v"} "b": {"c": {"pin": 1}}', ["v", "1"]), ('"a": ["token", "v"]', []),
        ("\"metadata\": {'a': 'b'}", ["b"]), ('"inputs": {"n": 7, "t": "u"}', ["u"]), ("'token': \"x\"", ["x"]),
        ('"pass\\u0077ord": "x"', ["x"]), ('"token" \n: \t "x', ["x"]), ('"token": "x\\" y" z', ['x\\" y']),
        ('"code": "a1b2c3", "code": "invalid"', ["a1b2c3"]), ('"token": -1.5e3', ["-1.5e3"]),
        ('"token": {"token": "a", "b": "c"} "d"', ["a", "c"]), ('"token": "a" "token": "b"', ["a", "b"]),
        ('"' + "x" * 128 + 'token": "a"', []), ('"' + "x" * 123 + 'token": "a"', ["a"]),
        ('"token"' + " " * 64 + ":" + " " * 64 + '"a"', ["a"]), ('"token"' + " " * 65 + ': "a"', []),
    ],
)  # fmt: skip
def test_a_text_has_these_values_of_secret_names(text, expected):
    assert [text[start:stop] for start, stop in find_secret_values(text)] == expected


def test_a_list_below_a_secret_name_is_hidden_to_its_end_whatever_it_contains():
    body = '{"mytoken": [{"q": ["r"]}, "x"], "y": "z"}'

    assert redact_body(body.encode()) == b'{"mytoken": [{"q": ["r"]}, "redacted"], "y": "z"}'
    assert mask(f"saw {body}") == f'saw {{"mytoken": [{{"q": ["r"]}}, "{MASK}"], "y": "z"}}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", ""), ("a", "a"), ("a\\n", "a\n"), ("\\u00e9\\/\\\\", "é/\\"), ("a\\", "a\\"), ("\\x41", "\\x41"),
     ("\n\\t", "\n\t"), ('a"\\n', 'a"\\n'), ("\\ud83d\\ude00", "\U0001f600")],
)  # fmt: skip
def test_a_text_is_decoded_as_json_does_or_stays(text, expected):
    assert unescape(text) == expected
