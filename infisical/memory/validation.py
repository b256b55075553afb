"""Validation as the server does it: what a body and a query may hold, and the issues that say where they do not.

A field reads a JSON value, gives the value that a handler may use (trimmed, coerced, with defaults), and notes what is
wrong in the server's words. Unknown names are left out, never refused. Nothing here knows a route.
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

Path: TypeAlias = "tuple[str | int, ...]"
Issues: TypeAlias = "list[dict[str, Any]]"
Check: TypeAlias = "Callable[[Any, Path, Issues], Any]"


MAX_ITEMS: Final = 10_000
"""Of one array: a megabyte of small secrets would keep a request busy for seconds."""
MAX_ISSUES: Final = 1000
"""After so many the rest of an array is not read: each is a hundred times as long as what it complains of."""


class _Mark:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


ABSENT_MARK: Final = _Mark("ABSENT")
"""The name is not there; as a default: leave it out of what the handler gets."""
REQUIRED_MARK: Final = _Mark("REQUIRED")


@dataclass(frozen=True, slots=True)
class Field:
    """What one name may hold."""

    check: Check
    default: Any = REQUIRED_MARK
    nullable: bool = False
    expected: str = "string"

    def read(self, value: Any, path: Path, issues: Issues) -> Any:
        """Return the value to use; what is wrong with it goes to the issues."""
        if value is ABSENT_MARK:
            if self.default is not REQUIRED_MARK:
                return self.default
            issues.append(build_type_issue(self.expected, ABSENT_MARK, path))
            return None
        if value is None:
            if not self.nullable:
                issues.append(build_type_issue(self.expected, None, path))
            return None
        return self.check(value, path, issues)

    def optional(self, default: Any = ABSENT_MARK) -> Field:
        """May be left out; then the handler gets the default, or no such name at all."""
        return replace(self, default=default)

    def or_null(self) -> Field:
        """May be null."""
        return replace(self, nullable=True)

    def where(self, holds: Callable[[Any], bool], message: str) -> Field:
        """Must also hold; otherwise a `custom` issue with this message."""

        def check(value: Any, path: Path, issues: Issues) -> Any:
            before = len(issues)
            value = self.check(value, path, issues)
            if len(issues) == before and not holds(value):
                issues.append(build_issue(message, path))
            return value

        return replace(self, check=check)


# ---- issues, as the server's validator words them
def name_type(value: Any) -> str:
    if value is ABSENT_MARK:
        return "undefined"
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "boolean", str: "string", int: "number", float: "number", list: "array"}
    return names.get(type(value), "object")


def build_type_issue(expected: str, value: Any, path: Path, received: str | None = None) -> dict[str, Any]:
    received = received or name_type(value)
    message = "Required" if received == "undefined" else f"Expected {expected}, received {received}"
    return {"code": "invalid_type", "expected": expected, "received": received, "path": list(path), "message": message}


def build_issue(message: str, path: Path) -> dict[str, Any]:
    return {"code": "custom", "message": message, "path": list(path)}


def _build_bound_issue(code: str, limit: float, kind: str, message: str, path: Path) -> dict[str, Any]:
    bound = "minimum" if code == "too_small" else "maximum"
    return {
        "code": code,
        bound: limit,
        "type": kind,
        "inclusive": True,
        "exact": False,
        "message": message,
        "path": list(path),
    }


# ---- kinds of values
def string(
    *,
    least: int = 0,
    most: int | None = None,
    trim: bool = True,
    matches: str | None = None,
    message: str = "Invalid",
) -> Field:
    """A string: trimmed, unless said otherwise; `matches` is a whole-string pattern with its message."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, str):
            issues.append(build_type_issue("string", value, path))
            return value
        if trim:
            value = value.strip()
        if len(value) < least:
            text = f"String must contain at least {least} character(s)"
            issues.append(_build_bound_issue("too_small", least, "string", text, path))
        if most is not None and len(value) > most:
            text = f"String must contain at most {most} character(s)"
            issues.append(_build_bound_issue("too_big", most, "string", text, path))
        if matches is not None and not re.fullmatch(matches, value, re.DOTALL):
            issues.append(build_issue(message, path))
        return value

    return Field(check)


def slug(*, most: int = 64, message: str = "Name must be slug friendly") -> Field:
    """Lower-case words joined by hyphens."""
    return string(least=1, most=most, matches=r"[a-z0-9]+(?:-[a-z0-9]+)*", message=message)


