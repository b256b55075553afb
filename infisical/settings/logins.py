"""The login that environment variables choose: a table with one entry for each method.

The identity id of a method chooses it, or `INFISICAL_AUTH_METHOD`, which also allows `INFISICAL_MACHINE_IDENTITY_ID`.
A source reads the same variables and files for each login. tokens.py has the tokens that need no login.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, TypedDict

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.errors import InfisicalError
from infisical.settings import variables as names
from infisical.settings.variables import AUTH_METHOD, FILE_SUFFIX, MACHINE_IDENTITY_ID, Variables, refuse

if TYPE_CHECKING:
    from infisical.login import LoginMethod, LoginSource
    from infisical.sources import Platform

Login: TypeAlias = "LoginMethod | LoginSource"
SWITCH_VALUES: Final = {"true": True, "1": True, "false": False, "0": False}
GITHUB_VARIABLES: Final = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
"""GitHub sets both for a job with the permission `id-token: write`."""


@dataclass(frozen=True, slots=True)
class ChosenLogin:
    """A login, and the variables that it was made from, as they are set."""

    login: Login
    origins: tuple[str, ...]


def find_login(variables: Variables) -> Answer[ChosenLogin | None]:
    """Make the login that the variables choose; None if no variable belongs to a login.

    A failure that names the variables if two methods are possible, or if a part of the chosen one is missing.
    """
    choice = _choose_method(variables)
    if isinstance(choice, Failure):
        return choice
    name = choice.unwrap()
    if name is None:
        return Success(None)
    method = METHODS[name]
    identity = variables.find_first(method.identities)
    if identity is None:
        return _refuse_incomplete(name, method.identities)
    identity_id = variables.read_value(identity)
    if isinstance(identity_id, Failure):
        return identity_id
    origins = variables.list_origins((AUTH_METHOD, identity, *method.companions))
    try:
        login = method.make(variables, identity_id.unwrap())
    except ValueError as cause:
        return refuse(f"{_join(origins, 'and')}: {cause}")
    return login if isinstance(login, Failure) else Success(ChosenLogin(login.unwrap(), origins))


# ---- which method
def _choose_method(variables: Variables) -> Answer[str | None]:
    """Return the name of the method; None if no variable belongs to a login."""
    chosen = variables.get(AUTH_METHOD)
    if chosen is not None:
        known = f"{AUTH_METHOD} is not a known method: set it to one of {', '.join(METHODS)}"
        return Success(chosen) if chosen in METHODS else refuse(known)
    triggers = {name: variables.find_first(method.triggers) for name, method in METHODS.items()}
    possible = {name: variables.find_origin(trigger) for name, trigger in triggers.items() if trigger is not None}
    if len(possible) > 1:
        return refuse(
            f"{_join(possible.values(), 'and')} belong to different logins: keep one of them, or set {AUTH_METHOD} to "
            f"{_join(possible, 'or')}"
        )
    if not possible:
        return _refuse_remains(variables)
    [name] = possible
    has_key = name == "gcp-id-token" and variables.get(names.GCP_KEY_PATH) is not None
    return Success("gcp-iam" if has_key else name)


def _refuse_remains(variables: Variables) -> Answer[str | None]:
    """Refuse variables of a login that nothing chooses; None without any."""
    remains = [name for name in names.LOGIN_VARIABLES if variables.find_origin(name) is not None]
    if not remains:
        return Success(None)
    origins = _join(variables.list_origins(remains), "and")
    if MACHINE_IDENTITY_ID in remains:
        return refuse(f"{origins}: {AUTH_METHOD} is not set: set it to one of {', '.join(METHODS)}")
    users = [method for method in METHODS.values() if not set(method.companions).isdisjoint(remains)]
    identities = dict.fromkeys(method.identities[0] for method in users if method.identities[0] != MACHINE_IDENTITY_ID)
    return refuse(
        f"{origins}: the identity id of the login is not set: set {_join(identities, 'or')}, or {MACHINE_IDENTITY_ID} "
        f"and {AUTH_METHOD}"
    )


def _refuse_incomplete(method: str, needed: Iterable[str], hint: str = "") -> Failure[InfisicalError]:
    return refuse(f"the login {method} needs {_join(needed, 'or')}, which is not set{hint}")


def _join(words: Iterable[str | None], conjunction: str) -> str:
    *others, last = [word for word in words if word is not None]
    return f"{', '.join(others)} {conjunction} {last}" if others else last


# ---- the methods
class SourceOptions(TypedDict):
    """What every source takes."""

    organization_slug: str | None
    platform: Platform


def _make_options(variables: Variables) -> SourceOptions:
    from infisical.sources import Platform

    platform = Platform(environ=variables.environ, read=variables.read)
    return {"organization_slug": variables.get(names.ORGANIZATION_SLUG), "platform": platform}


def _make_universal(variables: Variables, client_id: str) -> Answer[Login]:
    from infisical.login_methods import UniversalAuth

    if variables.find_origin(names.CLIENT_SECRET) is None:
        return _refuse_incomplete("universal-auth", [names.CLIENT_SECRET])
    secret = variables.read_value(names.CLIENT_SECRET)
    if isinstance(secret, Failure):
        return secret
    slug = variables.get(names.ORGANIZATION_SLUG)
    return Success(UniversalAuth(client_id, secret.unwrap(), organization_slug=slug))


def _make_kubernetes(variables: Variables, identity_id: str) -> Answer[Login]:
    from infisical import sources

    path = variables.get(names.KUBERNETES_TOKEN_PATH)
    options = _make_options(variables)
    if path is None:
        return Success(sources.kubernetes(identity_id, **options))
    return Success(sources.kubernetes(identity_id, path, **options))


def _make_oidc(variables: Variables, identity_id: str) -> Answer[Login]:
    from infisical import sources

    if variables.find_first((names.JWT, names.OIDC_JWT)) is None and all(map(variables.get, GITHUB_VARIABLES)):
        return Success(sources.github_actions(identity_id, **_make_options(variables)))
    hint = "; in GitHub Actions the job needs the permission id-token: write"
    return _make_jwt_login(variables, identity_id, "oidc", (names.JWT, names.OIDC_JWT), hint)


def _make_jwt(variables: Variables, identity_id: str) -> Answer[Login]:
    return _make_jwt_login(variables, identity_id, "jwt", (names.JWT,))


def _make_jwt_login(
    variables: Variables, identity_id: str, method: Literal["oidc", "jwt"], tokens: tuple[str, ...], hint: str = ""
) -> Answer[Login]:
    from infisical import sources

    name = variables.find_first(tokens)
    if name is None:
        return _refuse_incomplete(f"{method}-auth", tokens, hint)
    path = variables.get(f"{name}{FILE_SUFFIX}")
    options = _make_options(variables)
    if path is None:
        return Success(sources.jwt_env(identity_id, name, method, **options))
    return Success(sources.jwt_file(identity_id, path, method, **options))


def _make_aws(variables: Variables, identity_id: str) -> Answer[Login]:
    from infisical import sources

    return Success(sources.aws(identity_id, **_make_options(variables)))


def _make_gcp(variables: Variables, identity_id: str) -> Answer[Login]:
    from infisical import sources

    return Success(sources.gcp(identity_id, **_make_options(variables)))


def _make_gcp_key_file(variables: Variables, identity_id: str) -> Answer[Login]:
    from infisical import sources

    path = variables.get(names.GCP_KEY_PATH)
    if path is None:
        return _refuse_incomplete("gcp-iam", [names.GCP_KEY_PATH])
    return Success(sources.gcp_key_file(identity_id, path, **_make_options(variables)))


def _make_azure(variables: Variables, identity_id: str) -> Answer[Login]:
    from infisical import sources

    switch = variables.get(names.AZURE_WORKLOAD_SWITCH)
    if switch is not None and switch.lower() not in SWITCH_VALUES:
        return refuse(f"{names.AZURE_WORKLOAD_SWITCH} must be one of {', '.join(SWITCH_VALUES)}")
    client_id = variables.get(names.AZURE_CLIENT_ID)
    return Success(
        sources.azure(
            identity_id,
            client_id=client_id,
            object_id=variables.get(names.AZURE_OBJECT_ID) if client_id is None else None,
            use_workload_identity=None if switch is None else SWITCH_VALUES[switch.lower()],
            **_make_options(variables),
        )
    )


def _make_oci(variables: Variables, identity_id: str) -> Answer[Login]:
    from infisical import sources

    return Success(sources.oci(identity_id, **_make_options(variables)))


def _make_ldap(variables: Variables, identity_id: str) -> Answer[Login]:
    from infisical import sources

    values = []
    for name in (names.LDAP_USERNAME, names.LDAP_PASSWORD):
        if variables.find_origin(name) is None:
            return _refuse_incomplete("ldap-auth", [name])
        value = variables.read_value(name)
        if isinstance(value, Failure):
            return value
        values.append(value.unwrap())
    username, password = values
    return Success(sources.ldap(identity_id, username, password, **_make_options(variables)))


@dataclass(frozen=True, slots=True)
class Method:
    """A login method as variables describe it."""

    make: Callable[[Variables, str], Answer[Login]]
    """Makes the login of an identity id; its failure names a missing variable."""
    identities: tuple[str, ...]
    """The variables of its identity id, the first that is set."""
    triggers: tuple[str, ...]
    """The variables that choose the method without `INFISICAL_AUTH_METHOD`."""
    companions: tuple[str, ...] = ()
    """The other variables that it reads."""


def _describe_method(
    make: Callable[[Variables, str], Answer[Login]], identity: str, *companions: str, triggers: bool = True
) -> Method:
    return Method(make, (identity, MACHINE_IDENTITY_ID), (identity,) if triggers else (), companions)


METHODS: Final = {
    "universal-auth": Method(
        _make_universal, (names.CLIENT_ID,), (names.CLIENT_ID, names.CLIENT_SECRET), (names.CLIENT_SECRET,)
    ),
    "kubernetes": _describe_method(_make_kubernetes, names.KUBERNETES_ID, names.KUBERNETES_TOKEN_PATH),
    "azure": _describe_method(
        _make_azure, names.AZURE_ID, names.AZURE_WORKLOAD_SWITCH, names.AZURE_CLIENT_ID, names.AZURE_OBJECT_ID
    ),
    "gcp-id-token": _describe_method(_make_gcp, names.GCP_ID),
    "gcp-iam": _describe_method(_make_gcp_key_file, names.GCP_ID, names.GCP_KEY_PATH, triggers=False),
    "aws-iam": _describe_method(_make_aws, names.AWS_ID),
    "oidc-auth": _describe_method(_make_oidc, names.OIDC_ID, names.JWT, names.OIDC_JWT),
    "jwt-auth": Method(_make_jwt, (MACHINE_IDENTITY_ID,), (), (names.JWT,)),
    "ldap-auth": _describe_method(_make_ldap, names.LDAP_ID, names.LDAP_USERNAME, names.LDAP_PASSWORD),
    "oci": _describe_method(_make_oci, names.OCI_ID),
}
"""By the names of `INFISICAL_AUTH_METHOD`: those of Infisical's command line, and `oci`."""
