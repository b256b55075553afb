"""Documents: the initial content of an Infisical in memory, read from YAML, JSON or `.env` into frozen values.

    organization: Acme                          # optional, like every other name
    projects:
      - name: app
        slug: app                               # default: derived from the name
        id: 6f1f0c52-9d0e-4c58-8a0b-0d6b7a1c2e3f   # default: the server makes one
        environments: [dev, {slug: eu, name: Europe}]   # default: dev, staging and prod
        secrets:                                # environment -> path -> key -> value
          dev:
            /: {DB_URL: "postgres://db", API_KEY: {value: abc, comment: from the vault, tags: [core]}}
            /api/v1: {KEY: value}
            /empty: {}                          # a folder without secrets
        imports:                                # environment -> path -> the imported folders, first to last
          dev:
            /: [{environment: eu, path: /shared}]
    secrets: {KEY: value}                       # short form: the first project's first environment, path /

A secret is text, or a mapping of `value`, `comment`, `tags` (slugs) and `metadata` (names to texts). A `.env` file is
the short form; nothing is interpolated. A document without projects has one, `app`. An error names the place of a
mistake and never its value. Unknown, undeclared and repeated names are mistakes, and so is a value that is not text:
nothing is coerced, nothing is ignored.

The readers follow those of `infisical.model.reader`: a value in, a document out, or a Mismatch whose path grows on the
way out. The formats of files belong to `document_files`, the rows of a server to `loading`.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from returns.result import Failure, Result, Success

from infisical.document_files import FileError, Pairs, read_content
from infisical.errors import InfisicalError
from infisical.model.reader import Mismatch, make_list_reader

T = TypeVar("T")
FolderKey: TypeAlias = tuple[str, str]
"""The slug of an environment and a normal path."""


class DocumentError(InfisicalError):
    """An invalid document: `message` names the file, `place` the position in it ("" for the whole document).

    A place is `projects[0].secrets.dev./.PORT`, or `line 3` for a mistake in the file's format. No value is shown.
    """

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message, sent=False)
        self.place = place


# ---- the values
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
"""The environments of a new project."""
DEFAULT_NAMES: Final = {environment.slug: environment.name for environment in ENVIRONMENTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDocument:
    """A folder. The root exists always and is never listed."""

    environment: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretDocument:
    """A secret and its place: the slug of an environment, and a normal path (`/`, `/a/b`)."""

    environment: str
    path: str
    key: str
    value: str = field(repr=False)
    comment: str = field(default="", repr=False)
    tags: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportDocument:
    """A folder (`environment`, `path`) that imports another one; the other one may be missing."""

    environment: str
    path: str
    from_environment: str
    from_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDocument:
    """A project. The server makes an `id` of None. A folder comes before its subfolders; imports keep their order."""

    id: str | None = None
    name: str
    slug: str
    environments: tuple[EnvironmentDocument, ...] = ENVIRONMENTS
    folders: tuple[FolderDocument, ...] = ()
    secrets: tuple[SecretDocument, ...] = ()
    imports: tuple[ImportDocument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The initial content of a server: at least one project, which has at least one environment."""

    organization: str | None = None
    projects: tuple[ProjectDocument, ...] = (ProjectDocument(name="app", slug="app"),)


# ---- reading
def read_document(path: str | os.PathLike[str]) -> Result[Document, DocumentError]:
    """Read a document from a file in UTF-8.

    The file's name tells the format: `.yaml` or `.yml`, `.json`, and `.env` with any prefix or suffix (`.env.local`,
    `test.env`). YAML needs PyYAML, `.env` needs python-dotenv (both in the extra `serve`).
    Every mistake is a DocumentError; nothing is raised.
    """
    file = Path(path)
    return _collect_result(lambda: _read_document(read_content(file, _check_key)), f"{file}: ")


def parse_document(mapping: Mapping[str, object]) -> Result[Document, DocumentError]:
    """Make a document of a mapping, as a YAML or JSON file would contain it. DocumentError as from `read_document`."""
    return _collect_result(lambda: _read_document(mapping), "")


