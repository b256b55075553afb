"""Merging imported secrets: one secret for each name, as Infisical's own clients and server choose it.

Pure functions over a `SecretList` that was requested with `include_imports`. Requesting it is secrets/__init__.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from infisical.endpoints.secrets.models import Secret, SecretList, is_hidden


def merge_imports(listing: SecretList) -> tuple[Secret, ...]:
    """Merge the secrets of a folder with its imported secrets: the folder's secrets first, then the imported ones.

    If both have a name, the secret of the folder is used. Of several imports with the name, the last one is used.
    Within a folder a personal override replaces the shared secret. The server resolves a single secret in the same way,
    and so do Infisical's command line (`InjectRawImportedSecret`) and web client.

    Raises ValueError with the names if a recursive listing has one name in several folders.
    """
    return tuple(_merge(listing, None, None).values())


def to_env(
    listing: SecretList,
    *,
    key: Callable[[Secret], str] | None = None,
    path: str | None = None,
    hidden: Literal["refuse", "skip"] = "refuse",
) -> dict[str, str]:
    """Return names and values as a dict, with imports merged: for example `os.environ.update(to_env(listing))`.

    A recursive listing may have one name in several folders. `path` selects the secrets of one folder, and all imports
    of the listing. `key` returns the name to use for a secret, for example with its folder as a prefix. Overrides are
    not collisions: a personal override replaces the shared secret, and a secret of the folder replaces an imported one.

    Raises ValueError with the names if two secrets get the same name, or if the server hid a value. `hidden="skip"`
    omits hidden secrets. ValueError also if `key` returns no string, or if no secret of the listing is in `path`.
    """
    if hidden not in ("refuse", "skip"):
        raise ValueError(f"hidden is 'refuse' or 'skip', not {hidden!r}")
    merged = _merge(listing, key, path)
    unreadable = [name for name, secret in merged.items() if is_hidden(secret)]
    if unreadable and hidden == "refuse":
        raise ValueError(
            f"the server hid the values of {_join(unreadable)}: give the identity the right to read values, "
            "or omit them by hidden='skip'"
        )
    return {name: secret.secret_value for name, secret in merged.items() if not is_hidden(secret)}


def _merge(listing: SecretList, key: Callable[[Secret], str] | None, path: str | None) -> dict[str, Secret]:
    """Choose the secret of each name: from the folder, then from the imports, last one first."""
    secrets = listing.secrets if path is None else _select_folder(listing.secrets, path)
    effective = (secret for folder in _group_by_folder(secrets) for secret in _apply_overrides(folder))
    merged = _index_by_name(effective, key)
    for item in reversed(listing.imports):
        for name, secret in _index_by_name(_apply_overrides(item.secrets), key).items():
            merged.setdefault(name, secret)
    return merged


def _index_by_name(secrets: Iterable[Secret], key: Callable[[Secret], str] | None) -> dict[str, Secret]:
    """Map each name to its secret; ValueError if two secrets get the same name."""
    index: dict[str, Secret] = {}
    collisions: dict[str, list[Secret]] = {}
    for secret in secrets:
        name: object = secret.secret_key if key is None else key(secret)
        if not isinstance(name, str):
            raise ValueError(f"key returned {type(name).__name__} for {secret.secret_key!r}, not a string")
        first = index.setdefault(name, secret)
        if first is not secret:
            collisions.setdefault(name, [first]).append(secret)
    if collisions:
        places = [
            f"{name} (in {_join([secret.secret_path or 'a folder without a path' for secret in same])})"
            for name, same in collisions.items()
        ]
        raise ValueError(
            f"more than one secret is named {_join(places)}: choose one folder by path=, or name them apart by key="
        )
    return index


def _group_by_folder(secrets: Iterable[Secret]) -> Iterable[list[Secret]]:
    """Group secrets by environment and folder; secrets without a path count as one folder."""
    folders: dict[object, list[Secret]] = {}
    for secret in secrets:
        folders.setdefault((secret.environment, _normalize(secret.secret_path)), []).append(secret)
    return folders.values()


def _select_folder(secrets: Sequence[Secret], path: str) -> list[Secret]:
    wanted = _normalize(path)
    selection = [secret for secret in secrets if _normalize(secret.secret_path) in (wanted, None)]
    if secrets and not selection:
        paths = sorted({secret.secret_path or "/" for secret in secrets})
        raise ValueError(f"no secret of the listing is in {path!r}; there are some in {_join(paths)}")
    return selection


def _normalize(path: str | None) -> str | None:
    return None if path is None else f"/{path.strip('/')}"


def _apply_overrides(secrets: Iterable[Secret]) -> Iterable[Secret]:
    """Return one secret of each name: the personal override if there is one."""
    index: dict[str, Secret] = {}
    for secret in secrets:
        if secret.secret_key not in index or secret.type == "personal":
            index[secret.secret_key] = secret
    return index.values()


def _join(names: Sequence[str]) -> str:
    """Join names for a message: the first ten, and the number of the others."""
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return f"{', '.join(names[:10])}{more}"
