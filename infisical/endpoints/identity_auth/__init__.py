"""Logins of machine identities and their settings, one file per method. Here: what the methods share, and the group."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from infisical.group import Group, R
from infisical.model import Model, wire

if TYPE_CHECKING:
    from infisical.endpoints.identity_auth.universal import Universal


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginResponse(Model):
    """What every login answers. Times are in seconds; `expires_in` is 0 for a token that does not expire."""

    access_token: str = field(repr=False)
    expires_in: int = 0
    access_token_max_ttl: int = field(default=0, metadata=wire("accessTokenMaxTTL"))
    token_type: str = "Bearer"


class IdentityAuth(Group[R]):
    """One sub-group per method."""

    @cached_property
    def universal(self) -> Universal[R]:
        from infisical.endpoints.identity_auth.universal import Universal

        return Universal(self._run)
