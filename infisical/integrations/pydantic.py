"""A settings source of pydantic-settings: field names and aliases are looked up among the secrets of one folder.

pydantic-settings itself turns names and values into fields; this module gets the secrets, and refuses those that it
must not guess. Needs the extra `pydantic`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, overload

from returns.result import Failure, Success

from infisical.answer import Answer, or_raise
from infisical.endpoints.secrets import SecretList, is_hidden
from infisical.endpoints.secrets.merge import merge_imports
from infisical.wiring import is_async

try:
    from pydantic_settings import EnvSettingsSource, SettingsError
    from pydantic_settings.sources.utils import parse_env_vars
except ImportError as missing:
    raise ImportError(
        "this source needs pydantic-settings 2.9 or later: pip install 'infisical-functional[pydantic]'"
    ) from missing

if TYPE_CHECKING:
    from typing import Unpack

    from pydantic_settings import BaseSettings

    from infisical.client import InfisicalClient

__all__ = ["InfisicalSettingsSource"]

SecretValues: TypeAlias = SecretList | Mapping[str, str]
"""A listing of secrets, or names and values that the application chose."""


class SourceOptions(TypedDict, total=False):
    """Options of pydantic-settings' `EnvSettingsSource`; the `model_config` has the omitted ones."""

    case_sensitive: bool | None
    env_prefix: str | None
    env_nested_delimiter: str | None
    env_nested_max_split: int | None
    env_ignore_empty: bool | None
    env_parse_none_str: str | None
    env_parse_enums: bool | None


class InfisicalSettingsSource(EnvSettingsSource):
    """Fill the fields of a settings class with secrets, as pydantic-settings does with environment variables.

    Return it from `settings_customise_sources`: sources before it are used first. A secret name is the field name or an
    alias, with `env_prefix`; upper and lower case are the same by default. With `env_nested_delimiter="__"` the secret
    `DATABASE__HOST` is the field `host` of the model `database`. Values of other complex types are JSON.

    The secrets are those of one folder: `client`, `project_id`, `environment` and `secret_path` (default `/`), with
    references expanded and imports merged as `merge_imports` does. Or `listing` is a function that returns a
    `SecretList`, its `Answer`, or a mapping of names to values. Both are blocking. Each load of the settings class
    lists the secrets once, and nothing is kept.

    A required secret that is missing is pydantic's `ValidationError`; set `hide_input_in_errors=True` in the
    `model_config`, since pydantic shows invalid values otherwise. A failed listing raises its `InfisicalError`:
    settings with default values never hide an outage. ValueError, with the names, if the server hid the value of a
    field, or if two secrets of a field differ in case only. ValueError also for arguments that cannot be right.
    """

    @overload
    def __init__(
        self,
        settings_cls: type[BaseSettings],
        client: InfisicalClient,
        *,
        project_id: str,
        environment: str,
        secret_path: str | None = None,
        **options: Unpack[SourceOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        settings_cls: type[BaseSettings],
        *,
        listing: Callable[[], Answer[SecretList] | Answer[Mapping[str, str]] | SecretValues],
        **options: Unpack[SourceOptions],
    ) -> None: ...
    def __init__(
        self,
        settings_cls: type[BaseSettings],
        client: InfisicalClient | None = None,
        *,
        project_id: str | None = None,
        environment: str | None = None,
        secret_path: str | None = None,
        listing: Callable[[], Any] | None = None,
        **options: Unpack[SourceOptions],
    ) -> None:
        if client is not None and listing is None:
            listing = _make_listing(client, project_id, environment, secret_path)
        elif client is not None or project_id is not None or environment is not None or secret_path is not None:
            raise ValueError("give a client with its place, or listing=, not both")
        if not callable(listing) or is_async(listing):
            raise ValueError("listing must be a blocking function that returns a SecretList or its Answer")
        self._listing = listing
        super().__init__(settings_cls, **options)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {}  # loaded by each call

    def __call__(self) -> dict[str, Any]:
        """List the secrets, and return the values of the fields."""
        try:
            self.env_vars = parse_env_vars(
                self._select_values(_check_secrets(self._listing())),
                self.case_sensitive,
                self.env_ignore_empty,
                self.env_parse_none_str,
            )
            return super().__call__()
        except SettingsError as cause:
            mistake = str(cause)
        finally:
            self.env_vars = {}
        raise SettingsError(mistake)  # not from the other one, whose cause has the value

    def _select_values(self, secrets: Mapping[str, str | None]) -> dict[str, str | None]:
        """Select the secrets of the fields; ValueError if one is hidden (None), or if two have the same name."""
        names = {
            name
            for field_name, field in self.settings_cls.model_fields.items()
            for _, name, _ in self._extract_field_info(field, field_name)
        }
        prefixes = tuple(f"{name}{self.env_nested_delimiter}" for name in names) if self.env_nested_delimiter else ()
        selected: dict[str, list[str]] = {}
        for key in secrets:
            name = self._apply_case_sensitive(key)
            if name in names or name.startswith(prefixes):
                selected.setdefault(name, []).append(key)
        same = [" and ".join(keys) for keys in selected.values() if len(keys) > 1]
        hidden = [key for keys in selected.values() for key in keys if secrets[key] is None]
        if not same and not hidden:
            return {key: secrets[key] for [key] in selected.values()}
        del secrets  # a traceback with locals must not show them
        if same:
            raise ValueError(f"secrets differ in upper and lower case only: {_join(same)}: set case_sensitive=True")
        raise ValueError(f"the server hid the values of {_join(hidden)}: give the identity the right to read values")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.settings_cls.__name__})"


def _make_listing(
    client: InfisicalClient, project_id: str | None, environment: str | None, secret_path: str | None
) -> Callable[[], Answer[SecretList]]:
    """Make the function that lists the secrets of a folder."""
    if is_async(client) or not callable(getattr(getattr(client, "secrets", None), "list", None)):
        raise ValueError(f"client must be an InfisicalClient, which is blocking, not {type(client).__name__}")
    if project_id is None or environment is None:
        raise ValueError("a client needs a place: project_id and environment")

    def list_secrets() -> Answer[SecretList]:
        return client.secrets.list(
            project_id=project_id,
            environment=environment,
            secret_path=secret_path,
            expand_secret_references=True,
            include_imports=True,
        )

    return list_secrets


def _check_secrets(result: object) -> dict[str, str | None]:
    """Return names and values, None for a hidden value; raises the error of a failed listing."""
    secrets = or_raise(result) if isinstance(result, (Success, Failure)) else result
    if isinstance(secrets, SecretList):
        return {
            secret.secret_key: None if is_hidden(secret) else secret.secret_value for secret in merge_imports(secrets)
        }
    if not isinstance(secrets, Mapping):
        raise ValueError(f"listing must return a SecretList or a mapping, or its Answer, not {type(secrets).__name__}")
    wrong = [str(name) for name, value in secrets.items() if not isinstance(name, str) or not isinstance(value, str)]
    if not wrong:
        return dict(secrets)
    del secrets, result  # a traceback with locals must not show them
    raise ValueError(f"listing must return names and values that are strings: {_join(wrong)}")


def _join(names: list[str]) -> str:
    """Join names for a message: the first ten, and the number of the others."""
    return f"{', '.join(names[:10])}{f' and {len(names) - 10} more' if len(names) > 10 else ''}"
