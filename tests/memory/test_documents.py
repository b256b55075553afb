"""Documents: what YAML, JSON and `.env` files become, and how each mistake is named without showing a value."""

from __future__ import annotations

import builtins
import json
import pickle
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.result import Failure, Result, Success

from infisical import InfisicalError
from infisical.memory import documents
from infisical.memory.documents import (
    Document,
    DocumentError,
    EnvironmentDocument,
    FolderDocument,
    ImportDocument,
    ProjectDocument,
    SecretDocument,
    parse_document,
    read_document,
)

SECRET = "hunter2"
DEV = EnvironmentDocument(slug="dev", name="Development")
STAGING = EnvironmentDocument(slug="staging", name="Staging")
PROD = EnvironmentDocument(slug="prod", name="Production")

FULL_YAML = """
organization: Acme
projects:
  - name: Café & Bar
    environments: [dev, {slug: eu, name: Europe}, {slug: test-1}]
    secrets:
      dev:
        /:
          DB_URL: postgres://db
          API_KEY: {value: "12", comment: from the vault, tags: [core, team-a], metadata: {owner: me, since: "2024"}}
        /api/v1/: {KEY: value, EMPTY: ''}
        empty: {}
      eu:
        /: {KEY: other}
    imports:
      dev:
        /api: [{environment: eu, path: shared/}, {environment: eu}]
  - name: second
    slug: two
    id: 0d4b2d6c-8f0e-4b63-9b7e-1a2b3c4d5e6f
secrets: {SHORT: "yes"}
"""
FULL = Document(
    organization="Acme",
    projects=(
        ProjectDocument(
            name="Café & Bar",
            slug="cafe-bar",
            environments=(
                DEV,
                EnvironmentDocument(slug="eu", name="Europe"),
                EnvironmentDocument(slug="test-1", name="test-1"),
            ),
            folders=(
                FolderDocument(environment="dev", path="/api"),
                FolderDocument(environment="dev", path="/api/v1"),
                FolderDocument(environment="dev", path="/empty"),
            ),
            secrets=(
                SecretDocument(environment="dev", path="/", key="DB_URL", value="postgres://db"),
                SecretDocument(
                    environment="dev",
                    path="/",
                    key="API_KEY",
                    value="12",
                    comment="from the vault",
                    tags=("core", "team-a"),
                    metadata=(("owner", "me"), ("since", "2024")),
                ),
                SecretDocument(environment="dev", path="/api/v1", key="KEY", value="value"),
                SecretDocument(environment="dev", path="/api/v1", key="EMPTY", value=""),
                SecretDocument(environment="eu", path="/", key="KEY", value="other"),
                SecretDocument(environment="dev", path="/", key="SHORT", value="yes"),
            ),
            imports=(
                ImportDocument(environment="dev", path="/api", from_environment="eu", from_path="/shared"),
                ImportDocument(environment="dev", path="/api", from_environment="eu", from_path="/"),
            ),
        ),
        ProjectDocument(
            id="0d4b2d6c-8f0e-4b63-9b7e-1a2b3c4d5e6f", name="second", slug="two", environments=(DEV, STAGING, PROD)
        ),
    ),
)


