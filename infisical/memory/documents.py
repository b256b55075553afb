"""Documents: what an Infisical in memory begins with, read from YAML, JSON or `.env` into frozen values.

    organization: Acme                          # optional, as everything here
    projects:
      - name: app
        slug: app                               # derived from the name by default
        id: 6f1f0c52-9d0e-4c58-8a0b-0d6b7a1c2e3f   # made by the server by default
        environments: [dev, {slug: eu, name: Europe}]   # dev, staging and prod by default
        secrets:                                # environment -> path -> key -> value
          dev:
            /: {DB_URL: "postgres://db", API_KEY: {value: abc, comment: from the vault, tags: [core]}}
            /api/v1: {KEY: value}
            /empty: {}                          # a folder without secrets
        imports:                                # environment -> path -> what is imported into it, first to last
          dev:
            /: [{environment: eu, path: /shared}]
    secrets: {KEY: value}                       # in short: into the first project's first environment, path /

A secret is a text, or a mapping of `value`, `comment`, `tags` (slugs) and `metadata` (names to texts). A `.env` file is
the short form; nothing is interpolated. A document without projects has one, `app`. What is not known, not declared,
given twice or not text is refused, by its place and never by its value: nothing is coerced, nothing left out silently.

Reading and checking only: what becomes of a document is seeding's.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn

from returns.result import Failure, Result, Success

from infisical.errors import InfisicalError

INSTALL: Final = "pip install 'infisical-functional[serve]'"
NEWLINES: Final = re.compile(r"\r\n|\r|\n")
QUOTES: Final = "give the value in quotes: a secret is text"


class DocumentError(InfisicalError):
    """A document that cannot be read: `message` names the file, `place` says where in it ("" for all of it).

    A place is `projects[0].secrets.dev./.PORT`, or `line 3` where the file's own format breaks. No value is shown.
    """

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message, sent=False)
        self.place = place


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentDocument:
    """An environment of a project."""

    slug: str
    name: str


ENVIRONMENTS: Final = (
    EnvironmentDocument(slug="dev", name="Development"),
    EnvironmentDocument(slug="staging", name="Staging"),
    EnvironmentDocument(slug="prod", name="Production"),
)
"""What a project begins with on a server."""
NAMES: Final = {environment.slug: environment.name for environment in ENVIRONMENTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDocument:
    """A folder that has something in it, or is named though it is empty. The root is always there, and not listed."""

    environment: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretDocument:
    """A secret, and where it lies: the slug of an environment, and a normal path (`/`, `/a/b`)."""

    environment: str
    path: str
    key: str
    value: str = field(repr=False)
    comment: str = field(default="", repr=False)
    tags: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDocument:
    """A folder (`environment`, `path`) that imports another one, which need not be there."""

    environment: str
    path: str
    from_environment: str
    from_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDocument:
    """A project. `id` None: the server makes one. `folders` come before those in them; imports are in their order."""

    id: str | None = None
    name: str
    slug: str
    environments: tuple[EnvironmentDocument, ...] = ENVIRONMENTS
    folders: tuple[FolderDocument, ...] = ()
    secrets: tuple[SecretDocument, ...] = ()
    imports: tuple[ImportDocument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a server begins with: at least one project, which has at least one environment."""

    organization: str | None = None
    projects: tuple[ProjectDocument, ...] = (ProjectDocument(name="app", slug="app"),)


def read_document(path: str | os.PathLike[str]) -> Result[Document, DocumentError]:
    """Read a document from a file, in UTF-8.

    The name tells the format: `.yaml` or `.yml`, `.json`, and `.env` with whatever stands around it (`.env.local`,
    `test.env`). YAML needs PyYAML, `.env` python-dotenv (the extra `serve`).
    DocumentError for whatever is wrong with it; nothing is raised.
    """
    file = Path(path)
    return _result(lambda: _document(_content(file)), f"{file}: ")


def parse_document(mapping: Mapping[str, object]) -> Result[Document, DocumentError]:
    """Make a document of a mapping as a YAML or JSON file would hold it. DocumentError as from `read_document`."""
    return _result(lambda: _document(mapping), "")


