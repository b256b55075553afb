"""Secrets are found in any encoding that a server may use, and the search is linear in the text and the secrets."""

from __future__ import annotations

import base64
import gc
import html
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import infisical
from infisical.redaction import MASK, find_secrets, mask, mask_value, redact_body, redact_url
from infisical.redaction.masking import CUT_LENGTH, SecretIndex
from infisical.rejection import make_error
from infisical.response import Response
from tests.forms import mark_exhaustive, try_examples

ROOT = Path(infisical.__file__).parent
quick = try_examples(10, 50)
printable = st.characters(exclude_categories=["C", "Z"], include_characters=" \n\"'\\&<>/+=%")
secrets = st.text(printable, min_size=4, max_size=24).filter(lambda it: it.strip() == it and len(set(it)) > 3)
secrets = secrets.filter(lambda it: it not in MASK)
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def lower_hex(encoded: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)


def entities(text: str, form: str) -> str:
    return "".join(letter if letter.isalnum() else f"&#{form}{format(ord(letter), form or 'd')};" for letter in text)


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON, ASCII": lambda it: json.dumps(it)[1:-1],
    "JSON": lambda it: json.dumps(it, ensure_ascii=False)[1:-1],
    "JSON of PHP": lambda it: json.dumps(it)[1:-1].replace("/", "\\/"),
    "JSON in JSON": lambda it: json.dumps(json.dumps(it)[1:-1])[1:-1],
    "repr": lambda it: repr(it)[1:-1],
    "ASCII repr": lambda it: ascii(it)[1:-1],
    "percent": lambda it: quote(it, safe=""),
    "percent, lower case": lambda it: lower_hex(quote(it, safe="")),
    "percent, slash kept": quote,
    "percent, as JavaScript": lambda it: quote(it, safe="!*'()"),
    "percent, a whole URL": lambda it: quote(it, safe=";,/?:@&=+$#-_.!~*'()"),
    "percent, twice": lambda it: quote(quote(it, safe=""), safe=""),
    "percent, twice, lower case": lambda it: quote(lower_hex(quote(it, safe="")), safe=""),
    "form": quote_plus,
    "form, twice": lambda it: quote_plus(quote_plus(it)),
    "base64": base64_of,
    "base64 without padding": lambda it: base64_of(it).rstrip("="),
    "base64url": lambda it: base64.urlsafe_b64encode(it.encode()).decode(),
    "base64url without padding": lambda it: base64.urlsafe_b64encode(it.encode()).decode().rstrip("="),
    "base64, wrapped": lambda it: base64.encodebytes(it.encode() * 1).decode().strip(),
    "hex": lambda it: it.encode().hex(),
    "hex, upper case": lambda it: it.encode().hex().upper(),
    "HTML": html.escape,
    "HTML, quotes kept": lambda it: html.escape(it, quote=False),
    "HTML, decimal": lambda it: entities(it, ""),
    "HTML, hex": lambda it: entities(it, "x"),
    "JSON in HTML": lambda it: html.escape(json.dumps(it)[1:-1]),
    "HTML in JSON": lambda it: json.dumps(html.escape(it))[1:-1],
}


@quick
@given(secret=secrets, others=st.sets(secrets, max_size=2))
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_secret_is_hidden_in_any_encoding_and_the_words_around_it_stay(encoding, secret, others):
    encoded = ENCODINGS[encoding](secret)
    assume(not any(other in encoded for other in others))
    assume(not any(one in "no: , please" for one in (secret, *others)))

    assert mask(f"no: {encoded}, please", {secret, *others}).startswith(f"no: {MASK}")
    assert mask(f"no: {encoded}, please", {secret, *others}).endswith(", please")
    assert encoded not in mask(f"no: {encoded}, please", {secret, *others}).replace(MASK, "")


@quick
@given(secret=secrets, before=st.integers(0, 2), after=st.integers(0, 4))
def test_a_secret_within_a_longer_base64_is_hidden_at_any_alignment(secret, before, after):
    encoded = base64_of("u" * before + secret + "z" * after)

    assert len(mask(encoded, {secret}).replace(MASK, "").strip("=")) <= 2 + before + 2 * after


CUT = "h/nt<r+2&éö w\"'%x" + "-correct-horse-battery-staple" * 3


