"""The search of an index: which parts of a text are hidden for which secrets; `#` is the mask."""

from __future__ import annotations

import base64
from itertools import pairwise

import pytest

from infisical.redaction.encodings import View
from infisical.redaction.masking import SecretIndex, find_occurrences, splice


def hide(text: str, *secrets: str) -> str:
    return splice(text, find_occurrences(text, SecretIndex(secrets), lambda _: ()), "#")


def to_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# ---- whole secrets
@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        ("xabcdex", ("abcd", "bcde"), "x#x"), ("abcdabcd", ("abcd",), "##"), ("abcabcd", ("abcd",), "abc#"),
        ("abcd", ("abcd",), "#"),
        ("xabcd", ("abcd",), "x#"), ("abcdx", ("abcd",), "#x"), ("abcx abdx", ("abcd",), "abcx abdx"),
        ("ababababx", ("abab",), "#x"),
        ("xabcdey", ("abcdef", "bcde"), "x" "a#y"), ("xabcdefgy", ("abcdefgh", "cdefg", "bcdx"), "xab#y"),
        ("abcdebcdef", ("abcdex", "bcde", "bcdef"), "a##"),
        ("aabcd", ("aabce", "abcd"), "a#"), ("abcabcabcd", ("abcabcd",), "abc#"), ("aaaab", ("aaab",), "a#"),
        ("xcdefx", ("abcdefg", "cdef"), "x#x"),
        ("abcdefx", ("abcdefg", "bcde", "cdef"), "a#x"), ("xyzw1", ("vxyzw", "yzw1"), "x#"),
        ("pqrsabcd", ("pqrsabce", "abcd"), "pqrs#"),
        ("élan vital", ("élan",), "# vital"),
        ("\U0001f600\U0001f601\U0001f602\U0001f603!", ("\U0001f600\U0001f601\U0001f602\U0001f603",), "#!"),
        ("", ("abcd",), ""), ("abc", ("abcd",), "abc"), ("abcd", (), "abcd"), ("abcd", ("",), "abcd"),
        ("abcd", ("ABCD",), "abcd"),
    ],
)  # fmt: skip
def test_a_secret_is_hidden_wherever_it_begins(text, secrets, expected):
    assert hide(text, *secrets) == hide(text, *reversed(secrets)) == expected


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        ("ab abc abcd", ("ab", "abc"), "# # abcd"), ("ab.ab-ab", ("ab",), "#.#-#"),
        ("ab_ab xab aby éab abé 1ab", ("ab",), "ab_ab xab aby éab abé 1ab"),
        ("(ab)", ("ab",), "(#)"), ("ab", ("ab",), "#"), ("a b ab", ("a", "b"), "# # ab"),
        ("-a- -", ("-a-", "-"), "# #"), ("é e", ("é",), "# e"),
        ("abc", ("abcd",), "abc"), ("xabc abcx abc", ("abc",), "xabc abcx #"), ("abcdx", ("abcd",), "#x"),
        ("ab\nab", ("ab",), "#\n#"),
        ("YWI= YWI", ("ab",), "# YWI"), ("YWJj 616263 YWJjx 6162636", ("abc",), "# # YWJjx 6162636"),
        ("6162", ("ab",), "#"), ("7E7F 7e7f", ("~\x7f",), "# #"),
        ("61 YQ", ("a",), "61 YQ"), ("YQ==", ("a",), "#"), ("_-_v 376", ("\xff",), "_-_v 376"),
        ("w78= c3bf C3BF", ("\xff",), "# # #"),
        ("%61b ab", ("ab",), "# #"), ("a&#98; x", ("ab",), "# x"),
    ],
)  # fmt: skip
def test_a_short_secret_is_hidden_as_a_word(text, secrets, expected):
    assert hide(text, *secrets) == expected


def test_a_short_secret_is_not_searched_in_decoded_bytes():
    text = to_base64("long secret, abc y")

    assert hide(text, "long secret", "abc") == f"#{text[15:]}"
    assert SecretIndex(["abc"]).search(View("abc", is_text=False))[:2] == ([], [])
    assert SecretIndex(["abc"]).search(View("abc"))[0][:1] == [(0, 3)]


