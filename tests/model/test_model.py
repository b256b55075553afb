"""Models, all of them: decoder, dataclasses-json and marshmallow agree on every valid document and refuse the others.

The models are collected from every module under `infisical.endpoints`; documents are made from their fields. A default
run has models that together have each kind of field, and those of secrets; the others are run as `exhaustive`.
"""

from __future__ import annotations

import base64
import copy
import functools
import importlib
import json
import pickle
import pkgutil
import re
import sys
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields, is_dataclass, replace
from types import UnionType
from typing import Any, Literal

import pytest
from dataclasses_json import DataClassJsonMixin, LetterCase
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from marshmallow import ValidationError
from returns.result import Failure, Success

import infisical.endpoints
from infisical import DecodeError, LoginResponse
from infisical.decode import one
from infisical.endpoints.kms import DecryptResponse, KmsKey
from infisical.endpoints.secrets import NewSecret, Secret, SecretList, SecretMetadata, SecretReferenceNode, SecretTag
from infisical.model import Model, describe_field, list_fields
from infisical.model.marshmallow import make_schema
from infisical.model.names import DECORATIONS, is_decoration, to_camel_case
from infisical.model.reader import compile_reader
from infisical.request import NULL, Base64, Null
from tests.forms import cover, shorten, try_examples
from tests.wire import answer


def subclasses(model: type[Any]) -> Iterator[type[Any]]:
    for found in model.__subclasses__():
        yield found
        yield from subclasses(found)


def all_models() -> list[type[Any]]:
    """Every model of the package, by name: but for what `dataclass(slots=True)` made its class from."""
    for module in pkgutil.walk_packages(infisical.endpoints.__path__, "infisical.endpoints."):
        importlib.import_module(module.name)
    ours = {model for model in subclasses(Model) if model.__module__.startswith("infisical.")}
    found = [model for model in ours if getattr(sys.modules[model.__module__], model.__name__, None) is model]
    return sorted(found, key=lambda model: (model.__module__, model.__name__))


def kinds_in(hint: Any) -> set[Any]:
    """The types that an annotation is made of, without those of other models' fields."""
    args = typing.get_args(hint)
    return {hint} if not args or typing.get_origin(hint) is Literal else set().union(*(kinds_in(arg) for arg in args))


MODELS = all_models()
HINTS = {model: typing.get_type_hints(model) for model in MODELS}


def is_written_only(model: type[Any], seen: frozenset[type[Any]] = frozenset()) -> bool:
    """Whether a model has something in it that only a request can hold: `NULL`, bytes to be written as base64."""
    kinds = set().union(*(kinds_in(hint) for hint in HINTS[model].values()), set()) - seen
    inner = {kind for kind in kinds if kind in HINTS and kind is not model}
    return bool(kinds & {Null, Base64}) or any(is_written_only(kind, seen | {model} | inner) for kind in inner)


READ = [model for model in MODELS if not is_written_only(model)]


def shape(hint: Any) -> str:
    """An annotation with every model called the same."""
    if hint in HINTS:
        return "Model"
    args = ", ".join(shape(arg) for arg in typing.get_args(hint))
    return f"{typing.get_origin(hint)}[{args}]" if args else str(hint)


def kinds_of_fields(model: type[Any]) -> frozenset[tuple[Any, ...]]:
    """What tells the fields of a model from others: type, whether it may be absent, what its metadata say."""
    return frozenset(
        (shape(HINTS[model][f.name]), is_required(f), is_decoration(f), f.repr, "check" in f.metadata)
        for f in fields(model)
    )


def is_required(f: Any) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


ALWAYS = ("secrets", "identity_access_tokens")
REPRESENTATIVES = {
    *(model for model in MODELS if model.__module__.split(".")[2] in ALWAYS),
    *cover({model: kinds_of_fields(model) for model in MODELS}),
    *cover({model: kinds_of_fields(model) for model in READ}),
}


def has_hidden_field(model: type[Any]) -> bool:
    """Whether a model has a field that its repr does not show."""
    return any(not f.repr for f in fields(model))


def for_models(models: list[type[Any]]) -> Any:
    cases = shorten(models, REPRESENTATIVES.__contains__, name=lambda model: model.__name__)
    return pytest.mark.parametrize("model", cases)


each_model = for_models(READ)
every_model = for_models(MODELS)


