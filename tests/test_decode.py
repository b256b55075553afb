"""Decoders: whatever comes is a value or a DecodeError with its place. Both ways of building a model are held to it."""

from __future__ import annotations

import copy
import functools
import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from returns.result import Failure, Success

from infisical import DecodeError, Response
from infisical.decode import by_name, either, many, nothing, one, text, text_in
from infisical.endpoints.kms import KmsKey, KmsKeyList
from infisical.endpoints.secrets import Secret, SecretApproval, SecretList, SecretReferenceNode, SecretTag
from infisical.model import Model, describe_field
from infisical.model.reader import Mismatch, compile_reader, get_reader
from tests.wire import answer

quick = settings(deadline=None)


def is_lower(value: Any) -> str | None:
    return None if value == value.lower() else "lower case"


def is_short(value: Any) -> str | None:
    return None if len(value) < 3 else "less than 3"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf(Model):
    id: str
    n: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch(Model):
    leaves: tuple[Leaf, ...]
    named: Mapping[str, Leaf] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything(Model):
    """A field of every type that the decoder reads, required and not."""

    text: str
    whole: int
    flag: bool
    number: float
    leaf: Leaf
    leaves: tuple[Leaf, ...]
    any: Any
    nullable: str | None
    import_: str | None = None
    kind: Literal["a", "b"] | None = None
    level: Literal[1, 2] | None = None
    lower: str | None = field(default=None, metadata=describe_field(check=is_lower))
    ttl: int = field(default=60, metadata=describe_field("maxTTL"))
    word: str = "word"
    off: bool = False
    ratio: float | None = None
    branches: tuple[Branch, ...] = ()
    table: tuple[tuple[int, ...], ...] = ()
    holes: tuple[str | None, ...] | None = None
    few: tuple[int, ...] = field(default=(), metadata=describe_field(check=is_short))
    labels: Mapping[str, str] | None = field(default=None, hash=False)
    groups: Mapping[str, tuple[Leaf, ...]] | None = field(default=None, hash=False)
    gaps: Mapping[str, int | None] | None = field(default=None, hash=False)
    extra: Any = field(default=None, hash=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping(Model):
    pongs: tuple[Pong, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Pong(Model):
    ping: Ping | None = None
    count: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Wide(Leaf):
    """A model that has the fields of another."""

    more: str | None = None
    n: int | None = 7


@dataclass(frozen=True, kw_only=True)
class Unslotted(Model):
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Derived(Model):
    id: str
    length: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", len(self.id))


MINIMAL = {
    "text": "", "whole": 0, "flag": False, "number": 0, "leaf": {"id": "l"}, "leaves": [], "any": None, "nullable": None
}  # fmt: skip
FULL = {
    "text": "t\n\"é\U0001f600", "whole": 10**400, "flag": True, "number": -1.5e300, "leaf": {"id": "l", "n": -1},
    "leaves": [{"id": "a"}, {"id": "b", "n": 2}], "any": [{"x": None}], "nullable": "0", "import": "i", "kind": "newer",
    "level": 9, "lower": "abc", "maxTTL": 0, "word": "", "off": True, "ratio": 1,
    "branches": [{"leaves": [{"id": "c"}], "named": {"d": {"id": "d"}}}], "table": [[1, 2], []], "holes": ["", None],
    "few": [1, 2], "labels": {"": "x"}, "groups": {"g": [{"id": "e"}]}, "gaps": {"a": None, "b": 1}, "extra": 0,
    "unknown": {"deep": [1]}, "import_": "not the name on the wire", "ttl": "neither",
}  # fmt: skip
FULL_MODEL = Everything(
    text='t\n"é\U0001f600', whole=10**400, flag=True, number=-1.5e300, leaf=Leaf(id="l", n=-1),
    leaves=(Leaf(id="a"), Leaf(id="b", n=2)), any=[{"x": None}], nullable="0", import_="i", kind="newer", level=9,
    lower="abc", ttl=0, word="", off=True, ratio=1,
    branches=(Branch(leaves=(Leaf(id="c"),), named={"d": Leaf(id="d")}),),
    table=((1, 2), ()), holes=("", None), few=(1, 2), labels={"": "x"}, groups={"g": (Leaf(id="e"),)},
    gaps={"a": None, "b": 1}, extra=0,
)  # fmt: skip
ways = pytest.mark.parametrize("blanks", [True, False], ids=["twins", "constructor"])


@functools.cache
def built(model: type[Any], blanks: bool) -> Callable[[Any], Any]:
    return compile_reader(model, frozenset({model}), blanks)


def read(model: type[Any], document: Any, blanks: bool) -> Any:
    """What a reader makes of a document: a model, or where it stops and why."""
    try:
        return built(model, blanks)(document)
    except Mismatch as wrong:
        return (wrong.path, wrong.expected)


def failed(decoder: Any, response: Response) -> tuple[str, str]:
    """Path and message of the DecodeError, which has the response in it."""
    error = decoder(response).failure()
    assert (type(error), error.response, error.sent) == (DecodeError, response, True)
    return error.path, error.message


# ---- what is right
@ways
def test_a_model_is_read_field_by_field_by_its_names_on_the_wire(blanks):
    assert read(Everything, FULL, blanks) == FULL_MODEL


@ways
@pytest.mark.parametrize("absent", [False, True], ids=["null", "absent"])
def test_null_and_absent_are_both_the_default(blanks, absent):
    optional = ("import", "kind", "level", "lower", "maxTTL", "word", "off", "ratio", "branches", "table")
    optional += ("holes", "few", "labels", "groups", "gaps", "extra")
    document = MINIMAL if absent else {**MINIMAL, **dict.fromkeys(optional)}

    assert read(Everything, document, blanks) == Everything(
        text="", whole=0, flag=False, number=0, leaf=Leaf(id="l"), leaves=(), any=None, nullable=None
    )


@ways
def test_a_default_that_is_made_is_made_for_each(blanks):
    first, second = (read(Branch, {"leaves": [], "named": None}, blanks) for _ in range(2))

    assert (first, first.named, second.named) == (Branch(leaves=()), {}, {})
    assert first.named is not second.named


def test_empty_and_false_values_are_values():
    document = {
        "id": "",
        "secretKey": "",
        "secretValue": "",
        "version": 0,
        "secretValueHidden": False,
        "secretComment": "0",
    }
    expected = Secret(id="", secret_key="", secret_value="", version=0, secret_value_hidden=False, secret_comment="0")

    assert one(Secret)(answer(document)) == Success(expected)


TAG, ODD_TAG = {"id": "t"}, {"id": 7}


@pytest.mark.parametrize(
    ("decoder", "document", "expected"),
    [
        (one(SecretTag), TAG, SecretTag(id="t")),
        (one(SecretTag, at="tag"), {"tag": TAG, "tags": None}, SecretTag(id="t")),
        (many(SecretTag), [TAG, TAG], (SecretTag(id="t"),) * 2),
        (many(SecretTag), [], ()), (by_name(Leaf), {}, {}), (by_name(Leaf), {"a": {"id": "l"}}, {"a": Leaf(id="l")}),
        (many(SecretTag, at="tags"), {"tags": [TAG]}, (SecretTag(id="t"),)),
        (either(one(SecretTag, at="tag"), one(Leaf, at="leaf")), {"tag": TAG}, SecretTag(id="t")),
        (either(one(SecretTag, at="tag"), one(Leaf, at="leaf")), {"leaf": {"id": "l"}}, Leaf(id="l")),
        (either(one(SecretTag, at="tag"), one(Leaf, at="leaf")), {"tag": TAG, "leaf": None}, SecretTag(id="t")),
        (either(one(SecretTag, at="tag"), one(Leaf, at="leaf")), {"tag": None, "leaf": {"id": "l"}}, Leaf(id="l")),
        (either(many(SecretTag, at="tags"), one(Leaf, at="leaf")), {"tags": [TAG]}, (SecretTag(id="t"),)),
    ],
)  # fmt: skip
def test_a_decoder_reads_the_answer_or_one_field_of_it(decoder, document, expected):
    assert decoder(answer(document)) == Success(expected)


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"<html>", b"\xff"])
def test_nothing_reads_any_answer(body):
    assert nothing(Response(200, (), body)) == Success(None)