# ---- cut secrets
@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        ("no abcdefgh", ("abcdefghij",), "no #"), ("no abcdefg", ("abcdefghij",), "no abcdefg"),
        ("abcdefgh no", ("abcdefghij",), "abcdefgh no"),
        ("abcdefgh...", ("abcdefghij",), "#..."), ("abcdefgh… x", ("abcdefghij",), "#… x"),
        ("abcdefgh.. x", ("abcdefghij",), "#.. x"),
        ("abcdefgh. x", ("abcdefghij",), "abcdefgh. x"), ('abcdefgh"... x', ("abcdefghij",), '#"... x'),
        ("abcdefgh [trunc] x", ("abcdefghij",), "# [trunc] x"),
        ("abcdefgh (TRUNCATED) x", ("abcdefghij",), "# (TRUNCATED) x"),
        ("abcdefgh[...] x", ("abcdefghij",), "#[...] x"), ("abcdefg... x", ("abcdefghij",), "abcdefg... x"),
        ("abcdefgh <trunc>", ("abcdefghij",), "# <trunc>"),
        ("abcdefgh {trunc} x", ("abcdefghij",), "abcdefgh {trunc} x"),
        ("xyzabcdefgh", ("abcdefghij", "yzabcdefghk"), "x#"), ("abcdefghabcdefgh", ("abcdefghij",), "abcdefgh#"),
        ("abcdefghi", ("abcdefgh", "abcdefghij"), "#"),
        ("abcdefghx", ("abcdefgh", "abcdefghij"), "#x"), ("abcdefgh... abcdefgh", ("abcdefghij",), "#... #"),
        ("%61%62%63", ("abcd",), "#"), ("%61%62", ("abcd",), "%61%62"), ("x %61%62%63%", ("abcd",), "x #"),
        ("%61%62%63 ", ("abcd",), "%61%62%63 "),
        ("&#97;&#98;", ("abcd",), "#"), ("&#97;", ("abcd",), "&#97;"), ("\\u0061\\u00", ("abcd",), "#"),
        ("\\U00000061", ("abcd",), "#"),
        ("\\U00000062", ("abcd",), "\\U00000062"), ("x%61%62%63%6", ("abcdef", "cxyz"), "x#"),
        ("%61%62%63%6...", ("abcdef",), "#..."),
        ("%61%62%63%6... x", ("abcdef",), "%61%62%63%6... x"), ("%61%62%63%64... x", ("abcdef",), "#... x"),
    ],
)  # fmt: skip
def test_the_beginning_of_a_secret_is_hidden_where_the_text_is_cut(text, secrets, expected):
    assert hide(text, *secrets) == expected


def test_only_a_view_that_reaches_the_end_of_the_text_may_be_cut():
    index = SecretIndex(["abcdefgh", "xyz12345"])

    texts = ("-abcde", "-ab", "-x", "-q")

    assert [index.search(View(text))[1] for text in texts] == [[(1, 6)], [(1, 3)], [(1, 2)], []]
    assert [index.search(View(text, open_end=False))[1] for text in texts] == [[]] * 4
    assert [index.search(View(text))[1] for text in ("ab", "a", "", "b")] == [[(0, 2)], [(0, 1)], [], []]
    assert index.search(View("abc"))[1] == [(0, 3)]


