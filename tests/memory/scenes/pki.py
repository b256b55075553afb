"""Scenes of PKI: authorities, templates, certificates and alerts. Keys are of elliptic curves, which are fast."""

from __future__ import annotations

from functools import partial
from typing import Any

from infisical.endpoints.pki.alerts import AlertChannel, AlertFilter
from infisical.endpoints.pki.ca import InternalCertificateAuthority
from infisical.endpoints.pki.certificates import CertificateAttributes
from infisical.memory import State, open_session
from infisical.memory.pki import x509 as certificates
from tests.memory.scenes import Scene
from tests.memory.world import World

EC = "EC_prime256v1"
MAIL = AlertChannel(channel_type="email", config={"recipients": ["ops@example.com"]})


def subject(world: World, kind: str, common_name: str = "Example CA", **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(("organization", "ou", "country", "province", "locality"), "")
    named = {"project_slug": world.given.project_slug, "type": kind, "common_name": common_name, "key_algorithm": EC}
    return {**named, **empty, **more}


def authority(world: World, kind: str = "root", common_name: str = "Example CA", **more: Any):
    made = world.machine.pki.ca.create(**subject(world, kind, common_name, **more)).unwrap()
    assert isinstance(made, InternalCertificateAuthority)
    return made


def ca_id(world: World, kind: str = "root") -> str:
    return authority(world, kind).id


def renewal(world: World):
    return partial(world.machine.pki.ca.renew, ca_id=ca_id(world), type="existing", not_after="2040-01-01")


def signing_intermediate(world: World):
    csr = world.machine.pki.ca.get_csr(ca_id=ca_id(world, "intermediate")).unwrap().csr
    return partial(world.machine.pki.ca.sign_intermediate, ca_id=ca_id(world), csr=csr, not_after="2030-01-01")


def someone(world: World, role: str) -> str:
    """A JWT of another person, who has this role in the project."""
    tokens: list[str] = []

    def opened(state: State, now: float) -> State:
        state, token = open_session(state, now=now, email=f"{role}@example.com", project_role=role)
        tokens.append(token)
        return state

    world.memory.change(opened)
    return tokens[-1]


# ---- templates
def template(world: World, **more: Any) -> dict[str, str]:
    settings = {"common_name": r".*\.example\.com", "subject_alternative_name": ".*", "ttl": "90d", **more}
    name = authority(world).name
    world.machine.pki.templates.create(name="web", ca_name=name, project_id=world.project_id, **settings).unwrap()
    return {"template_name": "web", "project_id": world.project_id}


def template_creation(world: World):
    return partial(
        world.machine.pki.templates.create,
        name="web",
        ca_name=authority(world).name,
        project_id=world.project_id,
        common_name=".*",
        subject_alternative_name=".*",
        ttl="90d",
    )


def template_update(world: World):
    named = template(world)
    name = world.machine.pki.templates.get(**named).unwrap().ca.name
    return partial(world.machine.pki.templates.update, **named, ca_name=name, ttl="30d")


def signing(world: World):
    csr = certificates.create_csr(certificates.create_key(EC), {"commonName": "www.example.com"})
    return partial(world.machine.pki.templates.sign_certificate, **template(world), ttl="30d", csr=csr)


# ---- certificates
def profile(world: World, **more: Any) -> str:
    body = {
        "projectId": world.project_id,
        "caId": ca_id(world),
        "certificatePolicyId": "00000000-0000-4000-8000-000000000000",
        "slug": "web",
        "enrollmentType": "api",
        "apiConfig": {},
        **more,
    }
    status, answer = world.send("POST", "/api/v1/cert-manager/certificate-profiles", body)
    assert status == 200, answer
    return str(answer["certificateProfile"]["id"])


def attributes(**more: Any) -> CertificateAttributes:
    return CertificateAttributes(**{"common_name": "www.example.com", "ttl": "30d", **more})


def certificate(world: World) -> dict[str, str]:
    asked = world.machine.pki.certificates.create(profile_id=profile(world), attributes=attributes()).unwrap()
    assert asked.certificate is not None
    assert asked.certificate.certificate_id is not None
    return {"certificate_id": asked.certificate.certificate_id}


# ---- alerts
def alerting(world: World) -> dict[str, Any]:
    return {
        "project_id": world.project_id,
        "name": "soon",
        "event_type": "expiration",
        "alert_before": "30d",
        "filters": [AlertFilter(field="common_name", operator="ends_with", value=".example.com")],
        "channels": [MAIL],
    }


def alert(world: World) -> dict[str, str]:
    return {"alert_id": world.machine.pki.alerts.create(**alerting(world)).unwrap().id}


def previewing(world: World):
    asked = alerting(world)
    known = {name: asked[name] for name in ("project_id", "filters", "alert_before")}
    return partial(world.machine.pki.alerts.preview_certificates, **known)


SCENES: dict[str, Scene] = {
    "pki.ca.list": lambda w: partial(w.machine.pki.ca.list, project_id=w.project_id),
    "pki.ca.get": lambda w: partial(w.machine.pki.ca.get, ca_id=ca_id(w)),
    "pki.ca.create": lambda w: partial(w.machine.pki.ca.create, **subject(w, "root")),
    "pki.ca.update": lambda w: partial(w.machine.pki.ca.update, ca_id=ca_id(w), status="disabled"),
    "pki.ca.delete": lambda w: partial(w.machine.pki.ca.delete, ca_id=ca_id(w)),
    "pki.ca.get_csr": lambda w: partial(w.machine.pki.ca.get_csr, ca_id=ca_id(w, "intermediate")),
    "pki.ca.get_certificate": lambda w: partial(w.machine.pki.ca.get_certificate, ca_id=ca_id(w)),
    "pki.ca.list_certificates": lambda w: partial(w.machine.pki.ca.list_certificates, ca_id=ca_id(w)),
    "pki.ca.get_crls": lambda w: partial(w.machine.pki.ca.get_crls, ca_id=ca_id(w)),
    "pki.ca.renew": renewal,
    "pki.ca.sign_intermediate": signing_intermediate,
    "pki.templates.create": template_creation,
    "pki.templates.update": template_update,
    "pki.templates.delete": lambda w: partial(w.machine.pki.templates.delete, **template(w)),
    "pki.templates.get": lambda w: partial(w.machine.pki.templates.get, **template(w)),
    "pki.templates.list": lambda w: partial(w.machine.pki.templates.list, project_id=w.project_id),
    "pki.templates.issue_certificate": lambda w: partial(
        w.machine.pki.templates.issue_certificate, **template(w), common_name="www.example.com", ttl="30d"
    ),
    "pki.templates.sign_certificate": signing,
    "pki.certificates.create": lambda w: partial(
        w.machine.pki.certificates.create, profile_id=profile(w), attributes=attributes()
    ),
    "pki.certificates.get": lambda w: partial(w.machine.pki.certificates.get, **certificate(w)),
    "pki.certificates.get_body": lambda w: partial(w.machine.pki.certificates.get_body, **certificate(w)),
    "pki.certificates.get_bundle": lambda w: partial(w.machine.pki.certificates.get_bundle, **certificate(w)),
    "pki.certificates.get_private_key": lambda w: partial(w.machine.pki.certificates.get_private_key, **certificate(w)),
    "pki.certificates.renew": lambda w: partial(w.machine.pki.certificates.renew, **certificate(w)),
    "pki.certificates.revoke": lambda w: partial(
        w.machine.pki.certificates.revoke, **certificate(w), revocation_reason="SUPERSEDED"
    ),
    "pki.certificates.delete": lambda w: partial(w.machine.pki.certificates.delete, **certificate(w)),
    "pki.certificates.update_config": lambda w: partial(
        w.machine.pki.certificates.update_config, **certificate(w), renew_before_days=7
    ),
    "pki.alerts.create": lambda w: partial(w.machine.pki.alerts.create, **alerting(w)),
    "pki.alerts.list": lambda w: partial(w.machine.pki.alerts.list, project_id=w.project_id),
    "pki.alerts.get": lambda w: partial(w.machine.pki.alerts.get, **alert(w)),
    "pki.alerts.update": lambda w: partial(w.machine.pki.alerts.update, **alert(w), enabled=False),
    "pki.alerts.delete": lambda w: partial(w.machine.pki.alerts.delete, **alert(w)),
    "pki.alerts.list_certificates": lambda w: partial(w.machine.pki.alerts.list_certificates, **alert(w)),
    "pki.alerts.preview_certificates": previewing,
}