class _RefusedError(Exception):
    """What is wrong with a document, and where; it never leaves this file, and never holds a value."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(place, why)
        self.place, self.why = place, why


def _refuse(place: str, why: str) -> NoReturn:
    raise _RefusedError(place, why)


def _result(read: Callable[[], Document], file: str) -> Result[Document, DocumentError]:
    try:
        return Success(read())
    except _RefusedError as cause:
        place, why = cause.place, cause.why
    except RecursionError:
        place, why = "", "it is nested too deeply, or holds itself"
    return Failure(DocumentError(f"{file}{f'{place}: ' if place else ''}{why}", place=place))


# ---- files: pairs and texts; what a format has beside them is kept out
class _Pairs(tuple[tuple[object, object], ...]):
    """A mapping as it was written, names that were given twice included."""

    __slots__ = ()


OTHER: Final = object()
"""Stands for what is neither text, list, mapping nor nothing: a number, a date, a tagged value. It is not kept."""


def _content(file: Path) -> object:
    name = file.name.lower()
    if name.endswith((".yaml", ".yml")):
        read = _yaml
    elif name.endswith(".json"):
        read = _json
    elif name.endswith(".env") or name.startswith(".env."):
        read = _dotenv
    else:
        _refuse("", "unknown format: a document is a .yaml, .yml, .json or .env file")
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as cause:
        _refuse("", f"cannot be read: {cause.strerror or type(cause).__name__}")
    except UnicodeDecodeError as cause:
        _refuse(_line(cause.object[: cause.start].decode("latin-1")), "this is not UTF-8")
    except ValueError:
        _refuse("", "cannot be read: this is not the name of a file")
    return read(text)


def _line(before: str, first: int = 1) -> str:
    """The line that this text ends in, as a place."""
    return f"line {first + len(NEWLINES.findall(before))}"


def _yaml(text: str) -> object:
    try:
        import yaml
    except ImportError:
        _refuse("", f"reading YAML needs PyYAML: {INSTALL}")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if root is None else _of_node(root, {})
    except yaml.YAMLError as cause:  # what it says may quote the file
        mark = getattr(cause, "problem_mark", None)
        at = f"line {mark.line + 1}, column {mark.column + 1}" if mark else _line(text[: getattr(cause, "position", 0)])
        _refuse(at, "this is not YAML, or a second document: text with special characters goes in quotes")


def _of_node(node: Any, known: dict[int, object]) -> object:
    """A node of YAML by its tag, before anything is made of its text; what an alias names is read once."""
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if kind == "str":
        return node.value
    if kind == "seq" and id(node) not in known:
        known[id(node)] = [_of_node(item, known) for item in node.value]
    if kind == "map" and id(node) not in known:
        known[id(node)] = _Pairs((_of_node(name, known), _of_node(item, known)) for name, item in node.value)
    return None if kind == "null" else known.get(id(node), OTHER)


def _json(text: str) -> object:
    def other(_: str) -> object:
        return OTHER

    try:
        return json.loads(text, object_pairs_hook=_Pairs, parse_int=other, parse_float=other, parse_constant=other)
    except json.JSONDecodeError as cause:
        _refuse(f"line {cause.lineno}, column {cause.colno}", "this is not JSON")


def _dotenv(text: str) -> object:
    """The short form. Names are not shown: a line that lacks its name, or its quotes, may be half a secret."""
    try:
        from dotenv.parser import parse_stream
    except ImportError:
        _refuse("", f"reading .env files needs python-dotenv: {INSTALL}")
    from io import StringIO

    lines: dict[str, str] = {}
    found: list[tuple[object, object]] = []
    for binding in parse_stream(StringIO(text)):
        written = binding.original.string
        line = _line(written[: len(written) - len(written.lstrip())], binding.original.line)
        if binding.error or (binding.key is not None and binding.value is None):
            _refuse(line, "this is not NAME=value")
        if binding.key is None:
            continue
        if flaw := _flaw(binding.key):
            _refuse(line, flaw)
        if binding.key in lines:
            _refuse(line, f"the name of {lines[binding.key]} is given twice")
        lines[binding.key] = line
        found.append((binding.key, binding.value))
    return _Pairs([("secrets", _Pairs(found))])


# ---- the document
def _document(content: object) -> Document:
    given = _fields(content, "", ("organization", "projects", "secrets"))
    organization = _name(given["organization"], "organization") if "organization" in given else None
    projects = [_project(item, place) for item, place in _items(given.get("projects"), "projects")]
    for attribute in ("slug", "id"):
        known = [getattr(project, attribute) for project in projects]
        for index, value in enumerate(known):
            if value is not None and value in known[:index]:
                _refuse(f"projects[{index}].{attribute}", "another project has it already")
    first, *others = projects or Document().projects
    slug = first.environments[0].slug
    there = {secret.key for secret in first.secrets if (secret.environment, secret.path) == (slug, "/")}
    short = tuple(_in_folder(given.get("secrets"), "secrets", slug, "/"))
    if twice := next((secret.key for secret in short if secret.key in there), None):
        _refuse(_step("secrets", twice), "the first project has this secret already")
    return Document(organization=organization, projects=(replace(first, secrets=first.secrets + short), *others))


def _project(value: object, place: str) -> ProjectDocument:
    given = _fields(value, place, ("id", "name", "slug", "environments", "secrets", "imports"))
    if "name" not in given:
        _refuse(place, "the name is missing")
    name = _name(given["name"], f"{place}.name")
    slug = _slug(given["slug"], f"{place}.slug") if "slug" in given else _slug_of(name)
    if not slug:
        _refuse(f"{place}.slug", "none can be derived from the name: give one")
    environments: tuple[EnvironmentDocument, ...] = ENVIRONMENTS
    if "environments" in given:
        environments = tuple(_environments(given["environments"], f"{place}.environments"))
    if not environments:
        _refuse(f"{place}.environments", "a project has at least one")
    slugs = [environment.slug for environment in environments]
    secrets = list(_by_folder(given.get("secrets"), f"{place}.secrets", slugs))
    imports = list(_by_folder(given.get("imports"), f"{place}.imports", slugs))
    return ProjectDocument(
        id=_id(given["id"], f"{place}.id") if "id" in given else None,
        name=name,
        slug=slug,
        environments=environments,
        folders=_folders([(environment, path) for _, _, environment, path in secrets + imports]),
        secrets=tuple(secret for folder in secrets for secret in _in_folder(*folder)),
        imports=tuple(_imports(imports, slugs)),
    )


def _environments(value: object, place: str) -> Iterator[EnvironmentDocument]:
    seen: set[str] = set()
    for item, here in _items(value, place):
        given = {"slug": item} if isinstance(item, str) else _fields(item, here, ("slug", "name"))
        if "slug" not in given:
            _refuse(here, "the slug is missing")
        slug = _slug(given["slug"], here)
        if slug in seen:
            _refuse(here, "this environment is given twice")
        seen.add(slug)
        name = _name(given["name"], f"{here}.name") if "name" in given else NAMES.get(slug, slug)
        yield EnvironmentDocument(slug=slug, name=name)


def _by_folder(value: object, place: str, slugs: list[str]) -> Iterator[tuple[object, str, str, str]]:
    """What stands below environment and path: the content, its place, the environment and the normal path."""
    seen: set[tuple[str, str]] = set()
    for environment, paths, here in _named(value, place):
        _declared(environment, here, slugs)
        for path, content, there in _named(paths, here):
            folder = (environment, _path(path, there))
            if folder in seen:
                _refuse(there, "this path is given twice")
            seen.add(folder)
            yield content, there, *folder


def _declared(environment: str, place: str, slugs: list[str]) -> str:
    if environment not in slugs:
        _refuse(place, f"not an environment of this project, which has {', '.join(slugs)}")
    return environment


def _folders(used: list[tuple[str, str]]) -> tuple[FolderDocument, ...]:
    """The folders of these paths and those above them, each once."""
    parts = [(environment, path.split("/")[1:]) for environment, path in used if path != "/"]
    found = [(environment, "/" + "/".join(names[: n + 1])) for environment, names in parts for n in range(len(names))]
    return tuple(FolderDocument(environment=environment, path=path) for environment, path in dict.fromkeys(found))


def _in_folder(content: object, place: str, environment: str, path: str) -> Iterator[SecretDocument]:
    for key, value, here in _named(content, place):
        if flaw := _flaw(key):
            _refuse(here, flaw)
        if not isinstance(value, (_Pairs, Mapping)):
            yield SecretDocument(environment=environment, path=path, key=key, value=_text(value, here))
            continue
        if not any(name == "value" for name, _ in _pairs(value)):  # then its names may be a value, in braces
            _refuse(here, "a mapping has a `value`; text that begins with a brace goes in quotes")
        given = _fields(value, here, ("value", "comment", "tags", "metadata"))
        yield SecretDocument(
            environment=environment,
            path=path,
            key=key,
            value=_text(given.get("value"), f"{here}.value"),
            comment=_text(given.get("comment", ""), f"{here}.comment", "give it in quotes: a comment is text"),
            tags=_tags(given.get("tags"), f"{here}.tags"),
            metadata=tuple(
                (name, _text(item, at, "give it in quotes: metadata is text"))
                for name, item, at in _named(given.get("metadata"), f"{here}.metadata")
            ),
        )


def _tags(value: object, place: str) -> tuple[str, ...]:
    tags = tuple(_slug(tag, here) for tag, here in _items(value, place))
    if len(set(tags)) < len(tags):
        _refuse(place, "a tag is given twice")
    return tags


def _imports(folders: list[tuple[object, str, str, str]], slugs: list[str]) -> Iterator[ImportDocument]:
    seen: set[tuple[tuple[str, str], tuple[str, str]]] = set()
    for content, place, environment, folder in folders:
        for item, here in _items(content, place):
            given = _fields(item, here, ("environment", "path"))
            if "environment" not in given:
                _refuse(here, "the environment is missing")
            source = _declared(_slug(given["environment"], f"{here}.environment"), f"{here}.environment", slugs)
            path = _path(_name(given.get("path", "/"), f"{here}.path"), f"{here}.path")
            into, other = (environment, folder), (source, path)
            if (into, other) in seen:
                _refuse(here, "this folder is imported twice")
            if into == other or (other, into) in seen:
                _refuse(here, "a folder cannot import itself, nor two one another")
            seen.add((into, other))
            yield ImportDocument(environment=environment, path=folder, from_environment=source, from_path=path)


# ---- values and their places
def _step(place: str, name: object, index: int = 0) -> str:
    """A place one step further in; a name that looks like none is counted, for it may be half of a secret."""
    if isinstance(name, str) and re.fullmatch(r"[\w./ -]{1,128}", name):
        return f"{place}.{name}" if place else name
    return f"{place}[{index}]"


def _pairs(value: object) -> list[tuple[object, object]]:
    return list(value) if isinstance(value, _Pairs) else list(value.items()) if isinstance(value, Mapping) else []


def _named(value: object, place: str) -> Iterator[tuple[str, object, str]]:
    """A mapping's names, each once, with what they name and its place. Nothing at all is an empty mapping."""
    if value is not None and not isinstance(value, (_Pairs, Mapping)):
        _refuse(place, "names with what they hold are expected here: a mapping")
    seen: set[str] = set()
    for index, (name, item) in enumerate(_pairs(value)):
        here = _step(place, name, index)
        if not isinstance(name, str) or not _is_unicode(name):
            _refuse(here, "this name is not text: give it in quotes")
        if name in seen:
            _refuse(here, "given twice")
        seen.add(name)
        yield name, item, here