@pytest.mark.parametrize("said", ["", "-----BEGIN PRIVATE KEY-----\n", '"quoted"', "línea \U0001f600\x00"])
def test_text_is_read_as_it_came(said):
    assert text(Response(200, (), said.encode())) == Success(said)
    assert text_in(Leaf, "id")(Response(200, (), said.encode())) == Success(Leaf(id=said))


def test_text_that_is_not_utf_8_is_a_decode_error():
    assert failed(text, Response(200, (), b"\xff")) == ("", "the answer is not UTF-8 text")
    assert failed(text_in(Leaf, "id"), Response(200, (), b"\xff")) == ("", "the answer is not UTF-8 text")


def test_decoders_are_values():
    made = [either(many(Secret, at="secrets"), one(SecretApproval, at="approval")) for _ in range(2)]

    assert made[0] == made[1]
    assert hash(made[0]) == hash(made[1])
    assert pickle.loads(pickle.dumps(made[0])) == copy.deepcopy(made[0]) == made[0]
    assert len({one(Secret), one(SecretTag), one(Secret, at="secret"), many(Secret)}) == 4


# ---- what is wrong
WRONG = [
    ("text", 5, "a string"), ("text", None, "a string"), ("text", ["t"], "a string"), ("text", True, "a string"),
    ("whole", "5", "an integer"), ("whole", 1.0, "an integer"), ("whole", True, "an integer"),
    ("whole", {}, "an integer"),
    ("flag", 1, "a boolean"), ("flag", 0, "a boolean"), ("flag", "true", "a boolean"), ("flag", None, "a boolean"),
    ("number", "1.5", "a number"), ("number", True, "a number"), ("number", None, "a number"),
    ("leaf", [], "an object"), ("leaf", "l", "an object"), ("leaf", None, "an object"), ("leaves", {}, "a list"),
    ("leaves", None, "a list"), ("leaves", "ab", "a list"), ("nullable", 5, "a string"), ("import", 5, "a string"),
    ("kind", 1, "a string"), ("level", "1", "an integer"), ("lower", "Abc", "lower case"), ("lower", 5, "a string"),
    ("maxTTL", "60", "an integer"), ("word", [], "a string"), ("off", 0, "a boolean"), ("ratio", "1", "a number"),
    ("branches", {}, "a list"), ("few", [1, 2, 3], "less than 3"), ("few", 5, "a list"), ("labels", [], "an object"),
]  # fmt: skip
INSIDE = [
    ({"leaf": {}}, "leaf.id", "a string"), ({"leaf": {"id": None}}, "leaf.id", "a string"),
    ({"leaf": {"id": "l", "n": "1"}}, "leaf.n", "an integer"), ({"leaves": [None]}, "leaves[0]", "an object"),
    ({"leaves": [{"id": "a"}, {"id": "b"}, {"id": 5}]}, "leaves[2].id", "a string"),
    ({"few": ["1"]}, "few[0]", "an integer"), ({"leaves": [{"id": "a"}, [], {}]}, "leaves[1]", "an object"),
    ({"table": [[1], [2, "3"]]}, "table[1][1]", "an integer"),
    ({"table": [[1], 2]}, "table[1]", "a list"), ({"table": [[None]]}, "table[0][0]", "an integer"),
    ({"branches": [{}]}, "branches[0].leaves", "a list"), ({"holes": [None, 5]}, "holes[1]", "a string"),
    ({"branches": [{"leaves": []}, {"leaves": [{"id": "x"}, {}]}]}, "branches[1].leaves[1].id", "a string"),
    ({"branches": [{"leaves": [], "named": {"a": {"id": "a"}, "b.c": {}}}]}, "branches[0].named.b.c.id", "a string"),
    ({"labels": {"a": "x", "b": None}}, "labels.b", "a string"),
    ({"gaps": {"a": None, "b": "1"}}, "gaps.b", "an integer"),
    ({"groups": {"g": [{"id": "x"}, 5]}}, "groups.g[1]", "an object"), ({"groups": {"g": {}}}, "groups.g", "a list"),
]  # fmt: skip


