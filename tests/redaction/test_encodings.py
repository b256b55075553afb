"""Decoded views of a text: what each encoding decodes to, and from where in the text each character comes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from infisical.redaction.encodings import View, decode_text, from_base64, from_hex, join_lines


def trace(text: str, views: Iterable[View]) -> list[list[tuple[str, str]]]:
    """List the characters of each view with the part of the original text that each comes from."""
    return [
        [(view.text[at], text[slice(*view.span(at, at + 1))]) for at in range(len(view.text))] for view in views
    ]  # fmt: skip


def list_pairs(text: str) -> list[tuple[str, str]]:
    return [(letter, letter) for letter in text]


# ---- encodings of text
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", []), ("a & b", []), ("100% &nosuch; x", []),
        ("a%41b", [[("a", "a"), ("A", "%41"), ("b", "b")]]),
        ("%c3%A9b%e2%82%AC", [[("é", "%c3%A9"), ("b", "b"), ("€", "%e2%82%AC")]]),
        ("%F0%9F%98%80", [[("\U0001f600", "%F0%9F%98%80")]]), ("%ff%41", [[("ÿ", "%ff"), ("A", "%41")]]),
        ("%C3%41", [[("Ã", "%C3"), ("A", "%41")]]), ("%00", [[("\0", "%00")]]), ("%E2%28%A1x", [[("â", "%E2"),
        ("(", "%28"), ("¡", "%A1"), ("x", "x")]]),
        ("a+b%20c", [[*list_pairs("a+b"), (" ", "%20"), ("c", "c")], [("a", "a"), (" ", "+"), ("b", "b"),
        (" ", "%20"),
        ("c", "c")]]),
        ("a+b", [[("a", "a"), (" ", "+"), ("b", "b")]]),
        (r"a\nb\t", [[("a", "a"), ("\n", r"\n"), ("b", "b"), ("\t", r"\t")]]),
        (r"\r\b\f\v\a\0", [[("\r", r"\r"), ("\b", r"\b"), ("\f", r"\f"), ("\v", r"\v"), ("\a", r"\a"), ("\0", r"\0")]]),
        (r"\"\/\\\q", [[('"', r"\""), ("/", r"\/"), ("\\", r"\\"), ("q", r"\q")]]),
        (r"\u00e9x", [[("é", r"\u00e9"), ("x", "x")]]), (r"\ud83D\uDe00x", [[("\U0001f600", r"\ud83D\uDe00"),
        ("x", "x")]]),
        (r"\u{1F600}\u{41}", [[("\U0001f600", r"\u{1F600}"), ("A", r"\u{41}")]]),
        (r"\U0001F600", [[("\U0001f600", r"\U0001F600")]]), (r"\U0010FFFF", [[("\U0010ffff", r"\U0010FFFF")]]),
        (r"\U00110000", []), (r"\U00110000\n", [[*list_pairs(r"\U00110000"), ("\n", r"\n")]]),
        (r"\x41", [[("A", r"\x41")]] * 2), (r"\xc3\xa9", [[("é", r"\xc3\xa9")], [("Ã", r"\xc3\xa9"),
        ("©", r"\xc3\xa9")]]),
        ("&amp;&lt;", [[("&", "&amp;"), ("<", "&lt;")]]), ("a&#65;b", [[("a", "a"), ("A", "&#65;"), ("b", "b")]]),
        ("&#x41;&#X42;", [[("A", "&#x41;"), ("B", "&#X42;")]]), ("&amp b", []),
        ("%41 \\n &amp;", [[("A", "%41"), *list_pairs(" \\n &amp;")], [*list_pairs("%41 "),
        ("\n", "\\n"), *list_pairs(" &amp;")],
                           [*list_pairs("%41 \\n "), ("&", "&amp;")]]),
    ],
)  # fmt: skip
def test_each_escape_is_decoded_and_traced_to_its_place(text, expected):
    assert trace(text, decode_text(View(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a%", ["a"]), ("a%4", ["a"]), ("a%E2", ["a"]), ("a%E2%", ["a"]), ("a%E2%8", ["a"]), ("a%E2%82", ["a"]),
        ("a%e2%82%", ["a"]),
        ("a%F0%9F%98%8", ["a"]), ("a%C3", ["a"]), ("a%41%C", ["aA"]), ("a%E2 ", ["aâ "]), ("a% ", []), ("a%4 ", []),
        ("a\\", ["a"]), (r"a\u", ["a"]), (r"a\u0", ["a"]), (r"a\u00e", ["a"]), (r"a\u{", ["a"]), (r"a\u{1F60", ["a"]),
        (r"a\U0001F60", ["a"]),
        (r"a\ud83d", ["a"]), (r"a\ud83d" "\\", ["a"]), (r"a\ud83d\u", ["a"]), (r"a\ud83d\ude0", ["a"]), (r"a\x4",
        ["a"] * 2),
        (r"a\x", ["a"] * 2), (r"a\xe2\x82", ["a"] * 2), (r"a\xe2\x", ["a"] * 2), (r"a\u0 ", ["au0 "]), (r"a\ud83d ",
        ["a\ud83d "]),
        ("a&", ["a"]), ("a&am", ["a"]), ("a&#", ["a"]), ("a&#x4", ["a"]), ("a&#6", ["a"]), ("a& ", []), ("a&am ", []),
    ],
)  # fmt: skip
def test_half_an_escape_is_dropped_at_the_end_only(text, expected):
    assert [view.text for view in decode_text(View(text))] == expected


def test_a_span_of_several_characters_is_from_the_first_escape_to_the_last():
    text = "no %41bc%C3%A9d\\n, %25"
    percent, backslash = decode_text(View(text))
    (inner,) = [view for view in decode_text(percent) if "\n" in view.text]
    spans = {(start, stop): text[slice(*percent.span(start, stop))] for start, stop in ((3, 5), (3, 7), (4, 8), (0, 2))}

    assert (percent.text, backslash.text, inner.text) == ("no Abcéd\\n, %", "no %41bc%C3%A9d\n, %25", "no Abcéd\n, %")
    assert spans == {(3, 5): "%41b", (3, 7): "%41bc%C3%A9", (4, 8): "bc%C3%A9d", (0, 2): "no"}
    assert text[slice(*inner.span(6, 9))] == "%C3%A9d\\n"


# ---- wrapped base64
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("YWJj\nZGVm\r\nZw", [[*list_pairs("YWJj"), *list_pairs("ZGVm"), *list_pairs("Zw")]]), ("a b", []),
        ("a \n b", []), ("a\n",
        []), ("\na", []),
        ("a\n\nb", []), ("a\nb c", [list_pairs("ab c")]), ("+\n/", [list_pairs("+/")]), ("-\n_", []),
    ],
)  # fmt: skip
def test_lines_are_joined_between_letters_of_base64(text, expected):
    assert trace(text, join_lines(View(text))) == expected


# ---- bytes
BASE64 = [
    ("YWJjZA==", 0, True, [("a", "YW"), ("b", "WJ"), ("c", "Jj"), ("d", "ZA")]),
    ("xYWJjZA==", 1, True, [("a", "YW"), ("b", "WJ"), ("c", "Jj"), ("d", "ZA")]),
    ("YWJjZGU=", 0, True, [("a", "YW"), ("b", "WJ"), ("c", "Jj"), ("d", "ZG"), ("e", "GU")]),
    ("no YWJj, ZGVm", 3, True, [("a", "YW"), ("b", "WJ"), ("c", "Jj"), ("\xff", ""), ("V", "Vm")]),
    ("YWJj ZGVm", 0, True, [("a", "YW"), ("b", "WJ"), ("c", "Jj"), ("\xff", "")]),
    ("-_-_", 0, True, [("\xfb", "-_"), ("\xff", "_-"), ("\xbf", "-_")]),
    ("+/+/", 0, True, [("\xfb", "+/"), ("\xff", "/+"), ("\xbf", "+/")]),
    ("YWJjZ", 0, True, [("a", "YW"), ("b", "WJ"), ("c", "Jj")]), ("YWJjZGV", 0, True, None), ("abc", 0, False, []),
    ("abc ", 0, False, []),
    ("YWJjZA== x", 0, False, None), ("YWJjZA==", 0, True, None), ("YWJjZA===", 0, False, None),
    ("YWJj x", 0, False, None), ("YWJj x y", 0, False, None),
    ("YWJj=x", 0, False, None), ("YWJjZGVm", 3, True, [("\x8d", "jZ"), ("\x91", "ZG"), ("\x95", "GV")]),
    ("YWJj", 3, True, []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "phase", "open_end", "expected"), BASE64)
def test_base64_is_decoded_in_groups_from_its_phase_on(text, phase, open_end, expected):
    view = from_base64(View(text), phase)

    assert expected is None or trace(text, [view]) == [expected]
    assert (view.is_text, view.open_end) == (False, open_end)


@pytest.mark.parametrize(
    ("text", "phase", "open_end", "expected"),
    [
        ("6162", 0, True, [("a", "61"), ("b", "62")]), ("x6162", 1, True, [("a", "61"), ("b", "62")]),
        ("61626", 0, True, [("a", "61"), ("b", "62")]), ("616", 0, False, []), ("4A4b", 0, True, [("J", "4A"),
        ("K", "4b")]),
        ("no 6162, 636465", 1, True, [("a", "61"), ("b", "62"), ("\xff", ""), ("c", "63"), ("d", "64"), ("e", "65")]),
        ("61626364", 1, True, [("\x16", "16"), ("&", "26"), ("6", "36")]), ("6162 ", 0, False, [("a", "61"),
        ("b", "62")]),
        ("6162g", 0, False, [("a", "61"), ("b", "62")]),
    ],
)  # fmt: skip
def test_hex_is_decoded_in_pairs_from_its_phase_on(text, phase, open_end, expected):
    view = from_hex(View(text), phase)

    assert trace(text, [view]) == [expected]
    assert (view.is_text, view.open_end) == (False, open_end)


def test_the_separator_of_two_runs_is_an_empty_place_after_the_first():
    by_base64, by_hex = from_base64(View("YWJj, ZGVm ZGVm"), 0), from_hex(View("6162, 6364"), 0)

    assert (by_base64.text[:4], by_base64.span(3, 4), by_base64.span(2, 4)) == ("abc\xff", (4, 4), (2, 4))
    assert (by_hex.text, by_hex.span(2, 3), by_hex.span(0, 3), by_hex.span(2, 4)) == (
        "ab\xffcd",
        (4, 4),
        (0, 4),
        (4, 8),
    )


def test_what_reaches_the_end_of_the_text_does_so_in_each_view_of_it():
    closed = View("YWJj%41", open_end=False)
    bytes_of = from_base64(View("YWJj"), 0)
    (inner,) = decode_text(from_base64(View("JTQx"), 0))

    assert [(view.is_text, view.open_end) for view in decode_text(closed)] == [(True, False)]
    assert (from_base64(View("YWJj", open_end=False), 0).open_end, bytes_of.open_end) == (False, True)
    assert (inner.text, inner.is_text, inner.open_end, inner.span(0, 1)) == ("A", False, True, (0, 4))