ENDS = ["", "...", "…", " [truncated]", '..."']


@pytest.mark.parametrize(
    ("encoding", "end"),
    [
        (pytest.param if at == 0 or number % len(ENDS) == at else mark_exhaustive)(
            encoding, end, id=f"{encoding}-{end}"
        )
        for number, encoding in enumerate(ENCODINGS)
        for at, end in enumerate(ENDS)
    ],
)
def test_the_beginning_of_a_secret_is_hidden_where_a_text_is_cut(encoding, end):
    encoded = ENCODINGS[encoding](CUT)
    cut = {size: mask(f"no: {encoded[:size]}{end}", {CUT}) for size in range(8, 60, 4 if end else 1)}

    assert {size: shown for size, shown in cut.items() if not shown.startswith(f"no: {MASK}")} == {}
    assert {size: shown for size, shown in cut.items() if not shown.endswith(end) or len(shown) > 18 + len(end)} == {}


def test_a_base64_that_only_begins_like_that_of_a_secret_stays():
    text = f"{base64_of('aB3xyzzy-and-more')} is something else."

    assert mask(text, ["aB3$"]) == text


def test_a_cut_secret_is_hidden_from_eight_characters_on():
    assert CUT_LENGTH == 8
    assert mask("no: abcdefg", {"abcdefghijklm"}) == "no: abcdefg"
    assert mask("no: abcdefgh", {"abcdefghijklm"}) == f"no: {MASK}"
    assert mask("abcdefgh is no end", {"abcdefghijklm"}) == "abcdefgh is no end"
    assert mask('"abcdefgh" and "abcdefgh..." too', {"abcdefghijklm"}) == f'"abcdefgh" and "{MASK}..." too'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x a. ab a", f"x {MASK}. ab {MASK}"),
        ("a%20ab%20a", f"{MASK}%20ab%20{MASK}"),
        ("YQ== YQ", f"{MASK} YQ"),
        ("a_ _a a-a", f"a_ _a {MASK}-{MASK}"),
    ],
)
def test_a_secret_of_fewer_than_four_characters_is_hidden_as_a_whole_word(text, expected):
    assert mask(text, {"a"}) == expected
    assert mask("abcde", {"abcd"}) == f"{MASK}e"
    assert mask("abcd", {"abc"}) == "abcd"


@quick
@given(st.lists(st.text("ab", min_size=4, max_size=9), min_size=1, max_size=12), st.text("abc", max_size=60), st.data())
@example(["aaaa", "abaa"], "aaabaaaab", None)
def test_an_index_that_grows_finds_what_one_made_at_once_finds(words, text, data):
    growing = SecretIndex()
    for word in words:
        growing.add([word, ""])
        mask(text, growing)
    covered = [any(text[at - back :].startswith(word) for word in words for back in range(len(word)) if back <= at)
               for at in range(len(text))]  # fmt: skip
    hidden = mask(f"{text} ", growing)

    assert hidden == mask(f"{text} ", SecretIndex(words)) == mask(f"{text} ", words)
    assert hidden.replace(MASK, "") == "".join(c for c, is_in in zip(text, covered, strict=True) if not is_in) + " "
    assert (len(growing), repr(growing)) == (len(set(words)), f"SecretIndex({len(set(words))} secrets)")


@quick
@given(st.text(max_size=200))
def test_a_text_without_a_secret_is_left_as_it_is_by_an_index_of_others(text):
    assume("eyJ" not in text and "st." not in text and "~7^" not in text and "=" not in text and ":" not in text)

    assert mask(text, {"~7^~7^~7^", "~7^x"}) == text


# ---- cost
def ratio(work: Callable[[int], Callable[[], Any]], small: int, large: int) -> float:
    """How much more CPU time the larger input takes, of several attempts the best."""

    def cost(size: int) -> float:
        run = work(size)
        run()
        best = float("inf")
        for _ in range(2):
            start = time.process_time()
            run()
            best = min(best, time.process_time() - start)
        return best

    gc.disable()  # a collection would be measured, of whatever other tests have left
    try:
        return cost(large) / cost(small)
    finally:
        gc.enable()