@ways
@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_value_of_the_wrong_type_is_named_and_never_coerced(name, value, expected, blanks):
    assert read(Everything, {**MINIMAL, name: value}, blanks) == (name, expected)


@ways
@pytest.mark.parametrize(("wrong", "path", "expected"), INSIDE)
def test_what_is_wrong_further_in_is_found_by_its_path(wrong, path, expected, blanks):
    assert read(Everything, {**MINIMAL, **wrong}, blanks) == (path, expected)


@ways
@pytest.mark.parametrize("name", MINIMAL)
def test_a_required_field_that_is_missing_is_named(name, blanks):
    document = {key: value for key, value in MINIMAL.items() if key != name}
    path, _ = read(Everything, document, blanks)

    assert path == name


TAGS = either(many(SecretTag, at="tags"), one(Leaf, at="leaf"))
PLACES = [
    (one(SecretTag), [], "", "expected an object, found a list at the top"),
    (one(SecretTag), None, "", "expected an object, found null at the top"),
    (one(SecretTag), {}, "id", "expected a string, found nothing at id"),
    (one(SecretTag), {"id": None}, "id", "expected a string, found null at id"),
    (one(SecretTag), {"id": 1.5}, "id", "expected a string, found a number at id"),
    (one(SecretTag), {"id": False}, "id", "expected a string, found a boolean at id"),
    (one(SecretTag, at="tag"), [], "", "expected an object, found a list at the top"),
    (one(SecretTag, at="tag"), {}, "tag", "expected an object, found nothing at tag"),
    (one(SecretTag, at="tag"), {"tag": ODD_TAG}, "tag.id", "expected a string, found an integer at tag.id"),
    (many(SecretTag), {}, "", "expected a list, found an object at the top"),
    (many(SecretTag), [TAG, ODD_TAG], "[1].id", "expected a string, found an integer at [1].id"),
    (many(SecretTag, at="tags"), {"tags": TAG}, "tags", "expected a list, found an object at tags"),
    (many(SecretTag, at="tags"), {"tags": [TAG, None]}, "tags[1]", "expected an object, found null at tags[1]"),
    (by_name(Leaf), [], "", "expected an object, found a list at the top"),
    (by_name(Leaf), {"a": {"id": "l"}, "b": {}}, "b.id", "expected a string, found nothing at b.id"),
    (TAGS, {"leaf": []}, "leaf", "expected an object, found a list at leaf"),
    (TAGS, {"tags": None, "leaf": None}, "tags", "expected a list, found null at tags"),
    (TAGS, [], "", "expected an object, found a list at the top"),
    (TAGS, {"neither": 1}, "tags", "expected a list, found nothing at tags"),
    (one(SecretList), {"secrets": [{"id": "i", "secretKey": "k", "secretValue": "v"}] * 3
        + [{"id": "i", "secretKey": "k", "secretValue": "v", "type": 1}]}, "secrets[3].type",
        "expected a string, found an integer at secrets[3].type"),
]  # fmt: skip


