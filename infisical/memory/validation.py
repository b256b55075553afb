"""Validation as the server does it: fields of bodies and queries, and the issues of invalid values.

A field checks a JSON value and returns the value for the handler: trimmed, coerced, with defaults. It reports issues in
the server's words. Unknown names are dropped, never refused. A field is built by the function that is named like its
type: `string`, `array`, `obj`. Routes do not belong here.
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
"""The limit of one array: a megabyte of small secrets would take a request seconds."""
MAX_ISSUES: Final = 1000
"""The rest of an array is not read after so many issues: an issue is a hundred times as long as its value."""


class _Mark:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


ABSENT_MARK: Final = _Mark("ABSENT")
"""The value of a missing name; as a default it omits the name from the handler's input."""
REQUIRED_MARK: Final = _Mark("REQUIRED")


@dataclass(frozen=True, slots=True)
class Field:
    """The rule for the value of one name."""

    check: Check
    default: Any = REQUIRED_MARK
    nullable: bool = False
    expected: str = "string"

    def read(self, value: Any, path: Path, issues: Issues) -> Any:
        """Return the value for the handler and append its issues."""
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
        """Return a field that may be omitted: the handler gets the default, or nothing without a default."""
        return replace(self, default=default)

    def or_null(self) -> Field:
        """Return a field that may be null."""
        return replace(self, nullable=True)

    def where(self, is_valid: Callable[[Any], bool], message: str) -> Field:
        """Return a field with one more condition; a value that fails it is a `custom` issue with this message."""

        def check(value: Any, path: Path, issues: Issues) -> Any:
            count = len(issues)
            value = self.check(value, path, issues)
            if len(issues) == count and not is_valid(value):
                issues.append(build_issue(message, path))
            return value

        return replace(self, check=check)


# ---- issues in the words of the server's validator
def name_type(value: Any) -> str:
    if value is ABSENT_MARK:
        return "undefined"
    if value is None:
        return "null"
    names: dict[type, str] = {bool: "boolean", str: "string", int: "number", float: "number", list: "array"}
    return names.get(type(value), "object")


def build_type_issue(expected: str, value: Any, path: Path, received_type: str | None = None) -> dict[str, Any]:
    received_type = received_type or name_type(value)
    message = "Required" if received_type == "undefined" else f"Expected {expected}, received {received_type}"
    return {
        "code": "invalid_type",
        "expected": expected,
        "received": received_type,
        "path": list(path),
        "message": message,
    }


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
    too_long: str = "",
    lower: bool = False,
) -> Field:
    """A string, trimmed by default; it must match the pattern `matches` as a whole, or `message` is the issue.

    `too_long` is the message for a string of more than `most` characters. `lower` reads it in lower case.
    """

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, str):
            issues.append(build_type_issue("string", value, path))
            return value
        if trim:
            value = value.strip()
        if lower:
            value = value.lower()
        if len(value) < least:
            text = f"String must contain at least {least} character(s)"
            issues.append(_build_bound_issue("too_small", least, "string", text, path))
        if most is not None and len(value) > most:
            text = too_long or f"String must contain at most {most} character(s)"
            issues.append(_build_bound_issue("too_big", most, "string", text, path))
        if matches is not None and not re.fullmatch(matches, value, re.DOTALL):
            issues.append(build_issue(message, path))
        return value

    return Field(check)


SLUG_PATTERN: Final = r"[a-z0-9]+(?:-[a-z0-9]+)*"


def slug(*, most: int = 64, message: str = "Name must be slug friendly") -> Field:
    """Lower-case words, joined by hyphens."""
    return string(least=1, most=most, matches=SLUG_PATTERN, message=message)


