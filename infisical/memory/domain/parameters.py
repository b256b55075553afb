"""Path parameters that must be UUIDs: read as the server's validator reads them. Nothing else of paths."""

from __future__ import annotations

from infisical.memory.call import Call
from infisical.memory.refusals import Refusal
from infisical.memory.validation import Issues, guid


def read_path_uuid(call: Call, name: str) -> str:
    """Return a path parameter; refuse one that is no UUID."""
    issues: Issues = []
    value = call.path[name].strip()
    guid().read(value, (name,), issues)
    if issues:
        raise Refusal(401 if call.before else 422, "ValidationFailure", issues)
    return value
