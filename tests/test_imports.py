"""Merged imports: which secret of one name is kept; the laws, for any listing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infisical.endpoints.secrets import Secret, SecretImport, SecretList
from infisical.imports import is_hidden, merge_imports, to_env

names = st.sampled_from("ABCDE")


def secrets(ids: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Secret, ...]]:
    one = st.builds(Secret, id=ids, secret_key=names, secret_value=st.text(max_size=3), type=st.just("shared"))
    return st.lists(one, max_size=5, unique_by=lambda secret: secret.secret_key).map(tuple)


folders = secrets(st.uuids().map(str))
imports = st.builds(SecretImport, secret_path=st.just("/"), environment=st.just("dev"), secrets=folders)
listings = st.builds(SecretList, secrets=folders, imports=st.lists(imports, max_size=4).map(tuple))


def named(found: tuple[Secret, ...]) -> dict[str, Secret]:
    return {secret.secret_key: secret for secret in found}


def secret(key: str, value: str, kind: str = "shared") -> Secret:
    return Secret(id=f"{key}{value}{kind}", secret_key=key, secret_value=value, type=kind)


def imported(*found: Secret) -> SecretImport:
    return SecretImport(secret_path="/", environment="dev", secrets=found)


@given(listings)
def test_every_name_stands_once_and_none_is_lost(listing):
    merged = merge_imports(listing)
    there = {s.secret_key for folder in (listing.secrets, *(i.secrets for i in listing.imports)) for s in folder}

    assert len(merged) == len(named(merged))
    assert set(named(merged)) == there


@given(listings)
def test_a_folders_own_secrets_come_first_as_they_are(listing):
    assert merge_imports(listing)[: len(listing.secrets)] == listing.secrets


@given(listings)
def test_of_imported_ones_the_last_import_that_has_the_name_decides(listing):
    merged, own = named(merge_imports(listing)), named(listing.secrets)
    for name in set(merged) - set(own):
        holders = [named(found.secrets)[name] for found in listing.imports if name in named(found.secrets)]
        assert merged[name] == holders[-1]


@given(listings)
def test_merging_what_is_merged_changes_nothing(listing):
    merged = merge_imports(listing)

    assert merge_imports(SecretList(secrets=merged)) == merged


def test_own_over_imported_and_later_over_earlier():
    listing = SecretList(
        secrets=(secret("A", "own"),),
        imports=(
            imported(secret("A", "first"), secret("B", "first"), secret("C", "first")),
            imported(secret("B", "last")),
        ),
    )

    assert to_env(listing) == {"A": "own", "B": "last", "C": "first"}


def test_a_personal_secret_goes_before_the_shared_one_of_its_folder_but_not_before_an_own_one():
    listing = SecretList(
        secrets=(secret("A", "shared"), secret("A", "mine", "personal"), secret("B", "own")),
        imports=(imported(secret("B", "mine", "personal"), secret("C", "mine", "personal"), secret("C", "shared")),),
    )

    assert to_env(listing) == {"A": "mine", "B": "own", "C": "mine"}


def test_empty_values_are_values():
    listing = SecretList(secrets=(secret("A", ""),), imports=(imported(secret("A", "imported")),))

    assert to_env(listing) == {"A": ""}


# ---- recursive listings: one name in several folders
def placed(path: str | None, key: str, value: str, kind: str = "shared", **more: bool) -> Secret:
    return Secret(id=f"{path}{key}{kind}", secret_key=key, secret_value=value, type=kind, secret_path=path, **more)


USERS = SecretList(
    secrets=(
        placed("/", "username", "root"),
        placed("/", "username", "mine", "personal"),
        placed("/elasticsearch", "username", "elastic"),
        placed("/postgres/", "username", "pg"),
        placed("/postgres/", "password", "pw"),
    ),
    imports=(imported(secret("username", "imported"), secret("HOST", "imported")),),
)


def by_folder(found: Secret) -> str:
    return f"{(found.secret_path or '/').strip('/')}_{found.secret_key}".lstrip("_").upper()


@pytest.mark.parametrize("flatten", [to_env, merge_imports])
def test_one_name_in_several_folders_is_refused_by_name_with_the_remedy(flatten):
    with pytest.raises(ValueError, match="more than one secret is named") as refused:
        flatten(USERS)

    assert str(refused.value) == (
        "more than one secret is named username (in /, /elasticsearch, /postgres/): "
        "choose one folder by path=, or name them apart by key="
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", {"username": "mine", "HOST": "imported"}),
        ("/elasticsearch", {"username": "elastic", "HOST": "imported"}),
        ("elasticsearch/", {"username": "elastic", "HOST": "imported"}),
        ("/postgres", {"username": "pg", "password": "pw", "HOST": "imported"}),
    ],
)
def test_path_takes_one_folder_and_the_imports(path, expected):
    assert to_env(USERS, path=path) == expected


def test_a_path_in_which_no_secret_is_is_refused_and_says_where_there_are_some():
    with pytest.raises(ValueError, match="no secret of the listing is in '/postgre'; there are some in /, /elast"):
        to_env(USERS, path="/postgre")


def test_secrets_of_a_server_that_does_not_say_where_they_are_count_as_one_folder():
    listing = SecretList(secrets=(placed(None, "A", "a"), placed(None, "B", "b")))

    assert to_env(listing, path="/any") == to_env(listing) == {"A": "a", "B": "b"}


def test_key_names_secrets_apart():
    assert to_env(USERS, key=by_folder) == {
        "USERNAME": "mine", "ELASTICSEARCH_USERNAME": "elastic", "POSTGRES_USERNAME": "pg", "POSTGRES_PASSWORD": "pw",
        "HOST": "imported",
    }  # fmt: skip


def test_a_key_that_names_two_secrets_alike_is_refused_and_one_that_names_nothing_too():
    with pytest.raises(ValueError, match="more than one secret is named X"):
        to_env(USERS, key=lambda _: "X")
    with pytest.raises(ValueError, match="key returned NoneType for 'username', not a string"):
        to_env(USERS, key=lambda _: None)  # type: ignore[arg-type, return-value]


@given(st.lists(st.tuples(st.sampled_from(["/", "/a", "/b"]), names), max_size=8, unique=True))
def test_nothing_of_a_recursive_listing_is_dropped_in_silence(places):
    listing = SecretList(secrets=tuple(placed(path, name, path + name) for path, name in places))
    twice = {name for _, name in places if [other for _, other in places].count(name) > 1}
    if twice:
        with pytest.raises(ValueError, match="more than one secret is named") as refused:
            to_env(listing)
        assert {name for name in "ABCDE" if f"{name} (in " in str(refused.value)} == twice
    else:
        assert to_env(listing) == {name: path + name for path, name in places}
    assert to_env(listing, key=lambda s: f"{s.secret_path}:{s.secret_key}") == {f"{p}:{n}": p + n for p, n in places}


# ---- values that the server hid
HIDDEN = placed("/", "HIDDEN", "<hidden-by-infisical>", secret_value_hidden=True)


@pytest.mark.parametrize(
    ("one", "hidden"),
    [
        (HIDDEN, True),
        (placed("/", "K", "", secret_value_hidden=True), True),
        (placed("/", "K", "<hidden-by-infisical>"), True),
        (placed("/", "K", "<hidden-by-infisical>", secret_value_hidden=False), False),
        (placed("/", "K", "", secret_value_hidden=False), False),
        (placed("/", "K", ""), False),
    ],
)
def test_a_hidden_value_is_told_from_an_empty_one(one, hidden):
    assert is_hidden(one) is hidden


def test_a_hidden_value_reaches_no_process_as_if_it_were_the_secret():
    listing = SecretList(secrets=(HIDDEN, placed("/", "EMPTY", "")), imports=(imported(secret("HIDDEN", "imported")),))
    with pytest.raises(ValueError, match="the server hid the values of HIDDEN: give the identity the right to read"):
        to_env(listing)

    assert to_env(listing, hidden="skip") == {"EMPTY": ""}


def test_a_hidden_secret_that_is_overridden_does_not_matter():
    mine = placed("/", "HIDDEN", "mine", "personal")

    assert to_env(SecretList(secrets=(HIDDEN, mine))) == {"HIDDEN": "mine"}


def test_only_two_ways_with_hidden_values_are_known():
    with pytest.raises(ValueError, match="hidden is 'refuse' or 'skip', not 'drop'"):
        to_env(SecretList(secrets=()), hidden="drop")  # type: ignore[arg-type]


def test_a_message_names_ten_and_says_how_many_more_there_are():
    hidden = tuple(placed("/", f"K{n:02}", "", secret_value_hidden=True) for n in range(12))
    with pytest.raises(ValueError, match=r"of K00, K01, K02, K03, K04, K05, K06, K07, K08, K09 and 2 more: give"):
        to_env(SecretList(secrets=hidden))
