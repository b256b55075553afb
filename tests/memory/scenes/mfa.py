"""Scenes of second factors, in a login and in a session."""

from __future__ import annotations

from functools import partial

from infisical.memory import open_mfa
from infisical.memory.domain.codes import read_code
from infisical.memory.domain.second_factors import give_recovery_codes, open_mfa_session
from tests.memory.scenes import Scene
from tests.memory.steps import after
from tests.memory.world import World


def waiting(world: World) -> str:
    """A login that waits for its second factor: its token."""
    return after(world, open_mfa)


def asking(name: str) -> Scene:
    return lambda world: partial(getattr(world.anyone.mfa, name), login_token=waiting(world))


def verify(world: World):
    token = waiting(world)
    world.anyone.mfa.resend_token(login_token=token).unwrap()
    return partial(world.anyone.mfa.verify, mfa_token=read_code(world.memory.state), login_token=token)


def recover(world: World):
    code = after(world, give_recovery_codes)[0]
    return partial(world.anyone.mfa.verify_recovery_code, recovery_code=code, login_token=waiting(world))


def verify_session(world: World):
    session = after(world, open_mfa_session)
    code = read_code(world.memory.state)
    return partial(world.person.mfa_sessions.verify, mfa_session_id=session, mfa_token=code, mfa_method="email")


SCENES: dict[str, Scene] = {
    "mfa.resend_token": asking("resend_token"),
    "mfa.check_totp": asking("check_totp"),
    "mfa.check_webauthn": asking("check_webauthn"),
    "mfa.verify": verify,
    "mfa.verify_recovery_code": recover,
    "mfa_sessions.verify": verify_session,
    "mfa_sessions.get_status": lambda w: partial(
        w.person.mfa_sessions.get_status, mfa_session_id=after(w, open_mfa_session)
    ),
}