# ---- documents, from the fields of a model
texts = st.text(max_size=6) | st.binary(max_size=4).map(lambda it: base64.b64encode(it).decode())
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
in_json = st.recursive(st.none() | st.booleans() | numbers | texts, lambda it: st.lists(it, max_size=2), max_leaves=3)
SCALARS = {str: texts, int: st.integers(), bool: st.booleans(), float: numbers, Any: in_json}


def values(hint: Any, deep: int) -> st.SearchStrategy[Any]:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        kinds = [arg for arg in args if arg is not type(None)]
        known = st.one_of([values(kind, deep) for kind in kinds])
        return known if len(kinds) == len(args) else st.none() | known
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(values(args[0], deep - 1), max_size=2) if deep > 0 else st.just([])
    if origin is not None and issubclass(origin, Mapping):
        return st.dictionaries(st.text(max_size=3), values(args[1], deep - 1), max_size=2)
    return documents(hint, deep - 1) if hint in HINTS else SCALARS[hint]


@functools.cache
def documents(model: type[Any], deep: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    """Valid documents of a model: what is optional absent, null or there, and something that nobody knows."""
    columns: dict[bool, dict[str, Any]] = {True: {}, False: {"x-unknown": in_json}}
    for f, name in list_fields(model):
        value = values(HINTS[model][f.name], deep)
        check = f.metadata.get("check")
        columns[is_required(f)][name] = value if check is None else value.filter(functools.partial(passes, check))
    return st.fixed_dictionaries(columns[True], optional=columns[False])


def passes(check: Any, value: Any) -> bool:
    return value is None or check(value) is None


@functools.cache
def full(model: type[Any], deep: int = 2) -> dict[str, Any]:
    """One document that has every field of a model, each with something in it."""
    return {name: example(HINTS[model][f.name], deep) for f, name in list_fields(model)}


def example(hint: Any, deep: int) -> Any:
    args = [arg for arg in typing.get_args(hint) if arg is not type(None)]
    origin = typing.get_origin(hint)
    if origin in (typing.Union, UnionType, Literal):
        return args[0] if origin is Literal else example(args[0], deep)
    if origin is tuple:
        return [example(args[0], deep - 1)] if deep > 0 else []
    if origin is not None and issubclass(origin, Mapping):
        return {"name": example(args[1], deep - 1)}
    return (
        full(hint, deep - 1)
        if hint in HINTS
        else {str: "text", int: 7, bool: True, float: 1.5, Any: {"any": [1]}}[hint]
    )


def wrong_for(hint: Any) -> list[Any]:
    """Values of other types than the one of a field; none where a field may hold several."""
    wrong = {str: [7, True, ["a"], {}], int: ["7", 1.5, True, []], bool: ["true", 0, 1, {}], float: ["1.5", True, []]}
    wrong |= {tuple: [{}, {"a": 1}, "ab", 7, True], Any: []}
    held = members(hint)
    return wrong.get(held.pop(), [[], [{}], "text", 7]) if len(held) == 1 else []


def members(hint: Any) -> set[Any]:
    """What a field may hold besides null: types, and containers without what is in them."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, UnionType):
        return set().union(*(members(arg) for arg in args if arg is not type(None)))
    return {type(value) for value in args} if origin is Literal else {origin or hint}


# ---- every model
def test_the_models_of_the_package_are_found():
    assert {Secret, KmsKey, LoginResponse, SecretReferenceNode} <= set(READ)
    assert NewSecret in set(MODELS) - set(READ)


@every_model
def test_a_model_is_a_frozen_dataclass_of_keywords_with_slots_and_names_of_its_own_on_the_wire(model):
    names = [name for _, name in list_fields(model)]

    assert is_dataclass(model)
    assert model.__dataclass_params__.frozen
    assert all(f.kw_only and f.init for f in fields(model))
    assert "__dict__" not in dir(model)
    assert len(set(names)) == len(names)


@every_model
def test_names_on_the_wire_are_those_of_dataclasses_json(model):
    for f in fields(model):
        assert to_camel_case(f.name) == LetterCase.CAMEL(f.name.rstrip("_"))


@each_model
def test_every_full_document_is_read_and_the_model_hashes_pickles_and_copies(model):
    found = one(model)(answer(full(model))).unwrap()

    assert pickle.loads(pickle.dumps(found)) == copy.deepcopy(found) == replace(found) == found
    assert hash(pickle.loads(pickle.dumps(found))) == hash(found)
    for f in fields(model):
        with pytest.raises(FrozenInstanceError):
            setattr(found, f.name, None)


@functools.cache
def schema_for(model: type[Any]) -> Any:
    return model.schema()


def hold_to_one_another(model: type[Any], document: dict[str, Any]) -> None:
    """Decoder, dataclasses-json and schema make the same of a document, and of what is written from it."""
    before, schema = copy.deepcopy(document), schema_for(model)
    read = one(model)(answer(document)).unwrap()

    assert compile_reader(model, frozenset({model}), False)(document) == read
    assert model.from_dict(document) == model.from_dict(document, infer_missing=True) == read
    assert schema.load(document) == read
    assert document == before
    written = read.to_dict()
    assert one(model)(answer(written)) == Success(read)
    assert model.from_dict(written) == model.from_json(read.to_json()) == schema.load(written) == read
    assert schema.dump(read) == json.loads(read.to_json()) == written


@each_model
def test_decoder_dataclasses_json_and_schema_agree_on_a_full_and_on_an_empty_document(model):
    hold_to_one_another(model, full(model))
    hold_to_one_another(model, {name: full(model)[name] for f, name in list_fields(model) if is_required(f)})


@try_examples(40, 400, suppress_health_check=list(HealthCheck))
@given(model=st.sampled_from(READ), data=st.data())
def test_decoder_dataclasses_json_and_schema_agree_on_every_valid_document(model, data):
    hold_to_one_another(model, data.draw(documents(model)))


@each_model
def test_a_field_that_is_absent_or_null_is_its_default_or_an_error_that_names_it(model):
    whole = one(model)(answer(full(model))).unwrap()
    for f, name in list_fields(model):
        absent = {key: value for key, value in full(model).items() if key != name}
        for document, needed in ((absent, is_required(f)), ({**absent, name: None}, not may_be_null(model, f))):
            outcome = one(model)(answer(document))
            if needed:
                assert (outcome.failure().path, type(outcome.failure())) == (name, DecodeError)
                with pytest.raises(ValueError, match=f" at {name}$"):
                    model.from_dict(document)
                with pytest.raises(ValidationError) as refused:
                    schema_for(model).load(document)
                assert list(refused.value.messages) == [name]
            else:
                default = f.default if f.default_factory is MISSING else f.default_factory()
                expected = replace(whole, **{f.name: None if is_required(f) else default})
                assert outcome == Success(expected)
                assert model.from_dict(document) == schema_for(model).load(document) == expected


def may_be_null(model: type[Any], f: Any) -> bool:
    hint = HINTS[model][f.name]
    return not is_required(f) or hint is Any or type(None) in kinds_in(hint)


@each_model
def test_a_value_of_another_type_is_refused_by_decoder_from_dict_and_schema_alike(model):
    for f, name in list_fields(model):
        for value in [] if is_decoration(f) else wrong_for(HINTS[model][f.name]):
            document = {**full(model), name: value}
            outcome = one(model)(answer(document))

            assert isinstance(outcome, Failure), (name, value)
            assert outcome.failure().path.replace("[", ".").split(".")[0] == name
            with pytest.raises(ValueError, match=f"^{model.__name__}: expected .* found .* at {name}"):
                model.from_dict(document)
            with pytest.raises(ValidationError) as refused:
                schema_for(model).load(document)
            assert list(refused.value.messages) == [name]


@each_model
def test_a_field_that_decorates_takes_its_default_where_the_type_is_wrong_in_all_three_alike(model):
    whole = one(model)(answer(full(model))).unwrap()
    for f, name in list_fields(model):
        for value in wrong_for(HINTS[model][f.name]) if is_decoration(f) else []:
            document = {**full(model), name: value}
            default = f.default if f.default_factory is MISSING else f.default_factory()
            expected = replace(whole, **{f.name: default})

            assert one(model)(answer(document)) == Success(expected)
            assert compile_reader(model, frozenset({model}), False)(document) == expected
            assert model.from_dict(document) == schema_for(model).load(document) == expected


@pytest.mark.parametrize("name", sorted(DECORATIONS))
def test_every_name_that_decorates_is_that_of_an_optional_field(name):
    assert any(f.name == name and is_decoration(f) for model in READ for f in fields(model))


STRICT = re.compile(
    r"(^|_)(id|ids|key|keys|value|values|token|secret|password|hidden|expires|expire|ttl|limit|uses|role|roles|scopes"
    r"|permissions|allowed|disabled|enabled|revoked|locked|active|admin|trusted|type|status|environment|path)($|_)"
)


def test_no_field_decorates_that_says_what_a_value_means_or_who_may_use_it():
    assert {name for name in DECORATIONS if STRICT.search(name)} == {"secret_metadata", "secret_comment"} | {
        "last_secret_modified", "secret_reminder_note", "secret_reminder_repeat_days", "is_rotated_secret",
        "access_token_last_renewed_at", "access_token_last_used_at", "status_details",
    }  # fmt: skip


SECRET = {"id": "1", "secretKey": "K", "secretValue": "v"}
DECORATED = [
    ({"metadata": {"source": 1}}, {}),
    ({"metadata": [], "secretMetadata": [{"key": "k", "value": "v"}, {"value": "no key"}, 7]},
     {"secret_metadata": (SecretMetadata(key="k", value="v"),)}),
    ({"version": 1.0, "createdAt": 1700000000, "secretComment": {}, "skipMultilineEncoding": "yes"}, {}),
    ({"tags": [{"slug": "without an id"}, {"id": "t"}, None]}, {"tags": (SecretTag(id="t"),)}),
    ({"tags": {"id": "t"}}, {}),
    ({"tags": [{"id": "t", "color": 7}]}, {"tags": (SecretTag(id="t"),)}),
    ({"tags": None, "metadata": None}, {}),
    ({"actor": "somebody", "secretReminderRepeatDays": "3"}, {}),
    ({"actor": {"actorId": 3}}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("document", "fields"), DECORATED)
def test_an_odd_decoration_does_not_cost_a_listing_its_other_secrets(document, fields):
    listing = {"secrets": [{**SECRET, **document}, SECRET]}
    plain = Secret(id="1", secret_key="K", secret_value="v")
    expected = SecretList(secrets=(replace(plain, **fields), plain))

    assert one(SecretList)(answer(listing)) == Success(expected)
    assert SecretList.from_dict(listing) == SecretList.schema().load(listing) == expected


ODD = [
    ({"id": 7}, "id"), ({"id": None}, "id"), ({"secretKey": 7}, "secretKey"), ({"secretValue": None}, "secretValue"),
    ({"secretValueHidden": "false"}, "secretValueHidden"), ({"secretValueHidden": 0}, "secretValueHidden"),
    ({"type": 1}, "type"), ({"environment": 1}, "environment"), ({"secretPath": []}, "secretPath"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "path"), ODD)
def test_what_a_secret_is_stays_strict_in_all_three(document, path):
    listing = {"secrets": [SECRET, {**SECRET, **document}]}

    assert one(SecretList)(answer(listing)).failure().path == f"secrets[1].{path}"
    with pytest.raises(ValueError, match=f"at secrets\\[1\\].{path}$"):
        SecretList.from_dict(listing)
    with pytest.raises(ValidationError):
        SecretList.schema().load(listing)


def test_an_odd_decoration_is_logged_once_for_each_field_and_without_its_value(caplog, monkeypatch):
    monkeypatch.setattr("infisical.model.reader.WARNED_FIELDS", set())
    odd = {**SECRET, "version": "leaked", "tags": [{"name": "leaked"}, "leaked"], "metadata": {"leaked": 1}}
    for _ in range(3):
        one(SecretList)(answer({"secrets": [odd, odd]})).unwrap()

    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == [
        ("infisical", "WARNING", "Secret.version: expected an integer, ignored what the server sent"),
        ("infisical", "WARNING", "Secret.metadata: expected a string, ignored what the server sent"),
        ("infisical", "WARNING", "Secret.tags[]: expected a string, ignored what the server sent"),
    ]


@every_model
def test_every_model_has_a_schema_that_loads_what_it_dumps(model):
    loaded = model.schema().load(full(model))

    assert model.schema().load(model.schema().dump(loaded)) == loaded
    assert make_schema(model) is make_schema(model)
    assert model.schema(many=True).load([full(model)]) == [loaded]


# ---- models of a test
def is_even(value: int) -> str | None:
    return None if value % 2 == 0 else "an even number"


@dataclass(frozen=True, kw_only=True, slots=True)
class Odds(Model):
    import_: str
    kind: Literal["a", "b"]
    nullable: str | None
    any: Any
    ratio: float = 0.5
    even: int = field(default=0, metadata=describe_field("evenNumber", check=is_even))
    made: Mapping[str, int] = field(default_factory=lambda: {"made": 1}, hash=False)
    table: tuple[tuple[int, ...], ...] = ()
    holes: tuple[str | None, ...] = ()
    labels: tuple[SecretTag, ...] | None = None
    by_name: Mapping[str, SecretTag] | None = field(default=None, hash=False)


GOOD = {"import": "i", "kind": "a", "nullable": None, "any": None}
GIVEN = {
    **GOOD, "ratio": 2, "evenNumber": 4, "made": {"x": 1}, "table": [[1], []], "holes": [None, "h"],
    "labels": [{"id": "t"}], "byName": {"n": {"id": "t"}},
}  # fmt: skip
EXPECTED = Odds(
    import_="i", kind="a", nullable=None, any=None, ratio=2, even=4, made={"x": 1}, table=((1,), ()), holes=(None, "h"),
    labels=(SecretTag(id="t"),), by_name={"n": SecretTag(id="t")},
)  # fmt: skip
ABSENT = Odds(import_="i", kind="a", nullable=None, any=None)


@pytest.mark.parametrize("document", [GOOD, {**GOOD, "made": None, "table": None, "evenNumber": None, "holes": None}])
def test_null_and_absent_are_the_default_to_decoder_and_schema(document):
    assert one(Odds)(answer(document)) == Success(ABSENT)
    assert Odds.schema().load(document) == ABSENT


def test_decoder_and_schema_agree_on_types_that_no_model_of_the_package_needs():
    assert one(Odds)(answer(GIVEN)) == Success(EXPECTED)
    assert Odds.schema().load(GIVEN) == EXPECTED
    tag = {"id": "t", "slug": None, "name": None, "color": None}
    assert Odds.schema().dump(EXPECTED) == EXPECTED.to_dict() == {**GIVEN, "labels": [tag], "byName": {"n": tag}}


REFUSED = [
    ("kind", 1), ("evenNumber", 3), ("evenNumber", "4"), ("ratio", "0.5"), ("ratio", False), ("made", {"x": "1"}),
    ("made", []), ("table", [1]), ("table", [["1"]]), ("holes", [1]), ("labels", [{}]), ("labels", {"id": "t"}),
    ("byName", {"n": {}}), ("byName", [{"id": "t"}]), ("import", None), ("kind", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_decoder_and_schema_refuse_the_same(name, value):
    document = {**GIVEN, name: value}

    assert one(Odds)(answer(document)).failure().path.replace("[", ".").split(".")[0] == name
    with pytest.raises(ValidationError) as refused:
        Odds.schema().load(document)
    assert list(refused.value.messages) == [name]


def test_a_check_is_part_of_the_schema_too():
    with pytest.raises(ValidationError) as refused:
        DecryptResponse.schema().load({"plaintext": "not base64!"})

    assert refused.value.messages == {"plaintext": ["Not as promised: expected base64, found a string at plaintext."]}


def test_a_secret_is_written_in_plain_and_read_back():
    secret = Secret(
        id="i", secret_key="K", secret_value='línea\n"quoted"', tags=(SecretTag(id="t"),), metadata={"a": "b"}
    )
    written = secret.to_dict()

    assert {name: value for name, value in written.items() if value} == {
        "id": "i", "secretKey": "K", "secretValue": 'línea\n"quoted"', "metadata": {"a": "b"},
        "tags": [{"id": "t", "slug": None, "name": None, "color": None}],
    }  # fmt: skip
    assert list(written) == [name for _, name in list_fields(Secret)]
    assert isinstance(secret, DataClassJsonMixin)
    assert Secret.from_dict(written) == Secret.from_json(secret.to_json()) == secret


def test_a_name_of_the_wire_of_its_own_is_kept_everywhere():
    response = LoginResponse(access_token="t", access_token_max_ttl=7)

    assert response.to_dict() == {"accessToken": "t", "expiresIn": 0, "accessTokenMaxTTL": 7, "tokenType": "Bearer"}
    assert LoginResponse.from_dict(response.to_dict()) == LoginResponse.schema().load(response.to_dict()) == response


@pytest.mark.parametrize(
    ("name", "expected"),
    [("id", "id"), ("secret_value", "secretValue"), ("import_", "import"), ("a_1_b", "a1B"), ("x509_cert", "x509Cert")],
)
def test_names_are_camel_case_on_the_wire(name, expected):
    assert to_camel_case(name) == expected


def test_null_stays_null_in_a_copy_of_a_model_for_requests():
    new = NewSecret(secret_key="K", secret_value="v", skip_multiline_encoding=NULL)

    assert pickle.loads(pickle.dumps(new)).skip_multiline_encoding is NULL
    assert copy.deepcopy(new) == new
