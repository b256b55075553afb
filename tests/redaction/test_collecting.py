"""The secrets of a request and a response, part by part, and the encoding of a body."""

from __future__ import annotations

import pytest

from infisical.redaction.collecting import decode_body, find_response_secrets, find_secrets


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("authorization", "x", {"x"}), ("X-Mine", "1234567", set()), ("X-Mine", "12345678", {"12345678"}),
        ("X-Mine", "123456789", {"123456789"}), ("Accept", "123456789", set()), ("HOST", "123456789", set()),
        ("authorization", "Bearer a b", {"Bearer a b", "a b"}),
        ("authorization", "Bearer  t ", {"Bearer  t ", " t ", "t"}),
        ("authorization", "a%2Fb+c", {"a%2Fb+c", "a/b+c"}), ("authorization", "aGk6eW91", {"aGk6eW91"}),
        ("authorization", "BASIC aGk6eW91", {"BASIC aGk6eW91", "aGk6eW91", "hi:you", "you"}),
        ("authorization", "Basic  aGk6eW91 ", {"Basic  aGk6eW91 ", " aGk6eW91 ", "aGk6eW91", "you"}),
        ("authorization", "Basic x:y", {"Basic x:y", "x:y", "y"}),
        ("authorization", "basicaGk6eW91", {"basicaGk6eW91"}),
        ("authorization", "Bearer aGk6eW91", {"Bearer aGk6eW91", "aGk6eW91", "hi:you"}),
        ("cookie", "a=b; c=d=e;f", {"a=b; c=d=e;f", "c=d=e;f", "b", "d=e"}), ("x-api-key", "a=b;c", {"a=b;c"}),
        ("cookie", "basic aGk6eW91", {"basic aGk6eW91", "aGk6eW91", "hi:you"}), ("x-api-key", "redacted", set()),
    ],
)  # fmt: skip
def test_a_header_has_these_secrets(name, value, expected):
    assert find_secrets(((name, value),), None) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"pin": 123}', set()), (b'{"pin": 1234}', {"1234"}), (b'{"pin": 12345}', {"12345"}),
        (b'{"value": 12345}', set()),
        (b'{"a": 12345}', set()), (b'{"token": "x", "x": "y"}', {"x"}), (b'{"token": {"token": "x"}}', {"x"}),
        (b'{"token": "\\u00e9"}', {"\u00e9"}), (b'{"token": "a\\"b"}', {'a"b'}), (b'{"a": "token=x&b=c"}', {"x"}),
        (b'{"token=x": "a"}', set()), (b'{"a": "\'token\': \'x\'"}', {"x"}),
        (b'{"a": "see /?token=x%20y"}', {"x%20y", "x y"}),
        (b"token=x+y", {"x+y", "x y"}), (b"token: x", set()), (b"a\ntoken=x\npin=y", {"x", "y"}),
        (b"<a href='/?pin=1'>", {"1"}),
        (b'{"token": "', set()), (b'{"token": "ab', {"ab"}), (b'saw "token": "a\\nb"', {"a\\nb", "a\nb"}),
        (b'{"token": "aGk6eW91"}', {"aGk6eW91", "hi:you"}), (b'{"token": "aGk6eW91 "}', {"aGk6eW91 ", "aGk6eW91"}),
        (b'{"token": "/w=="}', {"/w=="}), (b'{"token": "[redacted]", "pin": ""}', set()),
        (b"a=b&token=x%252Fy", {"x%252Fy", "x%2Fy"}),
    ],
)  # fmt: skip
def test_a_body_has_these_secrets(body, expected):
    assert find_secrets((), body) == find_response_secrets((), body) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Set-Cookie", "a=b; Path=/; token=x", {"a=b", "b"}), ("Date", "123456789", set()),
        ("X-Mine", "123456789", set()),
        ("X-Token", "x", {"x"}), ("x-auth-token", "a b", {"a b", "b"}), ("ETag", "token", set()),
        ("Location", "/a", set()),
        ("Location", "/?token=1234567", set()), ("Location", "/?token=12345678", {"12345678"}),
        ("Location", "/?a=b&pin=123456789#code=abcdefgh", {"123456789", "abcdefgh"}),
        ("Location", "/a;sid=12345678", {"12345678"}), ("Location", "token=12345678", set()),
        ("Location", "/?state=12345678", set()),
        ("Location", "/?token=123%2B5678", {"123+5678"}), ("Location", "/?token=1234+678", {"1234 678"}),
    ],
)  # fmt: skip
def test_a_header_of_a_response_has_these_secrets(name, value, expected):
    assert find_response_secrets(((name, value),), None) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"abc", ("abc", "utf-8")), ("é".encode(), ("é", "utf-8")), (b"\xff", ("\xff", "latin-1")),
        (b"a\xff\0", ("a\xff\0", "latin-1")),
        (b"\xff\xfe{\0}\0", ("\ufeff{}", "utf-16-le")), (b"\xfe\xff\0{\0}", ("\ufeff{}", "utf-16-be")),
        (b"{\0}\0", ("{}", "utf-16-le")), (b"\0{\0}", ("{}", "utf-16-be")),
        (b"\xff\xfe\0\0{\0\0\0", ("\ufeff{", "utf-32-le")),
        (b"\0\0\xfe\xff\0\0\0{", ("\ufeff{", "utf-32-be")), (b"{\0\0\0", ("{", "utf-32-le")),
        (b"\0\0\0{", ("{", "utf-32-be")),
        (b"\xef\xbb\xbf{}", ("\ufeff{}", "utf-8")), (b"abcd\0", ("abcd\0", "utf-8")), (b"abc\0", ("abc\0", "utf-8")),
        (b"\0", ("\0", "utf-8")),
        (b"\xff\xfe\xff\xff", ("\xff\xfe\xff\xff", "latin-1")),
    ],
)  # fmt: skip
def test_the_encoding_of_a_body_writes_it_back_as_it_was(body, expected):
    text, encoding = decode_body(body)

    assert ((text, encoding), text.encode(encoding)) == (expected, body)
