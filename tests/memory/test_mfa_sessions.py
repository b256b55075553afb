"""MFA sessions on the memory server: a second factor in the middle of a session."""

from __future__ import annotations

from infisical.memory import open_session
from infisical.memory.domain.codes import read_code
from infisical.memory.domain.second_factors import compute_totp_code, enroll_totp, open_mfa_session
from tests.memory.steps import after
from tests.memory.world import World, refusal, without_id


def test_an_mfa_session_is_pending_until_its_code_is_given():
    world = World()
    session = after(world, open_mfa_session)
    status = world.person.mfa_sessions.get_status
    code = read_code(world.memory.state)

    before = status(mfa_session_id=session).unwrap()
    verified = world.person.mfa_sessions.verify(mfa_session_id=session, mfa_token=code, mfa_method="email").unwrap()
    done = status(mfa_session_id=session).unwrap()

    assert (before.status, before.mfa_method) == ("PENDING", "email")
    assert (verified.success, verified.message) == (True, "MFA verification successful")
    assert (done.status, done.mfa_method) == ("ACTIVE", "email")


def test_a_wrong_code_of_an_mfa_session_is_counted_against_the_code():
    world = World()
    session = after(world, open_mfa_session)
    code = read_code(world.memory.state)
    path = f"/api/v2/mfa-sessions/{session}/verify"

    tried = [
        without_id(world.send("POST", path, {"mfaToken": one, "mfaMethod": "email"})) for one in (*["x"] * 3, code)
    ]

    assert tried == [refusal(400, "BadRequest", "Invalid MFA code")] * 4
    assert world.person.mfa_sessions.get_status(mfa_session_id=session).unwrap().status == "PENDING"


def test_an_mfa_session_expires_and_its_verification_starts_a_new_lifetime():
    world = World()
    session = after(world, open_mfa_session, method="totp")
    secret = after(world, enroll_totp)
    world.clock.advance(299)
    world.person.mfa_sessions.verify(
        mfa_session_id=session, mfa_token=compute_totp_code(secret, world.clock.now), mfa_method="totp"
    ).unwrap()
    world.clock.advance(299)
    alive = world.send("GET", f"/api/v2/mfa-sessions/{session}/status")
    world.clock.advance(1)

    gone = "MFA session not found or expired"
    body = {"mfaToken": "123456", "mfaMethod": "totp"}
    assert alive == (200, {"status": "ACTIVE", "mfaMethod": "totp"})
    assert without_id(world.send("GET", f"/api/v2/mfa-sessions/{session}/status")) == refusal(404, "NotFound", gone)
    assert without_id(world.send("POST", f"/api/v2/mfa-sessions/{session}/verify", body)) == refusal(
        400, "BadRequest", gone
    )


def test_an_mfa_session_belongs_to_its_user():
    world = World()
    session = after(world, open_mfa_session)
    token = after(world, open_session, email="eve@example.com")

    refused = world.send("GET", f"/api/v2/mfa-sessions/{session}/status", token=token)

    assert without_id(refused) == refusal(403, "ForbiddenError", "MFA session does not belong to current user")
