"""Merging imported secrets: which secret of a name is used; laws that hold for every listing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infisical.endpoints.secrets import Secret, SecretImport, SecretList, is_hidden
from infisical.endpoints.secrets.merge import merge_imports, to_env

names = st.sampled_from("ABCDE")


def build_secrets(ids: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Secret, ...]]:
    one = st.builds(Secret, id=ids, secret_key=names, secret_value=st.text(max_size=3), type=st.just("shared"))
    return st.lists(one, max_size=5, unique_by=lambda secret: secret.secret_key).map(tuple)


folders = build_secrets(st.uuids().map(str))
imports = st.builds(SecretImport, secret_path=st.just("/"), environment=st.just("dev"), secrets=folders)
listings = st.builds(SecretList, secrets=folders, imports=st.lists(imports, max_size=4).map(tuple))


def index_by_name(secrets: tuple[Secret, ...]) -> dict[str, Secret]:
    return {secret.secret_key: secret for secret in secrets}


def build_secret(key: str, value: str, kind: str = "shared") -> Secret:
    return Secret(id=f"{key}{value}{kind}", secret_key=key, secret_value=value, type=kind)


def build_import(*secrets: Secret) -> SecretImport:
    return SecretImport(secret_path="/", environment="dev", secrets=secrets)


@given(listings)
def test_every_name_occurs_once_and_none_is_lost(listing):
    merged = merge_imports(listing)
    there = {s.secret_key for folder in (listing.secrets, *(i.secrets for i in listing.imports)) for s in folder}

    assert len(merged) == len(index_by_name(merged))
    assert set(index_by_name(merged)) == there


@given(listings)
def test_the_secrets_of_the_folder_come_first_unchanged(listing):
    assert merge_imports(listing)[: len(listing.secrets)] == listing.secrets


@given(listings)
def test_the_last_import_with_a_name_provides_its_secret(listing):
    merged, own = index_by_name(merge_imports(listing)), index_by_name(listing.secrets)
    for name in set(merged) - set(own):
        holders = [index_by_name(item.secrets)[name] for item in listing.imports if name in index_by_name(item.secrets)]
        assert merged[name] == holders[-1]


@given(listings)
def test_merging_is_idempotent(listing):
    merged = merge_imports(listing)

    assert merge_imports(SecretList(secrets=merged)) == merged


def test_a_secret_of_the_folder_overrides_an_import_and_a_later_import_an_earlier_one():
    listing = SecretList(
        secrets=(build_secret("A", "own"),),
        imports=(
            build_import(build_secret("A", "first"), build_secret("B", "first"), build_secret("C", "first")),
            build_import(build_secret("B", "last")),
        ),
    )

    assert to_env(listing) == {"A": "own", "B": "last", "C": "first"}


def test_a_personal_override_replaces_the_shared_secret_of_its_folder_only():
    listing = SecretList(
        secrets=(build_secret("A", "shared"), build_secret("A", "mine", "personal"), build_secret("B", "own")),
        imports=(
            build_import(
                build_secret("B", "mine", "personal"),
                build_secret("C", "mine", "personal"),
                build_secret("C", "shared"),
            ),
        ),
    )

    assert to_env(listing) == {"A": "mine", "B": "own", "C": "mine"}


def test_empty_values_are_values():
    listing = SecretList(secrets=(build_secret("A", ""),), imports=(build_import(build_secret("A", "imported")),))

    assert to_env(listing) == {"A": ""}


# ---- recursive listings: one name in several folders
def build_placed_secret(path: str | None, key: str, value: str, kind: str = "shared", **more: bool) -> Secret:
    return Secret(id=f"{path}{key}{kind}", secret_key=key, secret_value=value, type=kind, secret_path=path, **more)


USERS = SecretList(
    secrets=(
        build_placed_secret("/", "username", "root"),
        build_placed_secret("/", "username", "mine", "personal"),
        build_placed_secret("/elasticsearch", "username", "elastic"),
        build_placed_secret("/postgres/", "username", "pg"),
        build_placed_secret("/postgres/", "password", "pw"),
    ),
    imports=(build_import(build_secret("username", "imported"), build_secret("HOST", "imported")),),
)


def name_by_folder(secret: Secret) -> str:
    return f"{(secret.secret_path or '/').strip('/')}_{secret.secret_key}".lstrip("_").upper()


@pytest.mark.parametrize("flatten", [to_env, merge_imports])
def test_one_name_in_several_folders_is_refused_with_the_name_and_the_remedy(flatten):
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
def test_path_selects_one_folder_and_the_imports(path, expected):
    assert to_env(USERS, path=path) == expected


def test_a_path_without_secrets_is_refused_and_the_message_lists_paths_with_secrets():
    with pytest.raises(ValueError, match="no secret of the listing is in '/postgre'; there are some in /, /elast"):
        to_env(USERS, path="/postgre")


def test_secrets_without_a_path_count_as_one_folder():
    listing = SecretList(secrets=(build_placed_secret(None, "A", "a"), build_placed_secret(None, "B", "b")))

    assert to_env(listing, path="/any") == to_env(listing) == {"A": "a", "B": "b"}


def test_key_gives_secrets_distinct_names():
    assert to_env(USERS, key=name_by_folder) == {
        "USERNAME": "mine", "ELASTICSEARCH_USERNAME": "elastic", "POSTGRES_USERNAME": "pg", "POSTGRES_PASSWORD": "pw",
        "HOST": "imported",
    }  # fmt: skip


def test_a_key_that_gives_two_secrets_one_name_or_no_name_is_refused():
    with pytest.raises(ValueError, match="more than one secret is named X"):
        to_env(USERS, key=lambda _: "X")
    with pytest.raises(ValueError, match="key returned NoneType for 'username', not a string"):
        to_env(USERS, key=lambda _: None)  # type: ignore[arg-type, return-value]


@given(st.lists(st.tuples(st.sampled_from(["/", "/a", "/b"]), names), max_size=8, unique=True))
def test_no_secret_of_a_recursive_listing_is_dropped_silently(places):
    listing = SecretList(secrets=tuple(build_placed_secret(path, name, path + name) for path, name in places))
    twice = {name for _, name in places if [other for _, other in places].count(name) > 1}
    if twice:
        with pytest.raises(ValueError, match="more than one secret is named") as refused:
            to_env(listing)
        assert {name for name in "ABCDE" if f"{name} (in " in str(refused.value)} == twice
    else:
        assert to_env(listing) == {name: path + name for path, name in places}
    assert to_env(listing, key=lambda s: f"{s.secret_path}:{s.secret_key}") == {f"{p}:{n}": p + n for p, n in places}


# ---- values that the server hid
HIDDEN_SECRET = build_placed_secret("/", "HIDDEN", "<hidden-by-infisical>", secret_value_hidden=True)


@pytest.mark.parametrize(
    ("one", "hidden"),
    [
        (HIDDEN_SECRET, True),
        (build_placed_secret("/", "K", "", secret_value_hidden=True), True),
        (build_placed_secret("/", "K", "<hidden-by-infisical>"), True),
        (build_placed_secret("/", "K", "<hidden-by-infisical>", secret_value_hidden=False), False),
        (build_placed_secret("/", "K", "", secret_value_hidden=False), False),
        (build_placed_secret("/", "K", ""), False),
    ],
)
def test_a_hidden_value_is_distinguished_from_an_empty_one(one, hidden):
    assert is_hidden(one) is hidden


def test_a_hidden_value_is_never_exported_as_the_secret():
    listing = SecretList(
        secrets=(HIDDEN_SECRET, build_placed_secret("/", "EMPTY", "")),
        imports=(build_import(build_secret("HIDDEN", "imported")),),
    )
    with pytest.raises(ValueError, match="the server hid the values of HIDDEN: give the identity the right to read"):
        to_env(listing)

    assert to_env(listing, hidden="skip") == {"EMPTY": ""}


def test_a_hidden_secret_that_is_overridden_does_not_matter():
    mine = build_placed_secret("/", "HIDDEN", "mine", "personal")

    assert to_env(SecretList(secrets=(HIDDEN_SECRET, mine))) == {"HIDDEN": "mine"}


def test_hidden_accepts_two_values():
    with pytest.raises(ValueError, match="hidden is 'refuse' or 'skip', not 'drop'"):
        to_env(SecretList(secrets=()), hidden="drop")  # type: ignore[arg-type]


def test_a_message_names_ten_and_says_how_many_more_there_are():
    hidden = tuple(build_placed_secret("/", f"K{n:02}", "", secret_value_hidden=True) for n in range(12))
    with pytest.raises(ValueError, match=r"of K00, K01, K02, K03, K04, K05, K06, K07, K08, K09 and 2 more: give"):
        to_env(SecretList(secrets=hidden))
