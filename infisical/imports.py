"""Merged imports: which secret a process gets for a name, as Infisical's own clients and server choose it.

Pure functions over a listing that was requested with `include_imports`. Fetching it is endpoints/secrets/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

from infisical.endpoints.secrets import Secret, SecretList

MASKS: Final = frozenset({"<hidden-by-infisical>"})
"""What the server writes in place of a value that the caller may not read."""


def is_hidden(secret: Secret) -> bool:
    """Tell whether the server hid the value: then `secret_value` is a mask, not the secret.

    A secret whose value is really empty has `secret_value == ""` and is not hidden.
    """
    if secret.secret_value_hidden is None:  # a server that does not say
        return secret.secret_value in MASKS
    return secret.secret_value_hidden


def merge_imports(listing: SecretList) -> tuple[Secret, ...]:
    """Merge a listing's own secrets with those that it imports: own ones first, in their order, then imported ones.

    For one name a folder's own secret precedes an imported one, and a later import precedes an earlier one. The server
    answers alike for a single secret, and so do Infisical's command line (`InjectRawImportedSecret`) and web client,
    which go through the imports from the last to the first. Within a folder a personal override precedes the shared
    secret. ValueError that names them where a recursive listing has one name in several folders.
    """
    return tuple(_merged(listing, None, None).values())


def to_env(
    listing: SecretList,
    *,
    key: Callable[[Secret], str] | None = None,
    path: str | None = None,
    hidden: Literal["refuse", "skip"] = "refuse",
) -> dict[str, str]:
    """Make a mapping of names to values, imports merged: `os.environ.update(to_env(listing))`, say.

    A recursive listing may have one name in several folders. `path` takes the secrets of one folder and the imports of
    the listing; `key` gives each secret its name, for a prefix by folder, say. A personal override and an imported
    secret of the same name are no collision: the override, and the folder's own secret, are taken.

    ValueError that names them where two secrets would get one name, where the server hid a value (unless `hidden` is
    "skip": those secrets are omitted), where `key` returns no string, or where no secret of the listing is in `path`.
    """
    if hidden not in ("refuse", "skip"):
        raise ValueError(f"hidden is 'refuse' or 'skip', not {hidden!r}")
    merged = _merged(listing, key, path)
    unreadable = [name for name, secret in merged.items() if is_hidden(secret)]
    if unreadable and hidden == "refuse":
        raise ValueError(
            f"the server hid the values of {_listed(unreadable)}: give the identity the right to read values, "
            "or omit them by hidden='skip'"
        )
    return {name: secret.secret_value for name, secret in merged.items() if not is_hidden(secret)}


def _merged(listing: SecretList, key: Callable[[Secret], str] | None, path: str | None) -> dict[str, Secret]:
    """The secret of each name: own ones first, then imported ones, from the last import to the first."""
    own = listing.secrets if path is None else _in_folder(listing.secrets, path)
    merged = _named((secret for folder in _folders(own) for secret in _without_overridden(folder)), key)
    for item in reversed(listing.imports):
        for name, secret in _named(_without_overridden(item.secrets), key).items():
            merged.setdefault(name, secret)
    return merged


def _named(secrets: Iterable[Secret], key: Callable[[Secret], str] | None) -> dict[str, Secret]:
    """The secrets by their names; ValueError if two of them would get the same."""
    named: dict[str, Secret] = {}
    collisions: dict[str, list[Secret]] = {}
    for secret in secrets:
        name: object = secret.secret_key if key is None else key(secret)
        if not isinstance(name, str):
            raise ValueError(f"key returned {type(name).__name__} for {secret.secret_key!r}, not a string")
        first = named.setdefault(name, secret)
        if first is not secret:
            collisions.setdefault(name, [first]).append(secret)
    if collisions:
        places = [
            f"{name} (in {_listed([secret.secret_path or 'a folder without a path' for secret in same])})"
            for name, same in collisions.items()
        ]
        raise ValueError(
            f"more than one secret is named {_listed(places)}: choose one folder by path=, or name them apart by key="
        )
    return named


def _folders(secrets: Iterable[Secret]) -> Iterable[list[Secret]]:
    """The secrets of each folder; those of a server that does not say where they are count as one folder's."""
    folders: dict[object, list[Secret]] = {}
    for secret in secrets:
        folders.setdefault((secret.environment, _normal(secret.secret_path)), []).append(secret)
    return folders.values()


def _in_folder(secrets: Sequence[Secret], path: str) -> list[Secret]:
    wanted = _normal(path)
    found = [secret for secret in secrets if _normal(secret.secret_path) in (wanted, None)]
    if secrets and not found:
        there = sorted({secret.secret_path or "/" for secret in secrets})
        raise ValueError(f"no secret of the listing is in {path!r}; there are some in {_listed(there)}")
    return found


def _normal(path: str | None) -> str | None:
    return None if path is None else f"/{path.strip('/')}"


def _without_overridden(secrets: Iterable[Secret]) -> Iterable[Secret]:
    """One secret of each name: the personal override where there is one."""
    chosen: dict[str, Secret] = {}
    for secret in secrets:
        if secret.secret_key not in chosen or secret.type == "personal":
            chosen[secret.secret_key] = secret
    return chosen.values()


def _listed(names: Sequence[str]) -> str:
    """Names for a message: the first ten of them, and how many more there are."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"{', '.join(names[:10])}{more}"