def refusal(size: int) -> tuple[bytes, Response]:
    values = [f"value-{number}-{'x%<' * 8}" for number in range(size)]
    asked = {"secrets": [{"secretKey": f"K{number}", "secretValue": value} for number, value in enumerate(values)]}
    issues = [{"path": ["secrets", number], "message": f"no: {value}"} for number, value in enumerate(values)]
    body = json.dumps({"error": "ValidationFailure", "message": issues}).encode()
    return json.dumps(asked).encode(), Response(422, (), body)


def an_error(size: int) -> Callable[[], Any]:
    asked, response = refusal(size)
    return lambda: make_error(response, secrets=find_secrets((), asked))


def a_recording(size: int) -> Callable[[], Any]:
    asked, response = refusal(size)
    return lambda: (redact_body(asked), redact_body(response.body, find_secrets((), asked)))


def a_recorder(size: int) -> Callable[[], Any]:
    def run() -> None:
        index = SecretIndex()
        for number in range(size):
            index.add([f"token-of-exchange-{number}"])
            redact_body(b'{"message": "no token-of-exchange-0 here"}', index)

    return run


@pytest.mark.parametrize("work", [an_error, a_recording, a_recorder])
def test_four_times_the_secrets_cost_about_four_times_as_much(work):
    assert ratio(work, 50, 200) < 8


def test_no_value_of_a_large_batch_is_shown():
    asked, response = refusal(200)
    error = make_error(response, secrets=find_secrets((), asked))

    assert ("value-" in repr(error), error.message.count(MASK)) == (False, 200)
    assert b"value-" not in (redact_body(response.body, find_secrets((), asked)) or b"")


FOREIGN = {
    "tokens": "eyJ",
    "dotted tokens": "eyJaaaaaaaa.",
    "service tokens": "st.aaaaaaaa-",
    "keys": "-----BEGIN PRIVATE KEY-----",
    "half keys": "-----BEGIN ",
    "fields": '{"password": "',
    "open fields": '"value": {',
    "lists": '"password": [1,',
    "quotes": "\"'",
    "names": '"a',
    "blanks": '"a"                                                   ',
    "backslashes": "\\",
    "escapes": '\\"',
    "percent": "%2525",
    "entities": "&amp;",
    "ampersands": "&",
    "form": "a=b&",
    "names of a form": "&b",
    "URLs": "://",
    "users": "://a@",
    "at": "@",
    "dots": "a.",
    "letters": "a",
    "lines": "a\n",
    "mixed": '%5C"&quot;+\\u0041',
    "half a character": "%E2%82",
    "cut": "aaaaaaaaaa...",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_no_text_takes_more_than_its_length(text):
    known = SecretIndex(["a" * size for size in range(4, 200, 5)] + ["eyJeyJeyJeyJ", "aaab" * 50])

    def work(size: int) -> Callable[[], Any]:
        long = text * (size // len(text))
        return lambda: (mask(long, known), redact_body(long.encode(), known), redact_url(f"https://h/?{long}"),
                        find_secrets((), long.encode()), mask_value({"a": long}))  # fmt: skip

    assert ratio(work, 600, 2_400) < 9


@pytest.mark.parametrize("before", ["eyJ" * 8_000 + " ", "a.b " * 8_000, "xeyJ.", "bearer_"])
def test_a_real_token_in_a_long_message_is_hidden(before):
    assert mask(f"{before}{JWT} after") == f"{before}{MASK} after"


def test_nothing_keeps_a_secret_after_the_call():
    secret = "".join(["never", "-", "kept", "-", "9f8e7d"])
    mask(f'no {quote_plus(secret)} {base64_of(secret)} ?token={secret} "token": "{secret}"', {secret})
    redact_body(json.dumps({"token": secret, secret: secret}).encode(), {secret})
    redact_url(f"https://h/{secret}?a={secret}&token={secret}", {secret})
    find_secrets((("x-key", secret),), json.dumps({"token": secret}).encode())
    patterns = [str(key) for key in re._cache]
    modules = sorted((ROOT / "redaction").glob("*.py"))
    caches = [path.name for path in modules if "lru_cache" in path.read_text()]

    assert [pattern for pattern in patterns if "9f8e7d" in pattern] == []
    assert (len(modules) > 5, caches) == (True, [])
