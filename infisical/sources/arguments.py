"""Checks of what an application gives to a source: texts, paths, names of variables. A ValueError shows no value.

settings/ turns such an error into a failure that names the variables. Values that a platform gives are checked
elsewhere: they are failures of a login.
"""

from __future__ import annotations

import os
import re
from typing import Final

from infisical.redaction import mask

PATH_MISTAKE: Final = "must be the path of a file: it is empty, no text, or has a secret or a line break in it"
VARIABLE_MISTAKE: Final = "must be the name of an environment variable (letters, digits and _), not its value"


def check_text(name: str, value: object) -> None:
    """Raise ValueError for an argument that is no text, is empty, or has a control character."""
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text, not {type(value).__name__}")
    if not value or not value.isprintable():
        raise ValueError(f"{name} is empty, or has a line break or control character in it")


def check_optional_text(name: str, value: object) -> None:
    """Raise ValueError for an argument that is neither None nor a text, as `check_text` does."""
    if value is not None:
        check_text(name, value)


def to_path(value: object) -> str | None:
    """Return a path as text; None for a value that is no path of a file: a token by mistake, for example."""
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    is_path = isinstance(text, str) and text and text.isprintable() and mask(text) == text
    return str(text) if is_path else None


def is_variable_name(value: object) -> bool:
    """True for a name that a shell takes for an environment variable: not the value of one, a token for example."""
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,127}", value) is not None
