"""The answers of `call` as JSON: models by their names on the wire, secrets masked.

Masked are the secret fields of models, and what redaction masks by name in a recording. Pure functions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from infisical.model import Model, list_fields
from infisical.redaction import MASK, mask_value
from infisical.request import NULL


def format_answer(value: Any, *, reveal: bool) -> str:
    """Format the value of an answer as indented JSON, and a newline."""
    document = to_document(value, reveal=reveal)
    masked = document if reveal else mask_value(document)
    try:
        text = json.dumps(masked, indent=2, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        text = json.dumps(masked, indent=2)
    return f"{text}\n"


def to_document(value: Any, *, reveal: bool) -> Any:
    """Convert a value into JSON's types; without `reveal` the secret fields of models are masked."""
    if isinstance(value, Model) and is_dataclass(value):
        return {
            name: to_document(getattr(value, f.name), reveal=reveal)
            if f.repr or reveal
            else hide(to_document(getattr(value, f.name), reveal=reveal))
            for f, name in list_fields(type(value))
        }
    if isinstance(value, Mapping):
        return {str(name): to_document(item, reveal=reveal) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_document(item, reveal=reveal) for item in value]
    return None if value is NULL else value


def hide(value: Any) -> Any:
    """Mask every text and number in a JSON value; names, null and booleans stay."""
    if isinstance(value, dict):
        return {name: hide(item) for name, item in value.items()}
    if isinstance(value, list):
        return [hide(item) for item in value]
    return value if value is None or isinstance(value, bool) else MASK