def _build_format(name: str, holds: Callable[[str], object], read: Callable[[str], str] = str) -> Field:
    """A string of a format that the validator knows by name; `holds` is falsy, or a ValueError, where it is not one."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, str):
            issues.append(build_type_issue("string", value, path))
            return value
        value = read(value)
        try:
            fits = bool(holds(value))
        except ValueError:
            fits = False
        if not fits:
            noted = {"validation": name, "code": "invalid_string", "message": f"Invalid {name}", "path": list(path)}
            issues.append(noted)
        return value

    return Field(check)


def guid() -> Field:
    """A UUID."""
    return _build_format("uuid", uuid.UUID)


def datetime_text() -> Field:
    """A date and time in ISO 8601."""
    return _build_format("datetime", datetime.fromisoformat)


def email() -> Field:
    """An e-mail address, in lower case."""
    address = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
    return _build_format("email", address.fullmatch, lambda text: text.strip().lower())


def number(*, least: float | None = None, most: float | None = None, whole: bool = False) -> Field:
    """A number of a JSON body; `whole` refuses fractions."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            issues.append(build_type_issue("number", value, path))
            return value
        if whole and (not math.isfinite(value) or value != int(value)):
            issues.append(build_type_issue("integer", value, path, "float"))
            return value
        if least is not None and value < least:
            text = f"Number must be greater than or equal to {least}"
            issues.append(_build_bound_issue("too_small", least, "number", text, path))
        if most is not None and value > most:
            text = f"Number must be less than or equal to {most}"
            issues.append(_build_bound_issue("too_big", most, "number", text, path))
        return int(value) if whole else value

    return Field(check, expected="number")


def number_text(*, least: float | None = None, most: float | None = None) -> Field:
    """A whole number of a query: "10" is 10, "" is 0, "abc" an issue."""
    inner = number(least=least, most=most, whole=True)

    def check(value: Any, path: Path, issues: Issues) -> Any:
        try:
            read = float(value.strip() or 0) if isinstance(value, str) else math.nan
        except ValueError:
            read = math.nan
        if not math.isfinite(read):
            issues.append(build_type_issue("number", value, path, "nan"))
            return value
        return inner.check(read, path, issues)

    return Field(check, expected="number")


def boolean() -> Field:
    """A boolean of a JSON body."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, bool):
            issues.append(build_type_issue("boolean", value, path))
        return value

    return Field(check, expected="boolean")


def choice(*options: str) -> Field:
    """One of some strings."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        expected = " | ".join(f"'{option}'" for option in options)
        if not isinstance(value, str):
            issues.append(build_type_issue(expected, value, path))
        elif value not in options:
            issues.append(
                {
                    "received": value,
                    "code": "invalid_enum_value",
                    "options": list(options),
                    "path": list(path),
                    "message": f"Invalid enum value. Expected {expected}, received '{value}'",
                }
            )
        return value

    return Field(check, expected=" | ".join(f"'{option}'" for option in options))


def flag_text(default: bool = False) -> Field:
    """A boolean of a query that must be 'true' or 'false'."""
    inner = choice("true", "false")

    def check(value: Any, path: Path, issues: Issues) -> Any:
        return inner.check(value, path, issues) == "true"

    return Field(check, default=default)


def loose_flag_text(default: bool = False) -> Field:
    """A boolean of a query: '', '0' and 'false' are false, all else true."""
    return Field(lambda value, path, issues: str(value).lower() not in ("", "0", "false"), default=default)


def true_text() -> Field:
    """A boolean of a query of which only the literal 'true' is true."""
    return Field(lambda value, path, issues: value == "true", default=False)


def array(item: Field, *, least: int = 0, most: int | None = None) -> Field:
    """A list."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, list):
            issues.append(build_type_issue("array", value, path))
            return value
        if len(value) < least:
            text = f"Array must contain at least {least} element(s)"
            issues.append(_build_bound_issue("too_small", least, "array", text, path))
        if most is not None and len(value) > most:
            text = f"Array must contain at most {most} element(s)"
            issues.append(_build_bound_issue("too_big", most, "array", text, path))
        if len(value) > MAX_ITEMS:
            issues.append(
                _build_bound_issue(
                    "too_big", MAX_ITEMS, "array", f"Array must contain at most {MAX_ITEMS} element(s)", path
                )
            )
            return value
        read = []
        for place, one in enumerate(value):
            if len(issues) >= MAX_ISSUES:
                break
            read.append(item.read(one, (*path, place), issues))
        return read

    return Field(check, expected="array")


def record(item: Field) -> Field:
    """An object with any names, all of one kind."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, dict):
            issues.append(build_type_issue("object", value, path))
            return value
        read = {}
        for name, one in value.items():
            if len(issues) >= MAX_ISSUES:
                break
            read[name] = item.read(one, (*path, name), issues)
        return read

    return Field(check, expected="object")


def anything() -> Field:
    """Whatever JSON can say."""
    return Field(lambda value, path, issues: value, nullable=True)


def either(*kinds: Field) -> Field:
    """The first of some kinds that fits."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        errors = []
        for kind in kinds:
            found: Issues = []
            read = kind.read(value, path, found)
            if not found:
                return read
            errors.append({"issues": found, "name": "ZodError"})
        issues.append({"code": "invalid_union", "unionErrors": errors, "path": list(path), "message": "Invalid input"})
        return value

    return Field(check, expected="object")


def obj(_named: Mapping[str, Field] | None = None, /, **fields: Field) -> Field:
    """An object of named fields; other names are left out. Names that Python reserves go in the mapping."""
    named = {**(_named or {}), **fields}

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, dict):
            issues.append(build_type_issue("object", value, path))
            return value
        read = {}
        for name, kind in named.items():
            one = kind.read(value.get(name, ABSENT_MARK), (*path, name), issues)
            if one is not ABSENT_MARK:
                read[name] = one
        return read

    return Field(check, expected="object")