def named_slug(name: str, *, most: int = 64) -> Field:
    """A slug whose issues name the field (slugSchema in server/lib/schemas.ts)."""
    field, text = string(), f"{name} field can only contain lowercase letters, numbers, and hyphens"

    def check(value: Any, path: Path, issues: Issues) -> Any:
        count = len(issues)
        value = field.check(value, path, issues)
        if len(issues) > count:
            return value
        if not value:
            message = f"{name} field must be at least 1 lowercase character"
            issues.append(_build_bound_issue("too_small", 1, "string", message, path))
        if len(value) > most:
            message = f"{name} field must be at most {most} lowercase characters"
            issues.append(_build_bound_issue("too_big", most, "string", message, path))
        if value and re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", value) is None:
            issues.append(build_issue(text, path))
        return value

    return Field(check)


def _build_format(name: str, is_valid: Callable[[str], object], normalize: Callable[[str], str] = str) -> Field:
    """A string of a named format; `is_valid` returns a false value or raises ValueError for any other string."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, str):
            issues.append(build_type_issue("string", value, path))
            return value
        value = normalize(value)
        try:
            is_match = bool(is_valid(value))
        except ValueError:
            is_match = False
        if not is_match:
            issue = {"validation": name, "code": "invalid_string", "message": f"Invalid {name}", "path": list(path)}
            issues.append(issue)
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
    """A whole number of a query: "10" is 10, "" is 0, "abc" is an issue."""
    base_field = number(least=least, most=most, whole=True)

    def check(value: Any, path: Path, issues: Issues) -> Any:
        try:
            amount = float(value.strip() or 0) if isinstance(value, str) else math.nan
        except ValueError:
            amount = math.nan
        if not math.isfinite(amount):
            issues.append(build_type_issue("number", value, path, "nan"))
            return value
        return base_field.check(amount, path, issues)

    return Field(check, expected="number")


def boolean() -> Field:
    """A boolean of a JSON body."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, bool):
            issues.append(build_type_issue("boolean", value, path))
        return value

    return Field(check, expected="boolean")


def choice(*options: str) -> Field:
    """One of these strings."""

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
    base_field = choice("true", "false")

    def check(value: Any, path: Path, issues: Issues) -> Any:
        return base_field.check(value, path, issues) == "true"

    return Field(check, default=default)


def loose_flag_text(default: bool = False) -> Field:
    """A boolean of a query: '', '0' and 'false' are false, all other texts are true."""
    return Field(lambda value, path, issues: str(value).lower() not in ("", "0", "false"), default=default)


def true_text() -> Field:
    """A boolean of a query: only the literal 'true' is true."""
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
        items = []
        for index, one in enumerate(value):
            if len(issues) >= MAX_ISSUES:
                break
            items.append(item.read(one, (*path, index), issues))
        return items

    return Field(check, expected="array")


def record(item: Field) -> Field:
    """An object with any names, whose values are all of one kind."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, dict):
            issues.append(build_type_issue("object", value, path))
            return value
        values = {}
        for name, one in value.items():
            if len(issues) >= MAX_ISSUES:
                break
            values[name] = item.read(one, (*path, name), issues)
        return values

    return Field(check, expected="object")


def anything() -> Field:
    """Any JSON value."""
    return Field(lambda value, path, issues: value, nullable=True)


def either(*kinds: Field) -> Field:
    """A value of the first of these kinds that accepts it."""

    def check(value: Any, path: Path, issues: Issues) -> Any:
        errors = []
        for kind in kinds:
            kind_issues: Issues = []
            result = kind.read(value, path, kind_issues)
            if not kind_issues:
                return result
            errors.append({"issues": kind_issues, "name": "ZodError"})
        issues.append({"code": "invalid_union", "unionErrors": errors, "path": list(path), "message": "Invalid input"})
        return value

    return Field(check, expected="object")


def obj(_fields: Mapping[str, Field] | None = None, /, **fields: Field) -> Field:
    """An object of these fields; other names are dropped. The mapping takes names that Python reserves."""
    named = {**(_fields or {}), **fields}

    def check(value: Any, path: Path, issues: Issues) -> Any:
        if not isinstance(value, dict):
            issues.append(build_type_issue("object", value, path))
            return value
        values = {}
        for name, kind in named.items():
            one = kind.read(value.get(name, ABSENT_MARK), (*path, name), issues)
            if one is not ABSENT_MARK:
                values[name] = one
        return values

    return Field(check, expected="object")
