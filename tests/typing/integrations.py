"""Run by nobody; checked by mypy --strict and pyright: the settings source for pydantic-settings."""

from __future__ import annotations

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from infisical import AsyncInfisicalClient, InfisicalClient, Place
from infisical.integrations.pydantic import InfisicalSettingsSource

client = InfisicalClient()
where: Place = {"project_id": "p", "environment": "dev"}


class App(BaseSettings):
    """Settings of an application."""

    port: int = 0

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InfisicalSettingsSource(settings_cls, client, **where)


InfisicalSettingsSource(App, client, **where, secret_path="/app", env_prefix="APP_", case_sensitive=True)
InfisicalSettingsSource(App, listing=lambda: client.secrets.list(**where))
InfisicalSettingsSource(App, listing=lambda: client.secrets_v3.list(workspace_id="p", environment="dev"))
InfisicalSettingsSource(App, listing=lambda: {"PORT": "80"}, env_nested_delimiter="__")
InfisicalSettingsSource(App)  # type: ignore[call-overload] # pyright: ignore
InfisicalSettingsSource(App, client)  # type: ignore[call-overload] # pyright: ignore
InfisicalSettingsSource(App, AsyncInfisicalClient(), **where)  # type: ignore[call-overload] # pyright: ignore
InfisicalSettingsSource(App, client, **where, env_prefx="A")  # type: ignore[call-overload] # pyright: ignore
InfisicalSettingsSource(App, listing=lambda: 5)  # type: ignore[arg-type, return-value] # pyright: ignore
