"""Files of secrets for `set --file`: `.env`, YAML or JSON with names and texts. document_files.py knows the formats.

Nothing is coerced: a number or a nested value is a mistake. No message shows a value.
"""

from __future__ import annotations

from infisical.cli.console import InputError, read_file
from infisical.document_files import FileError, Pairs, choose_parser, decode_text
from infisical.model.reader import Mismatch


def read_secrets(path: str) -> dict[str, str]:
    """Read names and values. InputError for anything but texts by name, a repeated name, or an unreadable file."""
    try:
        parse = choose_parser(path, _accept_any)
        content = parse(decode_text(read_file(path)))
    except FileError as cause:
        raise InputError(f"{path}: {f'{cause.place}: ' if cause.place else ''}{cause.reason}") from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply") from None
    except Mismatch as cause:  # pragma: no cover
        raise InputError(f"{path}: {cause}") from None
    if path.lower().endswith((".yaml", ".yml", ".json")):
        return _read_mapping(path, content)
    return _read_mapping(path, dict(content)["secrets"] if isinstance(content, Pairs) else content)


def _accept_any(_: str) -> None:
    """Accept every name of a `.env` file: the server checks names."""


def _read_mapping(path: str, content: object) -> dict[str, str]:
    if not isinstance(content, Pairs):
        raise InputError(f"{path}: a mapping of names to texts is needed")
    values: dict[str, str] = {}
    for name, value in content:
        if not isinstance(name, str) or not name:
            raise InputError(f"{path}: a name is not a text: put it in quotes")
        if not isinstance(value, str):
            raise InputError(f"{path}: {name} is not a text: put its value in quotes")
        if set(name) & {":", "/"}:
            raise InputError(f"{path}: {name}: a name must not have : or / in it")
        if name in values:
            raise InputError(f"{path}: {name} is there twice: remove one of them")
        values[name] = value
    return values