@pytest.mark.parametrize(("decoder", "document", "path", "message"), PLACES)
def test_an_error_says_what_was_expected_what_came_and_where(decoder, document, path, message):
    assert failed(decoder, answer(document)) == (path, message)


HTML = (("Content-Type", "text/html; charset=utf-8"),)
TYPED = (("content-type", "application/json"),)
DEEP = 100_000
NOT_JSON = [
    (Response(200), "the answer is empty"),
    (Response(200, HTML, b"<html>"), "the answer is not JSON but text/html"),
    (Response(200, TYPED, b'{"id": "x"'), "the answer is not JSON"),
    (Response(200, (), b'{"id": "x"} trailing'), "the answer is not JSON"),
    (Response(200, (), b'{"id": "\xff"}'), "the answer is not JSON"),
    (Response(200, (), b"\xef\xbb\xbf{}"), "the answer is not JSON"),
    (Response(200, (), '{"id": "x"}'.encode("utf-16")), "the answer is not JSON"),
    (Response(200, (), b'{"id": "x", "n": NaN}'), "the answer is not JSON"),
    (Response(200, (), b'{"id": "x", "n": -Infinity}'), "the answer is not JSON"),
    (Response(200, (), b'{"id": "x", "n": ' + b"9" * 10_000 + b"}"), "the answer is not JSON"),
    (Response(200, (), b"[" * DEEP + b"]" * DEEP), "the answer is nested too deeply"),
    (Response(200, (), b'{"id": ' * DEEP), "the answer is nested too deeply"),
]


@pytest.mark.parametrize(("response", "message"), NOT_JSON, ids=range(len(NOT_JSON)))
@pytest.mark.parametrize(
    "decoder", [one(Leaf), one(Leaf, at="x"), many(Leaf), TAGS], ids=["one", "at", "many", "either"]
)
def test_what_is_not_json_is_a_decode_error(decoder, response, message):
    assert failed(decoder, response) == ("", message)


def nodes(depth: int, innermost: Any) -> Any:
    """A tree of references that goes so deep, each node the only child of the one above."""
    for _ in range(depth):
        innermost = {"key": "k", "children": [innermost]}
    return innermost


def test_a_fault_far_down_is_found_at_once():
    path, message = failed(one(SecretReferenceNode), answer(nodes(60, {"key": 5})))

    assert path == "children[0]." * 60 + "key"
    assert message == f"expected a string, found an integer at {path}"


@pytest.mark.parametrize("innermost", [b'{"key": "k"}', b'{"key": 5}', b"5"])
@pytest.mark.parametrize("depth", [100, 300, 450, 490, 900, 5_000])
def test_a_model_that_holds_itself_is_read_or_refused_however_deep_it_goes(depth, innermost):
    body = b'{"key": "k", "children": [' * depth + innermost + b"]}" * depth
    outcome = one(SecretReferenceNode)(Response(200, (), body))
    if isinstance(outcome, Failure):
        assert type(outcome.failure()) is DecodeError
        return
    node, found = outcome.unwrap(), 0
    while node.children:
        (node,), found = node.children, found + 1

    assert (node, found, innermost) == (SecretReferenceNode(key="k"), depth, b'{"key": "k"}')


