"""The rows of secret imports. Which secrets an import brings in is decided in imported_secrets.py."""

from __future__ import annotations

from typing import Any

from infisical.memory import tables
from infisical.memory.call import Call
from infisical.memory.state import Row


def add_import(call: Call, folder: Row, environment_id: str, path: str, position: int, **columns: Any) -> Row:
    """Put an import of another folder into a folder; the first has position 1."""
    row = {
        **call.new_row(
            version=1,
            importPath=path,
            importEnv=environment_id,
            position=position,
            folderId=folder["id"],
            isReplication=False,
            isReplicationSuccess=None,
            replicationStatus=None,
            lastReplicated=None,
            isReserved=False,
        ),
        **columns,
    }
    return call.draft.put(tables.imports(folder["id"]), row["id"], row)
