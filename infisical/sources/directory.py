"""LDAP: the user name and password of a directory, given or from environment variables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from returns.result import Failure

from infisical.answer import Answer
from infisical.credentials import refuse_controls
from infisical.errors import AuthenticationError
from infisical.flow import Flow
from infisical.login import LoginMethod, LoginSource
from infisical.login_methods import LdapAuth
from infisical.sources.arguments import check_optional_text, check_text
from infisical.sources.platform import THIS_MACHINE, Platform, make_login

USERNAME_VARIABLE: Final = "INFISICAL_LDAP_USERNAME"
PASSWORD_VARIABLE: Final = "INFISICAL_LDAP_PASSWORD"


@dataclass(frozen=True, slots=True)
class LdapSource:
    """Takes user name and password as they are given, and reads what is not given for each login."""

    identity_id: str
    username: str | None
    password: str | None = field(repr=False)
    organization_slug: str | None = field(repr=False)
    platform: Platform

    def find_login(self) -> Flow[Answer[LoginMethod]]:
        yield from ()
        username = self.platform.get_variable(USERNAME_VARIABLE) if self.username is None else self.username
        password = self.platform.get_variable(PASSWORD_VARIABLE) if self.password is None else self.password
        pairs = ((USERNAME_VARIABLE, username), (PASSWORD_VARIABLE, password))
        missing = " and ".join(name for name, value in pairs if value is None)
        del pairs
        if username is None or password is None:
            return Failure(AuthenticationError(f"an LDAP login needs what is not given: set {missing}"))
        return make_login(
            lambda: LdapAuth(self.identity_id, username, password, organization_slug=self.organization_slug)
        )


def ldap(
    identity_id: str,
    username: str | None = None,
    password: str | None = None,
    *,
    organization_slug: str | None = None,
    platform: Platform = THIS_MACHINE,
) -> LoginSource:
    """Log in with the user name and password of a directory.

    What is None comes from `INFISICAL_LDAP_USERNAME` and `INFISICAL_LDAP_PASSWORD`, which are read again for each
    login, white space included. A variable that is needed and not set, or is empty, is an `AuthenticationError`.
    By default three wrong passwords lock the login for five minutes. ValueError if an argument is no text, is empty, or
    has a control character.
    """
    check_text("identity_id", identity_id)
    check_optional_text("username", username)
    if password is not None:
        refuse_controls("password", password)
    return LdapSource(identity_id, username, password, organization_slug, platform)
