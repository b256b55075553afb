"""Path parameters that must be UUIDs, validated as the server does it. Other parameters need no validation."""

from __future__ import annotations

from infisical.memory.call import Call
from infisical.memory.refusals import Refusal
from infisical.memory.validation import Issues, guid


def read_path_uuid(call: Call, name: str) -> str:
    """Return a path parameter; refuse one that is not a UUID."""
    issues: Issues = []
    value = call.path[name].strip()
    guid().read(value, (name,), issues)
    if issues:
        raise Refusal(401 if call.is_2024 else 422, "ValidationFailure", issues)
    return value