def written(folder: Path, name: str, text: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def short(**secrets: str) -> Result[Document, DocumentError]:
    """What the short form becomes: a project with its three environments, and these in the first."""
    found = tuple(SecretDocument(environment="dev", path="/", key=key, value=value) for key, value in secrets.items())
    return Success(Document(projects=(ProjectDocument(name="app", slug="app", secrets=found),)))


def refused(place: str, why: str, file: Path | None = None) -> Result[Document, DocumentError]:
    named = f"{file}: " if file else ""
    return Failure(DocumentError(f"{named}{f'{place}: ' if place else ''}{why}", place=place))


# ---- what a document may say
@pytest.mark.parametrize("name", ["seed.yaml", "seed.yml", "SEED.YAML", ".env.yaml"])
def test_a_yaml_file_becomes_a_document(tmp_path: Path, name: str) -> None:
    assert read_document(written(tmp_path, name, FULL_YAML)) == Success(FULL)


def test_a_json_file_becomes_the_same_document_and_so_does_the_mapping_itself(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    mapping = yaml.safe_load(FULL_YAML)
    file = written(tmp_path, "seed.json", json.dumps(mapping))

    assert (read_document(str(file)), parse_document(mapping)) == (Success(FULL), Success(FULL))


def test_the_example_of_the_docstring_is_a_document(tmp_path: Path) -> None:
    example = textwrap.dedent((documents.__doc__ or "").split("\n\n")[1])
    made = read_document(written(tmp_path, "a.yaml", example)).unwrap()

    assert [(it.path, it.key) for it in made.projects[0].secrets] == [
        ("/", "DB_URL"),
        ("/", "API_KEY"),
        ("/api/v1", "KEY"),
        ("/", "KEY"),
    ]


@pytest.mark.parametrize("name", [".env", ".env.local", ".ENV", "test.env"])
def test_an_env_file_is_the_short_form_and_nothing_is_interpolated(tmp_path: Path, name: str) -> None:
    lines = ["# of the team", "A=1", "export B='x y'", "", 'C="${A}\\n$B"', "D=", "E=a=b # why", "F.G-h=é"]
    file = written(tmp_path, name, "\n".join(lines))
    expected = short(A="1", B="x y", C="${A}\n$B", D="", E="a=b", **{"F.G-h": "é"})

    assert read_document(file) == expected


@pytest.mark.parametrize(("name", "text"), [("a.yaml", ""), ("a.yaml", "# nothing\n"), ("a.json", "{}"), (".env", "")])
def test_an_empty_document_has_the_project_that_every_server_has(tmp_path: Path, name: str, text: str) -> None:
    expected = Document(projects=(ProjectDocument(name="app", slug="app", environments=(DEV, STAGING, PROD)),))

    assert read_document(written(tmp_path, name, text)) == Success(expected) == Success(Document())


def test_the_short_form_goes_into_the_first_environment_of_the_first_project() -> None:
    given = {"projects": [{"name": "a", "environments": ["eu"]}, {"name": "b"}], "secrets": {"K": "v"}}
    made = parse_document(given).unwrap()

    assert [project.secrets for project in made.projects] == [
        (SecretDocument(environment="eu", path="/", key="K", value="v"),),
        (),
    ]


def test_names_that_hold_nothing_are_left_out() -> None:
    given = {
        "organization": None,
        "secrets": None,
        "projects": [{"name": "a", "slug": None, "imports": None, "secrets": {"dev": None, "prod": {"/a": None}}}],
    }
    folders = (FolderDocument(environment="prod", path="/a"),)
    expected = Document(projects=(ProjectDocument(name="a", slug="a", folders=folders),))

    assert parse_document(given) == Success(expected)


def test_a_byte_order_mark_and_windows_line_ends_are_no_part_of_a_document(tmp_path: Path) -> None:
    texts = {"a.yaml": "secrets:\r\n  A: b\r\n", "a.json": '{"secrets":\r\n{"A": "b"}}', "a.env": "A=b\r\n"}
    files = [written(tmp_path, name, b"\xef\xbb\xbf" + text.encode()) for name, text in texts.items()]

    assert [read_document(file) for file in files] == [short(A="b")] * 3


def test_what_an_alias_names_is_taken_again(tmp_path: Path) -> None:
    text = "projects:\n- name: a\n  secrets:\n    dev: {/: &all {A: b}}\n    prod: {/: *all}\n"
    made = read_document(written(tmp_path, "a.yaml", text)).unwrap()

    assert [(it.environment, it.key, it.value) for it in made.projects[0].secrets] == [
        ("dev", "A", "b"),
        ("prod", "A", "b"),
    ]


@pytest.mark.parametrize("path", ["a/b", "/a/b", "a/b/", "/a/b/"])
def test_a_path_is_written_in_one_way(path: str) -> None:
    made = parse_document({"projects": [{"name": "a", "secrets": {"dev": {path: {"K": "v"}}}}]}).unwrap()

    assert made.projects[0].secrets[0].path == "/a/b"


@given(st.dictionaries(st.text(min_size=1).filter(lambda it: it.strip() and not set(it) & {":", "/"}), st.text()))
def test_every_text_is_a_value_and_json_keeps_it(secrets: dict[str, str]) -> None:
    assert parse_document(json.loads(json.dumps({"secrets": secrets}))) == short(**secrets)


# ---- what it may not say
SLUG = "expected a slug of lower-case letters, digits and single hyphens, 64 at most"
QUOTES = "expected text: put the value in quotes"
KEY = "expected a key without ':' and '/'"
IN_DEV = "projects[0].secrets.dev"
BRACES = "expected a mapping with a `value`: put text that begins with a brace in quotes"


CIRCLE = "expected another folder: a folder imports neither itself nor one that imports it"


def project(**fields: Any) -> dict[str, Any]:
    return {"projects": [{"name": "a", **fields}]}


MISTAKES: list[tuple[Any, str, str]] = [
    ([], "", "expected a mapping"),
    (SECRET, "", "expected a mapping"),
    ({"DB_URL": SECRET}, "DB_URL", "expected one of organization, projects, secrets"),
    ({"organization": 5}, "organization", "expected text: put it in quotes"),
    ({"organization": " "}, "organization", "expected text that is not empty"),
    ({"projects": {"name": "a"}}, "projects", "expected a list"),
    ({"projects": "app"}, "projects", "expected a list"),
    ({"projects": ""}, "projects", "expected a list"),
    ({"projects": {}}, "projects", "expected a list"),
    (
        {"projects": [None]},
        "projects[0]",
        "expected a mapping of id, name, slug, environments, secrets, imports",
    ),
    ({"projects": [{}]}, "projects[0]", "expected a value for `name`"),
    (
        project(kind="kms"),
        "projects[0].kind",
        "expected one of id, name, slug, environments, secrets, imports",
    ),
    (project(name="日本"), "projects[0].slug", "expected a slug: the name has no letter or digit for one"),
    (project(slug="Not_a_slug"), "projects[0].slug", SLUG),
    (project(slug="a" * 65), "projects[0].slug", SLUG),
    (project(id="a b"), "projects[0].id", "expected an id of letters, digits, - and _, 64 at most"),
    (
        {"projects": [{"name": "a"}, {"name": "A"}]},
        "projects[1].slug",
        "expected another slug than that of an earlier project",
    ),
    (
        {"projects": [{"name": "a", "id": "1"}, {"name": "b", "id": "1"}]},
        "projects[1].id",
        "expected another id than that of an earlier project",
    ),
    (project(environments=[]), "projects[0].environments", "expected at least one environment"),
    (project(environments=["dev", {"slug": "dev"}]), "projects[0].environments[1]", "expected each environment once"),
    (project(environments=[{"name": "Europe"}]), "projects[0].environments[0]", "expected a value for `slug`"),
    (project(environments=["Dev"]), "projects[0].environments[0]", SLUG),
    (
        project(secrets={"dve": {}}),
        "projects[0].secrets.dve",
        "expected an environment of this project: dev, staging, prod",
    ),
    (
        project(secrets={"dev": {"API_KEY": SECRET}}),
        f"{IN_DEV}.API_KEY",
        "expected a mapping",
    ),
    (
        project(secrets={"dev": {"/": [SECRET]}}),
        f"{IN_DEV}./",
        "expected a mapping",
    ),
    (project(secrets={"dev": {"/": {"PORT": 8080}}}), f"{IN_DEV}./.PORT", QUOTES),
    (project(secrets={"dev": {"/": {"ON": True}}}), f"{IN_DEV}./.ON", QUOTES),
    (project(secrets={"dev": {"/": {"LIST": [SECRET]}}}), f"{IN_DEV}./.LIST", QUOTES),
    (project(secrets={"dev": {"/": {"NIL": None}}}), f"{IN_DEV}./.NIL", "expected a value: '' is an empty one"),
    (project(secrets={"dev": {"/": {"K": "\ud800"}}}), f"{IN_DEV}./.K", "expected text without half a surrogate pair"),
    (
        project(secrets={"dev": {"/": {"\ud800": "v"}}}),
        f"{IN_DEV}./[0]",
        "expected a name that is text: put it in quotes",
    ),
    (
        project(secrets={"dev": {"/": {"A": "b", 5: SECRET}}}),
        f"{IN_DEV}./[1]",
        "expected a name that is text: put it in quotes",
    ),
    (project(secrets={"dev": {"/": {"": SECRET}}}), f"{IN_DEV}./[0]", "expected a key that is not empty"),
    (project(secrets={"dev": {"/": {"A": "b", f"K:{SECRET}": None}}}), f"{IN_DEV}./[1]", KEY),
    (project(secrets={"dev": {"/a": {"/b": {"K": SECRET}}}}), f"{IN_DEV}./a./b", KEY),
    (project(secrets={"dev": {"/": {"K": {SECRET: None}}}}), f"{IN_DEV}./.K", BRACES),
    (
        project(secrets={"dev": {"/": {"K": {"value": SECRET, "note": SECRET}}}}),
        f"{IN_DEV}./.K.note",
        "expected one of value, comment, tags, metadata",
    ),
    (project(secrets={"dev": {"/": {"K": {"value": 5}}}}), f"{IN_DEV}./.K.value", QUOTES),
    (
        project(secrets={"dev": {"/": {"K": {"value": None}}}}),
        f"{IN_DEV}./.K.value",
        "expected a value: '' is an empty one",
    ),
    (
        project(secrets={"dev": {"/": {"K": {"value": SECRET, "comment": 5}}}}),
        f"{IN_DEV}./.K.comment",
        "expected text: put it in quotes",
    ),
    (
        project(secrets={"dev": {"/": {"K": {"value": SECRET, "tags": ["a", "a"]}}}}),
        f"{IN_DEV}./.K.tags",
        "expected each tag once",
    ),
    (
        project(secrets={"dev": {"/": {"K": {"value": SECRET, "metadata": {"since": 2024}}}}}),
        f"{IN_DEV}./.K.metadata.since",
        "expected text: put it in quotes",
    ),
    (project(secrets={"dev": {"/a": {}, "a/": {}}}), f"{IN_DEV}.a/", "expected each path once"),
    (
        project(imports={"dev": {"/": {"environment": "prod"}}}),
        "projects[0].imports.dev./",
        "expected a list",
    ),
    (
        project(imports={"dev": {"/": [{"path": "/"}]}}),
        "projects[0].imports.dev./[0]",
        "expected a value for `environment`",
    ),
    (
        project(imports={"dev": {"/": [{"environment": "eu"}]}}),
        "projects[0].imports.dev./[0].environment",
        "expected an environment of this project: dev, staging, prod",
    ),
    (
        project(imports={"dev": {"/": [{"environment": "dev", "path": "/"}]}}),
        "projects[0].imports.dev./[0]",
        CIRCLE,
    ),
    (
        project(imports={"dev": {"/": [{"environment": "prod"}]}, "prod": {"/": [{"environment": "dev"}]}}),
        "projects[0].imports.prod./[0]",
        CIRCLE,
    ),
    (
        project(imports={"dev": {"/": [{"environment": "prod"}, {"environment": "prod", "path": "/"}]}}),
        "projects[0].imports.dev./[1]",
        "expected each import once",
    ),
    (
        {**project(secrets={"dev": {"/": {"K": SECRET}}}), "secrets": {"J": SECRET, "K": SECRET}},
        "secrets.K",
        "expected a key that the first project does not have already",
    ),
]


@pytest.mark.parametrize(("given", "place", "why"), MISTAKES, ids=[f"{place}-{why}" for _, place, why in MISTAKES])
def test_a_mistake_is_named_by_its_place_and_never_by_its_value(given: Any, place: str, why: str) -> None:
    got = parse_document(given)

    assert got == refused(place, why)
    assert SECRET not in repr(got)


@pytest.mark.parametrize("path", ["//", "/a//b", ".", "..", "/a/../b", "/a b", "/ä", "/a\n"])
def test_a_path_with_empty_dotted_or_foreign_parts_is_refused(path: str) -> None:
    error = parse_document(project(secrets={"dev": {path: {}}})).failure()

    assert error.message.endswith(": expected a path of letters, digits, - and _ between single slashes")


def test_a_mapping_that_holds_itself_is_refused() -> None:
    loop: dict[str, Any] = {"value": "v"}
    loop["metadata"] = {"a": loop}

    assert parse_document({"secrets": {"K": loop}}) == refused(
        "secrets.K.metadata.a", "expected text: put it in quotes"
    )


# ---- what is wrong with a file
NOT_YAML = "not YAML, or a second document: put text with special characters in quotes"
TOO_DEEP = "too many levels: does it contain itself?"
BROKEN: list[tuple[str, str | bytes, str, str]] = [
    ("a.yaml", f"secrets:\n  K: *{SECRET}", "line 2, column 6", NOT_YAML),
    ("a.yaml", f"secrets:\n  K: '{SECRET}", "line 2, column 14", NOT_YAML),
    ("a.yaml", f"secrets:\n  K: @{SECRET}", "line 2, column 6", NOT_YAML),
    ("a.yaml", f"a: {SECRET}: b", "line 1, column 11", NOT_YAML),
    ("a.yaml", "a: b\n---\nc: d", "line 2, column 1", NOT_YAML),
    ("a.yaml", f"a: b\nc: {SECRET}\x00", "line 2", NOT_YAML),
    ("a.yaml", "&a [*a]", "", TOO_DEEP),
    ("a.yaml", "[" * 700, "", TOO_DEEP),
    ("a.yaml", "secrets: {PORT: 8080}", "secrets.PORT", QUOTES),
    ("a.yaml", "secrets: {DAY: 2024-99-99}", "secrets.DAY", QUOTES),
    ("a.yaml", f"secrets: {{K: !vault {SECRET}}}", "secrets.K", QUOTES),
    ("a.yaml", f"secrets: {{K:{SECRET}}}", "secrets[0]", KEY),
    ("a.yaml", f"secrets: {{A: b, {{ {SECRET} }}: c}}", "secrets[1]", "expected a name that is text: put it in quotes"),
    ("a.yaml", f"secrets: {{NO: {SECRET}}}", "secrets[0]", "expected a name that is text: put it in quotes"),
    ("a.yaml", f"secrets: {{K: {{ {SECRET} }}}}", "secrets.K", BRACES),
    ("a.yaml", f"secrets:\n  K: a\n  K: {SECRET}", "secrets.K", "expected each name once"),
    ("a.json", '{"secrets": {"K": "a", "K": "b"}}', "secrets.K", "expected each name once"),
    ("a.json", '{"secrets": {"K": NaN}}', "secrets.K", QUOTES),
    ("a.json", '{"secrets": {"K": 1.5}}', "secrets.K", QUOTES),
    ("a.json", '{"secrets": {"K": ' + "9" * 5000 + "}}", "secrets.K", QUOTES),
    ("a.json", f'{{"secrets":\n{{"K": {SECRET}}}}}', "line 2, column 7", "not JSON"),
    ("a.json", "", "line 1, column 1", "not JSON"),
    ("a.json", "[" * 100_000, "", TOO_DEEP),
    (".env", f"A=b\n\n\n{SECRET}\n", "line 4", "not NAME=value"),
    (".env", f"A=b\r\n\r\nB='{SECRET}\r\n", "line 3", "not NAME=value"),
    (".env", f"A=b\n# c\nA={SECRET}", "line 3", "repeats the name of line 1: remove one of them"),
    (".env", f"A=b\nhttp://{SECRET}=c", "line 2", KEY),
    (".env", f"A=b\n={SECRET}", "line 2", "not NAME=value"),
    ("a.env", b"A=b\nB=\xff", "line 2", "not UTF-8: save the file in UTF-8"),
    ("a.txt", SECRET, "", "unknown format: use a .yaml, .yml, .json or .env file"),
    ("env", SECRET, "", "unknown format: use a .yaml, .yml, .json or .env file"),
]


@pytest.mark.parametrize(("name", "text", "place", "why"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_named_with_the_place_and_never_quoted(
    tmp_path: Path, name: str, text: str | bytes, place: str, why: str
) -> None:
    file = written(tmp_path, name, text)
    got = read_document(file)

    assert got == refused(place, why, file)
    assert SECRET not in repr(got)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none.yaml", "cannot read the file: No such file or directory"),
        ("folder.env", "cannot read the file: Is a directory"),
        ("\x00.json", "cannot read the file: its name is invalid"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder.env").mkdir()

    assert read_document(tmp_path / name) == refused("", why, tmp_path / name)


@pytest.mark.parametrize(
    ("module", "name", "why"),
    [
        ("yaml", "a.yaml", "reading YAML needs PyYAML: pip install 'infisical-functional[serve]'"),
        ("dotenv.parser", ".env", "reading .env files needs python-dotenv: pip install 'infisical-functional[serve]'"),
    ],
)
def test_without_its_parser_a_file_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str, why: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    file = written(tmp_path, name, "")

    assert read_document(file) == refused("", why, file)


def test_json_needs_no_parser_but_the_standard_librarys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        assert name.partition(".")[0] not in ("yaml", "dotenv")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)

    assert read_document(written(tmp_path, "a.json", '{"secrets": {"A": "b"}}')) == short(A="b")


# ---- the values
def test_no_repr_shows_a_value_a_comment_or_metadata() -> None:
    shown = repr(FULL)

    assert [it for it in ("postgres", "vault", "owner", "2024", "'12'", "yes", "other") if it in shown] == []
    assert "key='API_KEY', tags=('core', 'team-a')" in shown


def test_documents_are_values() -> None:
    assert (pickle.loads(pickle.dumps(FULL)), {FULL: 1}[replace(FULL)]) == (FULL, 1)


def test_the_error_is_one_of_the_librarys_and_a_value_too() -> None:
    error = parse_document({"a": 1}).failure()

    assert isinstance(error, InfisicalError)
    assert (pickle.loads(pickle.dumps(error)), error.place) == (error, "a")
    assert repr(error) == (
        "DocumentError(message='a: expected one of organization, projects, secrets', place='a', sent=False)"
    )
