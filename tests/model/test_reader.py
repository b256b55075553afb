"""Readers: a document becomes a model or a Mismatch with its place; both ways of building are held to it."""

from __future__ import annotations

import copy
import functools
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from returns.result import Failure

from infisical import DecodeError, Response
from infisical.decode import one
from infisical.endpoints.kms import KmsKey, KmsKeyList
from infisical.endpoints.secrets import SecretReferenceNode
from infisical.model import Model, describe_field
from infisical.model.reader import Mismatch, compile_reader, get_reader

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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*MINIMAL, "id", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


nearly = st.dictionaries(st.sampled_from(list(FULL)), json_values, max_size=3).map(lambda changed: {**FULL, **changed})


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
