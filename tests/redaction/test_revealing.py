"""Secrets that their form or their name reveals in a text: exactly these parts of it."""

from __future__ import annotations

import pytest

from infisical.redaction.revealing import find_revealed

HEADER = "eyJhbGciOiJ"  # 11 letters, as few as a header has
JWT = f"{HEADER}.cGF5.c2ln"
KEY = "-----BEGIN PRIVATE KEY-----\nMHcC\n-----END PRIVATE KEY-----"
BLOCK = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nMHcC\n-----END PGP PRIVATE KEY BLOCK-----"


def list_revealed(text: str) -> list[str]:
    return [text[start:stop] for start, stop in find_revealed(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing", []), (JWT, [JWT]), (f"a {JWT} b", [JWT]), (f"{JWT} {JWT}", [JWT, JWT]), (f"bearer_{JWT}", [JWT]),
        (HEADER, []), (f"{HEADER}.b", []), (f"{HEADER}..c", []), (f"{HEADER}.b.", [f"{HEADER}.b."]),
        (f"{HEADER[:-1]}.b.c", []), (f"{HEADER}a.b.c", [f"{HEADER}a.b.c"]), (f"x.{JWT}", [JWT]), (f"x.y.{JWT}.", [JWT]),
        (f"{HEADER}.b.c.d", [f"{HEADER}.b.c"]), (f"{HEADER}.b.c.d.e", [f"{HEADER}.b.c.d.e"]),
        (f"x {HEADER}.b.c.d.e y", [f"{HEADER}.b.c.d.e"]), (f"{HEADER}.b.c.d.e.f", [f"{HEADER}.b.c.d.e"]),
        (f"{HEADER}.b.c..e", [f"{HEADER}.b.c"]), (f"{HEADER}.b.c.d.", [f"{HEADER}.b.c"]),
        (f"{HEADER}.b..d.e", [f"{HEADER}.b."]),
        (f"{HEADER}.b.c.{HEADER}.e.f", [f"{HEADER}.b.c.{HEADER}.e"]),
        (f"{HEADER}.{HEADER}.c", [f"{HEADER}.{HEADER}.c"]), (f"{HEADER}.b.c.d.{HEADER}.f.g",
        [f"{HEADER}.b.c.d.{HEADER}"]),
        (f"{HEADER}.b.c.d.e.{HEADER}.b.c", [f"{HEADER}.b.c.d.e", f"{HEADER}.b.c"]),
        (f"{HEADER}.b.c..{HEADER}.f.g", [f"{HEADER}.b.c", f"{HEADER}.f.g"]),
        (f"{HEADER}.b.c {HEADER}.e.f", [f"{HEADER}.b.c", f"{HEADER}.e.f"]),
        (f"eyJ.eyJ.{JWT}", [JWT]),
    ],
)  # fmt: skip
def test_a_web_token_has_three_or_five_parts_the_first_of_some_length(text, expected):
    assert list_revealed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("st.01234567.ab", ["st.01234567.ab"]), ("st.0123456.ab", []), ("a st.01234567-.a.b-c, d",
        ["st.01234567-.a.b-c"]),
        ("best.01234567.ab", []), ("st.01234567", []), ("st.01234567.", []), ("st.01234567.ab st.01234567.c",
                                                                              ["st.01234567.ab", "st.01234567.c"]),
        (KEY, [KEY]), (f"a\n{KEY}\nb", [KEY]), (f"{KEY} {KEY}", [KEY, KEY]), (BLOCK, [BLOCK]),
        (KEY[:40], [KEY[:40]]), ("-----BEGIN CERTIFICATE-----", []), ("-----BEGIN " + "A" * 40 + "PRIVATE KEY-----x",
        ["-----BEGIN " + "A" * 40 + "PRIVATE KEY-----x"]),
        ("-----BEGIN " + "A" * 41 + "PRIVATE KEY-----x", []),
    ],
)  # fmt: skip
def test_service_tokens_and_private_keys_have_these_forms(text, expected):
    assert list_revealed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://me:pw@h/a", ["me:pw"]), ("https://me@h", ["me"]), ("https://h/a@b", []), ("https://a@b@h/", ["a@b"]),
        ("https://redacted@h/", []), ("https://[redacted]@h/", []), ("x://a@h y://b@h", ["a", "b"]), ("a@b", []),
        ("https://h/?token=x&a=b", ["x"]), ("https://h/?a=b&token=x#c", ["x"]), ("https://h/#token=x", ["x"]),
        ("https://h/;token=x", ["x"]), ("see /?token=x y", ["x"]), ("see ?token='x'", []), ("/?a=token&b=c", []),
        ("/?" + "x" * 123 + "token=x", ["x"]), ("/?" + "x" * 124 + "token=x", []), ("/?token=", []),
    ],
)  # fmt: skip
def test_users_and_secret_parameters_of_a_url_are_revealed(text, expected):
    assert list_revealed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("token=x", ["x"]), ("a=b&token=x", ["x", "x"]), ("token=x&a=b&pin=y", ["y", "x", "y"]), ("token=x y", []),
        ("a=b", []), ("token=", []), ("a=b=c", []), ("token=b=c", ["b=c"]), ("a&token=x", ["x"]), ("token=x  ",
        ["x"]),
        ("a\ntoken=x\nb", ["x"]), ("a=b\r\ntoken=x\r\npin=y", ["x", "y"]), ("token=x\ntoken=yz\n", ["x", "yz"]),
        (" token=x", []), ("é\ntoken=é&a=b&token=ü", ["ü", "é", "ü"]), ("a=bb&cc=d&pin=e&f=g&token=h", ["e", "h"] * 2),
        ("token=x&&pin=y", ["y", "x", "y"]), ("a=b\n\ntoken=x", ["x"]),
    ],
)  # fmt: skip
def test_the_values_of_secret_names_of_a_form_are_revealed_line_by_line(text, expected):
    assert list_revealed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [('saw "token": "x"', ["x"]), ("saw 'token': 'x'", ["x"]), ("saw token: x", []), ('"token"', []),
     (f'{JWT} "token": "x" /?pin=y https://me@h', [JWT, "me", "y", "x"])],
)  # fmt: skip
def test_all_kinds_of_secrets_are_revealed_in_one_text(text, expected):
    assert list_revealed(text) == expected