def _collect_result(read: Callable[[], Document], file: str) -> Result[Document, DocumentError]:
    try:
        return Success(read())
    except FileError as error:
        place, reason = error.place, error.reason
    except Mismatch as mismatch:
        place, reason = mismatch.path, f"expected {mismatch.expected}"
    except RecursionError:
        place, reason = "", "too many levels: does it contain itself?"
    return Failure(DocumentError(f"{file}{f'{place}: ' if place else ''}{reason}", place=place))


# ---- readers of texts
def _read_text(value: object, expected: str = "text: put it in quotes") -> str:
    if not isinstance(value, str):
        raise Mismatch(expected, value)
    if not _is_unicode(value):
        raise Mismatch("text without half a surrogate pair", value)
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_matching(pattern: str, expected: str, value: object) -> str:
    text = _read_text(value)
    if not re.fullmatch(pattern, text):
        raise Mismatch(expected, value)
    return text


_read_name = partial(_read_matching, r"(?s).*\S.*", "text that is not empty")
_read_slug = partial(
    _read_matching,
    r"(?=.{1,64}$)[a-z0-9]+(-[a-z0-9]+)*",
    "a slug of lower-case letters, digits and single hyphens, 64 at most",
)
_read_id = partial(_read_matching, r"[A-Za-z0-9_-]{1,64}", "an id of letters, digits, - and _, 64 at most")


def _read_path(value: object) -> str:
    """Read a path in any form; return it with a slash before every name and none at the end."""
    path = _read_text(value)
    if path in ("", "/"):
        return "/"
    inner = path.removeprefix("/").removesuffix("/")
    if not re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", inner):
        raise Mismatch("a path of letters, digits, - and _ between single slashes", value)
    return f"/{inner}"


def _check_key(key: str) -> None:
    """Refuse text that cannot be the key of a secret."""
    if not key.strip():
        raise Mismatch("a key that is not empty", key)
    if ":" in key or "/" in key:
        raise Mismatch("a key without ':' and '/'", key)


def _derive_slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:64].strip("-")


# ---- readers of mappings and lists
def _read_entries(value: object, read: Callable[[str, object], T]) -> list[T]:
    """Read a mapping by its entries, each name once. None is an empty mapping."""
    items = []
    names: set[str] = set()
    for index, (name, item) in enumerate(_list_pairs(value)):
        try:
            if not isinstance(name, str) or not _is_unicode(name):
                raise Mismatch("a name that is text: put it in quotes", name)
            if name in names:
                raise Mismatch("each name once", name)
            names.add(name)
            items.append(read(name, item))
        except Mismatch as mismatch:
            raise mismatch.inside(_make_step(name, index)) from None
    return items


def _list_pairs(value: object) -> Iterable[tuple[object, object]]:
    if value is None or isinstance(value, Pairs):
        return value or ()
    if isinstance(value, Mapping):
        return value.items()
    raise Mismatch("a mapping", value)


def _make_step(name: object, index: int) -> str:
    """Return the step of a place: the name, or the index of a name that may be half of a secret."""
    return name if isinstance(name, str) and re.fullmatch(r"[\w./ -]{1,128}", name) else f"[{index}]"


def _read_fields(value: object, names: tuple[str, ...]) -> dict[str, object]:
    """Read a mapping that has only these names; a name without a value is omitted."""
    if value is None:
        raise Mismatch(f"a mapping of {', '.join(names)}", value)
    fields = dict(_read_entries(value, lambda name, item: (name, item)))
    for index, name in enumerate(fields):
        if name not in names:
            raise Mismatch(f"one of {', '.join(names)}", name, _make_step(name, index))
    return {name: item for name, item in fields.items() if item is not None}


def _read_field(fields: Mapping[str, object], name: str, read: Callable[[object], T]) -> T:
    """Read one field, None if it is absent."""
    try:
        return read(fields.get(name))
    except Mismatch as mismatch:
        raise mismatch.inside(name) from None