# ---- encoded secrets
@pytest.mark.parametrize("secret", ["abcd", "abcde", "secret", "secrets", "longer-secret"])
@pytest.mark.parametrize("before", ["", "u", "uu", "uuu", "uuuu"])
def test_base64_of_a_secret_is_hidden_at_each_alignment(secret, before):
    encoded = to_base64(f"{before}{secret}zzz")
    first = len(before) * 4 // 3
    last = -(-(len(before) + len(secret)) * 4 // 3)

    assert hide(f"no {encoded}.", secret) == f"no {encoded[:first]}#{encoded[last:]}."
    assert hide(f"x-{encoded}.", secret)[:2] == "x-"


@pytest.mark.parametrize(
    ("text", "secrets", "expected"),
    [
        ("736563726574", ("secret",), "#"), ("x736563726574y", ("secret",), "x#y"),
        ("07365637265741", ("secret",), "0#1"), ("6D6f6E", ("mon",), "6D6f6E"),
        ("61626364 61626364", ("abcd",), "# #"), ("4A4B4C4D 4a4b4c4d", ("JKLM",), "# #"),
        ("4A4b4C4d", ("JKLM",), "4A4b4C4d"),
        (to_base64(to_base64("secret")).rstrip("="), ("secret",), "#"), (to_base64(to_base64(to_base64("secret"))),
        ("secret",), "WXpKV2FtTnRWakE9"),
        (b"secret".hex().encode().hex(), ("secret",), "373336353633373236353734"),
        ("%2573ecret1", ("secret1",), "#"), ("%252573ecret1", ("secret1",), "%252573ecret1"),
        ("_-_--_-_ +/+/++/+/", ("\xfb\xff\xbf\xfb",), "_-_--_-_ +/+/++/+/"),
        ("w7vDv8K_w7s=", ("\xfb\xff\xbf\xfb",), "#="), ("w7vDv8K/w7s=", ("\xfb\xff\xbf\xfb",), "#="),
        ("c2Vj\ncmV0", ("secret",), "#"), ("c2Vj\r\ncmV0 x", ("secret",), "# x"),
        ("c2Vj cmV0", ("secret",), "c2Vj cmV0"),
        ("%63%32VjcmV0", ("secret",), "#"), ("c2VjcmV0 %", ("secret",), "# %"), ("c2VjcmV", ("secret",), "c2VjcmV"),
        ("c2VjcmV0cw", ("secrets-and-more",), "#"),
    ],
)  # fmt: skip
def test_encoded_secrets_are_hidden_up_to_two_encodings_deep(text, secrets, expected):
    assert hide(text, *secrets) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("secret abcd", []), ("7365 6162 secr", []), ("c2Vj", []), ("NlY3", []), ("VzZW", []), ("xx6162636z", ["abc"]),
        ("x6162636", ["abc"]), ("7365637", ["sec"]), ("c2Vj c2VjcmV", ["\xd9X\xffsecre"]), ("xc2VjcmV0", ["secret"]),
        ("NlY3JldA", ["cret"]), ("dXNlY3JldA==", ["usecret"]), ("dXVzZWNyZXQ=", ["uusecret"]), ("uYWJjZA==", ["abcd"]),
        ("dWFiY2Q=", ["uabcd"]), ("dXVhYmNk", ["uuabcd"]), ("YzJWamNtVjA", ["c2VjcmV0"]), ("6162 xyz 61626364",
        ["\x16ÿabcd"]),
    ],
)  # fmt: skip
def test_a_text_is_decoded_in_the_phases_in_which_an_encoded_secret_begins(text, expected):
    index = SecretIndex(["secret", "abcd"])

    assert [view.text for view in index.search(View(text))[2]] == expected


def test_forms_revealed_in_a_decoded_text_are_hidden_but_not_in_decoded_bytes():
    def find(text: str) -> list[tuple[int, int]]:
        return [(at, at + 3) for at in range(len(text)) if text[at : at + 3] == "key"]

    texts = ["key", "a%6Bey", "a%256Bey", "a%25256Bey", to_base64("secret key")]

    assert [find_occurrences(text, SecretIndex(["secret"]), find) for text in texts[:4]] == [
        [(0, 3)],
        [(1, 6)],
        [(1, 8)],
        [],
    ]
    assert find_occurrences(texts[4], SecretIndex(["secret"]), find) == [(0, 8)]


# ---- splicing
@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], "abcdefgh"), ([(0, 2)], "#cdefgh"), ([(6, 8)], "abcdef#"), ([(1, 3), (5, 6)], "a#de#gh"), ([(1, 3),
        (3, 4)], "a##efgh"),
        ([(1, 5), (2, 3), (4, 6)], "a#gh"), ([(1, 5), (2, 3), (5, 6)], "a##gh"), ([(0, 8), (0, 8)], "#"), ([(1, 4),
        (1, 6)], "a#gh"),
    ],
)  # fmt: skip
def test_spans_are_replaced_once_and_overlapping_ones_together(spans, expected):
    assert splice("abcdefgh", spans, "#") == expected


# ---- growth
def test_an_index_knows_its_secrets_and_shows_none():
    index = SecretIndex(["abcd", "", "abcd", "x"])
    index.add(["abcd", "efgh"])

    assert (len(index), repr(index)) == (3, "SecretIndex(3 secrets)")
    assert [text in index for text in ("abcd", "efgh", "x", "", "e", 1)] == [True, True, True, False, False, False]
    assert (len(SecretIndex()), bool(SecretIndex())) == (0, False)


def test_a_secret_is_indexed_again_a_few_times_only_as_the_index_grows():
    index = SecretIndex()
    sizes = []
    for number in range(64):
        index.add([f"word-{number:02}"])
        index.search(View("text"))
        sizes.append([automaton.size for automaton in index._automata])

    assert all(larger > 2 * smaller for row in sizes for larger, smaller in pairwise(row))
    assert {sum(row) for row in sizes} == {7 * (number + 1) for number in range(64)}
    assert sizes[:7] == [[7], [14], [21], [21, 7], [35], [35, 7], [35, 14]]
    assert max(map(len, sizes)) <= 6
    assert max(sizes, key=len)[-1] == 7
    words = [f"word-{number:02}" for number in range(64)]
    assert [find_occurrences(word, index, lambda _: ())[:1] for word in words] == [[(0, 7)]] * 64