@ways
def test_models_that_hold_each_other_are_read(blanks):
    document = {"pongs": [{"ping": {"pongs": [{"count": 2}]}, "count": 1}]}

    assert read(Ping, document, blanks) == Ping(pongs=(Pong(ping=Ping(pongs=(Pong(count=2),)), count=1),))
    assert read(Pong, {"ping": document}, blanks) == Pong(ping=read(Ping, document, blanks))
    assert read(Ping, {"pongs": [{}, {"ping": {"pongs": [{"count": "2"}]}}]}, blanks) == (
        "pongs[1].ping.pongs[0].count", "an integer"
    )  # fmt: skip


def test_a_type_that_the_decoder_does_not_know_is_a_defect_of_the_model():
    @dataclass(frozen=True, kw_only=True, slots=True)
    class Unknown(Model):
        value: int | str

    with pytest.raises(TypeError, match=r"no reader for int \| str"):
        compile_reader(Unknown, frozenset({Unknown}), True)


# ---- what comes out are the models themselves
@ways
@pytest.mark.parametrize(
    ("model", "document", "expected"),
    [
        (Leaf, {"id": "a"}, Leaf(id="a")),
        (Wide, {"id": "a", "more": "m"}, Wide(id="a", more="m", n=7)),
        (Unslotted, {"id": "a"}, Unslotted(id="a")),
        (Derived, {"id": "abc"}, Derived(id="abc")),
        (Branch, {"leaves": [{"id": "a"}]}, Branch(leaves=(Leaf(id="a"),))),
        (KmsKeyList, {"keys": [{"id": "k"}]}, KmsKeyList(keys=(KmsKey(id="k"),))),
    ],
)  # fmt: skip
def test_a_decoded_model_is_as_good_as_one_that_was_constructed(model, document, expected, blanks):
    found = read(model, document, blanks)

    assert (found, type(found), hash(found), repr(found)) == (expected, model, hash(expected), repr(expected))
    assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == copy.copy(found) == replace(found) == expected
    assert hasattr(found, "__dict__") is (model is Unslotted)
    for name in (next(iter(document)), "no_field"):
        with pytest.raises((FrozenInstanceError, TypeError)):  # TypeError: CPython 3.11 for a name that is no field
            setattr(found, name, "x")
    with pytest.raises(FrozenInstanceError):
        delattr(found, next(iter(document)))
    assert found == expected


def test_a_decoded_model_can_be_replaced_and_matched():
    key = one(KmsKey)(answer({"id": "k", "name": "n"})).unwrap()

    assert replace(key, name="m") == KmsKey(id="k", name="m")
    match key:
        case KmsKey(id=found, name="n"):
            assert found == "k"
        case _:
            pytest.fail("it did not match")


# ---- anything at all
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*MINIMAL, "id", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)
nearly = st.dictionaries(st.sampled_from(list(FULL)), json_values, max_size=3).map(lambda changed: {**FULL, **changed})
DECODERS = [one(Everything), many(Leaf), one(Branch, at="leaf"), by_name(Leaf), TAGS, one(SecretReferenceNode)]
DECODERS += [one(Ping), text, text_in(Leaf, "id"), nothing]


@quick
@given(
    st.binary(max_size=30)
    | json_values.map(lambda it: json.dumps(it).encode())
    | nearly.map(lambda it: json.dumps(it).encode())
)
@example(b"\xff\xfe{\x00}\x00")
@example(b'{"id": 1e999}')
def test_no_answer_makes_a_decoder_raise(body):
    for decoder in DECODERS:
        outcome = decoder(Response(200, (), body))

        assert isinstance(outcome, Success) or failed(decoder, Response(200, (), body))


@quick
@given(json_values | nearly)
def test_both_ways_of_building_agree(document):
    for model in (Everything, Leaf, Branch, Ping, Wide, SecretReferenceNode):
        assert read(model, document, True) == read(model, document, False)


@quick
@given(nearly)
def test_what_is_accepted_stands_in_the_model_as_it_came(document):
    found = read(Everything, document, True)
    if isinstance(found, tuple):
        return
    scalars = {"text": found.text, "whole": found.whole, "flag": found.flag, "any": found.any, "number": found.number}

    assert {name: (type(value), value) for name, value in scalars.items()} == {
        name: (type(document[name]), document[name]) for name in scalars
    }


def test_a_reader_is_compiled_once():
    assert get_reader(Leaf) is get_reader(Leaf)