def _require_field(fields: Mapping[str, object], name: str, read: Callable[[object], T]) -> T:
    if name not in fields:
        raise Mismatch(f"a value for `{name}`", MISSING)
    return _read_field(fields, name, read)


def _read_list(read: Callable[[object], T], value: object) -> tuple[T, ...]:
    """Read a list, item by item. None is an empty list."""
    if value is None:
        return ()
    if isinstance(value, tuple) and not isinstance(value, Pairs):
        value = list(value)
    items: tuple[T, ...] = make_list_reader(read)(value)
    return items


# ---- the readers of documents
def _read_document(content: object) -> Document:
    fields = _read_fields({} if content is None else content, ("organization", "projects", "secrets"))
    organization = _read_field(fields, "organization", _read_name) if "organization" in fields else None
    projects = _read_field(fields, "projects", partial(_read_list, _read_project))
    _check_unique("slug", [project.slug for project in projects])
    _check_unique("id", [project.id for project in projects])
    first, *others = projects or Document().projects
    folder = (first.environments[0].slug, "/")
    keys = {secret.key for secret in first.secrets if (secret.environment, secret.path) == folder}
    secrets = _read_field(fields, "secrets", lambda value: _read_secrets(folder, value, keys))
    return Document(organization=organization, projects=(replace(first, secrets=first.secrets + secrets), *others))


def _check_unique(attribute: str, values: list[str] | list[str | None]) -> None:
    for index, value in enumerate(values):
        if value is not None and value in values[:index]:
            raise Mismatch(
                f"another {attribute} than that of an earlier project", value, f"projects[{index}].{attribute}"
            )


def _read_project(value: object) -> ProjectDocument:
    fields = _read_fields(value, ("id", "name", "slug", "environments", "secrets", "imports"))
    name = _require_field(fields, "name", _read_name)
    slug = _read_field(fields, "slug", _read_slug) if "slug" in fields else _derive_slug(name)
    if not slug:
        raise Mismatch("a slug: the name has no letter or digit for one", value, "slug")
    environments: tuple[EnvironmentDocument, ...] = ENVIRONMENTS
    if "environments" in fields:
        environments = _read_field(fields, "environments", _read_environments)
    slugs = [environment.slug for environment in environments]
    secrets = _read_field(fields, "secrets", lambda it: _read_folders(it, slugs, _read_secrets))
    read_imports = _make_imports_reader(slugs)
    imports = _read_field(fields, "imports", lambda it: _read_folders(it, slugs, read_imports))
    return ProjectDocument(
        id=_read_field(fields, "id", _read_id) if "id" in fields else None,
        name=name,
        slug=slug,
        environments=environments,
        folders=_list_folders([*secrets, *imports]),
        secrets=tuple(secret for folder in secrets.values() for secret in folder),
        imports=tuple(one for folder in imports.values() for one in folder),
    )


def _read_environments(value: object) -> tuple[EnvironmentDocument, ...]:
    slugs: set[str] = set()

    def read_environment(item: object) -> EnvironmentDocument:
        fields = {"slug": item} if isinstance(item, str) else _read_fields(item, ("slug", "name"))
        if "slug" not in fields:
            raise Mismatch("a value for `slug`", MISSING)
        slug = _read_slug(fields["slug"])
        if slug in slugs:
            raise Mismatch("each environment once", item)
        slugs.add(slug)
        name = _read_field(fields, "name", _read_name) if "name" in fields else DEFAULT_NAMES.get(slug, slug)
        return EnvironmentDocument(slug=slug, name=name)

    environments = _read_list(read_environment, value)
    if not environments:
        raise Mismatch("at least one environment", value)
    return environments


