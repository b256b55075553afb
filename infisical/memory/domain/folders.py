"""Folders as they go: a folder taken away with all that lies in it and below it.

How folders are found and made is in tree.py, what requests may say of them in routes/folders.py.
"""

from __future__ import annotations

from infisical.memory import tables, tree
from infisical.memory.call import Call
from infisical.memory.domain.dynamic_secrets import drop_dynamic_secrets
from infisical.memory.domain.secrets import drop_folder
from infisical.memory.state import Row


def drop_tree(call: Call, folder: Row) -> None:
    """Take a folder and those below it away, with their secrets, imports, dynamic secrets and leases."""
    for _, one in list(tree.below(call.draft, folder, "/")):
        drop_folder(call, one)
        drop_dynamic_secrets(call, one["id"])
        call.draft.clear(tables.imports(one["id"]))
        call.draft.drop(tables.folders(one["envId"]), one["id"])
        call.draft.drop(tables.FOLDER_PLACES, one["id"])
