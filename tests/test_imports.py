"""Merged imports: which secret of one name is kept; the laws, for any listing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from infisical.endpoints.secrets import Secret, SecretImport, SecretList
from infisical.imports import merge_imports, to_env

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