def _read_folders(value: object, slugs: list[str], read: Callable[[FolderKey, object], T]) -> dict[FolderKey, T]:
    """Read a mapping of environments to paths to content."""
    contents: dict[FolderKey, T] = {}

    def read_environment(slug: str, paths: object) -> None:
        _check_declared(slug, slugs)
        _read_entries(paths, partial(read_folder, slug))

    def read_folder(slug: str, path: str, content: object) -> None:
        folder = (slug, _read_path(path))
        if folder in contents:
            raise Mismatch("each path once", path)
        contents[folder] = read(folder, content)

    _read_entries(value, read_environment)
    return contents


def _check_declared(slug: str, slugs: list[str]) -> None:
    if slug not in slugs:
        raise Mismatch(f"an environment of this project: {', '.join(slugs)}", slug)


def _list_folders(keys: list[FolderKey]) -> tuple[FolderDocument, ...]:
    """List the folders of these keys and their parents, each once."""
    parts = [(environment, path.split("/")[1:]) for environment, path in keys if path != "/"]
    paths = [(environment, "/" + "/".join(names[: n + 1])) for environment, names in parts for n in range(len(names))]
    return tuple(FolderDocument(environment=environment, path=path) for environment, path in dict.fromkeys(paths))


def _read_secrets(
    folder: FolderKey, content: object, taken: frozenset[str] | set[str] = frozenset()
) -> tuple[SecretDocument, ...]:
    def read_entry(key: str, value: object) -> SecretDocument:
        _check_key(key)
        if key in taken:
            raise Mismatch("a key that the first project does not have already", key)
        return _read_secret(folder, key, value)

    return tuple(_read_entries(content, read_entry))


def _read_secret(folder: FolderKey, key: str, value: object) -> SecretDocument:
    environment, path = folder
    if not isinstance(value, (Pairs, Mapping)):
        return SecretDocument(environment=environment, path=path, key=key, value=_read_value(value))
    if not any(name == "value" for name, _ in _list_pairs(value)):  # its names may be parts of a secret in braces
        raise Mismatch("a mapping with a `value`: put text that begins with a brace in quotes", value)
    fields = _read_fields(value, ("value", "comment", "tags", "metadata"))
    return SecretDocument(
        environment=environment,
        path=path,
        key=key,
        value=_read_field(fields, "value", _read_value),
        comment=_read_field(fields, "comment", lambda it: "" if it is None else _read_text(it)),
        tags=_read_field(fields, "tags", _read_tags),
        metadata=_read_field(fields, "metadata", _read_metadata),
    )


def _read_value(value: object) -> str:
    return _read_text(value, "a value: '' is an empty one" if value is None else "text: put the value in quotes")


def _read_tags(value: object) -> tuple[str, ...]:
    tags = _read_list(_read_slug, value)
    if len(set(tags)) < len(tags):
        raise Mismatch("each tag once", value)
    return tags


def _read_metadata(value: object) -> tuple[tuple[str, str], ...]:
    return tuple(_read_entries(value, lambda name, item: (name, _read_text(item))))


def _make_imports_reader(slugs: list[str]) -> Callable[[FolderKey, object], tuple[ImportDocument, ...]]:
    """Make the reader of a folder's imports; it knows the imports of the project's folders before."""
    pairs: set[tuple[FolderKey, FolderKey]] = set()

    def read_environment(value: object) -> str:
        slug = _read_slug(value)
        _check_declared(slug, slugs)
        return slug

    def read_import(folder: FolderKey, item: object) -> ImportDocument:
        fields = _read_fields(item, ("environment", "path"))
        source = (
            _require_field(fields, "environment", read_environment),
            _read_field(fields, "path", _read_path) if "path" in fields else "/",
        )
        if (folder, source) in pairs:
            raise Mismatch("each import once", item)
        if folder == source or (source, folder) in pairs:
            raise Mismatch("another folder: a folder imports neither itself nor one that imports it", item)
        pairs.add((folder, source))
        return ImportDocument(environment=folder[0], path=folder[1], from_environment=source[0], from_path=source[1])

    return lambda folder, content: _read_list(partial(read_import, folder), content)