def _fields(value: object, place: str, names: tuple[str, ...]) -> dict[str, object]:
    """What a mapping of known names holds; one that holds nothing is left out."""
    if value is None and place:
        _refuse(place, f"a mapping of {', '.join(names)} is expected here")
    given = list(_named(value, place))
    if unknown := next((here for name, _, here in given if name not in names), None):
        _refuse(unknown, f"unknown: here stand {', '.join(names)}")
    return {name: item for name, item, _ in given if item is not None}


def _items(value: object, place: str) -> Iterator[tuple[object, str]]:
    """A list's items with their places. Nothing at all is an empty list."""
    if value is None:
        return
    if isinstance(value, _Pairs) or not isinstance(value, (list, tuple)):
        _refuse(place, "a list is expected here")
    for index, item in enumerate(value):
        yield item, f"{place}[{index}]"


def _text(value: object, place: str, otherwise: str = QUOTES) -> str:
    if value is None:
        _refuse(place, "there is no value: an empty one is ''")
    if not isinstance(value, str):
        _refuse(place, otherwise)
    if not _is_unicode(value):
        _refuse(place, "half a surrogate pair is not text")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name(value: object, place: str, pattern: str = r"(?s).*\S.*", why: str = "it cannot be empty") -> str:
    text = _text(value, place, "text is expected here: give it in quotes")
    if not re.fullmatch(pattern, text):
        _refuse(place, why)
    return text


def _slug(value: object, place: str) -> str:
    why = "a slug is made of lower-case letters, digits and single hyphens, 64 at most"
    return _name(value, place, r"(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*", why)


def _slug_of(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:64].strip("-")


def _id(value: object, place: str) -> str:
    return _name(value, place, r"[A-Za-z0-9_-]{1,64}", "an id is made of letters, digits, - and _, 64 at most")


def _path(path: str, place: str) -> str:
    """A path as a server keeps it: with one slash before every name, and none at its end."""
    if path in ("", "/"):
        return "/"
    inner = path.removeprefix("/").removesuffix("/")
    if not re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", inner):
        _refuse(place, "a path is made of letters, digits, - and _ between single slashes")
    return f"/{inner}"


def _flaw(key: str) -> str | None:
    """Why this cannot be the key of a secret."""
    if not key.strip():
        return "the key of a secret cannot be empty"
    return "the key of a secret has no ':' and no '/'" if ":" in key or "/" in key else None
