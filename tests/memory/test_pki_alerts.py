"""Alerts on certificates, on the memory server."""

from __future__ import annotations

import pytest

from infisical import NotFoundError
from infisical.endpoints.pki.alerts import AlertCertificate, AlertChannel, AlertFilter, PkiAlert
from tests.memory.scenes.pki import alert, alerting, attributes, authority, profile, someone
from tests.memory.world import World, refusal, without_id

ALERTS = "/api/v2/pki/alerts"


def rule(field: str, operator: str, value) -> AlertFilter:
    return AlertFilter(field=field, operator=operator, value=value)


def issued(world: World, profile_id: str, common_name: str, ttl: str = "30d", alt_name: str | None = None) -> str:
    names = ({"type": "dns_name", "value": alt_name},) if alt_name else None
    asked = attributes(common_name=common_name, ttl=ttl, alt_names=names)
    made = world.machine.pki.certificates.create(profile_id=profile_id, attributes=asked).unwrap().certificate
    assert made is not None
    return made.certificate_id or ""


def preview(world: World, *rules: AlertFilter, before: str = "30d", **how):
    asked = {"project_id": world.project_id, "filters": rules, "alert_before": before, **how}
    return world.machine.pki.alerts.preview_certificates(**asked).unwrap()


def names(page) -> list[str | None]:
    return [one.common_name for one in page.certificates]


# ---- alerts
def test_an_alert_that_was_made_is_read_changed_listed_and_deleted():
    world = World()
    alerts = world.machine.pki.alerts

    made = alerts.create(**alerting(world), description="before the end").unwrap()
    world.clock.advance(60)
    changed = alerts.update(alert_id=made.id, name="later", alert_before="2w", enabled=False).unwrap()
    listed = alerts.list(project_id=world.project_id).unwrap()

    [channel] = made.channels
    assert made == PkiAlert(
        id=made.id,
        name="soon",
        description="before the end",
        event_type="expiration",
        alert_before="30d",
        filters=(rule("common_name", "ends_with", ".example.com"),),
        enabled=True,
        project_id=world.project_id,
        channels=(
            AlertChannel(
                id=channel.id,
                channel_type="email",
                config={"recipients": ["ops@example.com"]},
                enabled=True,
                created_at="2026-09-21T14:13:20.000Z",
                updated_at="2026-09-21T14:13:20.000Z",
            ),
        ),
        created_at="2026-09-21T14:13:20.000Z",
        updated_at="2026-09-21T14:13:20.000Z",
    )
    assert (changed.name, changed.alert_before, changed.enabled) == ("later", "2w", False)
    assert (changed.channels, changed.description) == (made.channels, "before the end")
    assert changed.updated_at == "2026-09-21T14:14:20.000Z"
    assert alerts.get(alert_id=made.id).unwrap() == changed
    assert [(one.id, one.project_id, one.last_run) for one in listed.alerts] == [(made.id, None, None)]
    assert alerts.update(alert_id=made.id, name="again").unwrap().enabled is True
    assert alerts.delete(alert_id=made.id).unwrap().name == "again"
    assert isinstance(alerts.get(alert_id=made.id).failure(), NotFoundError)


def test_alerts_are_listed_newest_first_searched_filtered_and_paged():
    world = World()
    alerts = world.machine.pki.alerts
    for name, event, enabled in (
        ("one", "expiration", True),
        ("two", "issuance", False),
        ("three", "expiration", True),
    ):
        alerts.create(**{**alerting(world), "name": name, "event_type": event}, enabled=enabled).unwrap()

    def found(**query):
        page = alerts.list(project_id=world.project_id, **query).unwrap()
        return [one.name for one in page.alerts], page.total

    assert found() == (["three", "two", "one"], 3)
    assert found(limit=1, offset=1) == (["two"], 3)
    assert found(search="T") == (["three", "two"], 2)
    assert found(event_type="expiration") == (["three", "one"], 2)
    assert found(enabled=True) == (["three", "one"], 2)
    query = {"projectId": world.project_id, "enabled": "false"}
    assert world.send("GET", ALERTS, query=query)[1]["total"] == 2


def test_channels_are_replaced_and_one_that_is_named_keeps_its_id():
    world = World()
    alerts, named = world.machine.pki.alerts, alert(world)
    [mail] = alerts.get(**named).unwrap().channels
    kept = AlertChannel(id=mail.id, channel_type="email", config={"recipients": ["new@example.com"]})
    hook = AlertChannel(channel_type="webhook", config={"url": "https://example.com/hook"}, enabled=False)

    changed = alerts.update(**named, channels=[kept, hook]).unwrap().channels
    single = alerts.update(**named, channels=[hook]).unwrap().channels

    assert [(one.channel_type, one.config, one.enabled) for one in changed] == [
        ("email", {"recipients": ["new@example.com"]}, True),
        ("webhook", {"url": "https://example.com/hook"}, False),
    ]
    assert (changed[0].id, len(single), single[0].id == changed[1].id) == (mail.id, 1, False)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"name": "No Slug"}, ["name"]),
        ({"alertBefore": "soon"}, ["alertBefore"]),
        ({"eventType": "expiring"}, ["eventType"]),
        ({"channels": []}, ["channels"]),
        ({"channels": [{"channelType": "email", "config": {"recipients": []}}]}, ["channels", 0, "config"]),
        ({"channels": [{"channelType": "email", "config": {"url": "https://example.com"}}]}, ["channels", 0]),
        ({"channels": [{"channelType": "webhook", "config": {"url": "http://a.b"}}]}, ["channels", 0, "config"]),
        ({"filters": [{"field": "include_cas", "operator": "equals", "value": "yes"}]}, ["filters", 0]),
        ({"filters": [{"field": "san", "operator": "equals", "value": ["a"]}]}, ["filters", 0]),
        ({"projectId": "nothing"}, ["projectId"]),
    ],
)
def test_an_alert_that_does_not_fit_is_refused(wrong, path):
    world = World()
    body = {
        "projectId": world.project_id,
        "name": "soon",
        "eventType": "expiration",
        "alertBefore": "30d",
        "filters": [],
        "channels": [{"channelType": "slack", "config": {"webhookUrl": "https://hooks.slack.com/x"}}],
    }

    status, answer = world.send("POST", ALERTS, {**body, **wrong})

    assert (status, [issue["path"] for issue in answer["message"]]) == (422, [path])
    assert world.send("POST", ALERTS, body)[0] == 200


def test_an_alert_of_nothing_is_refused_in_the_words_of_the_server():
    world = World()
    nobody = world.given.user_id

    assert without_id(world.send("GET", f"{ALERTS}/{nobody}")) == refusal(
        404, "NotFound", f"Alert with ID '{nobody}' not found"
    )
    assert without_id(world.send("GET", ALERTS, query={"projectId": nobody})) == refusal(
        400, "BadRequest", "Invalid Certificate Manager project."
    )
    assert world.send("GET", f"{ALERTS}/nothing")[0] == 422
    assert world.machine.pki.alerts.create(**{**alerting(world), "alert_before": "0d"}).failure().status_code == 400


def test_viewers_read_alerts_and_members_change_them():
    world = World()
    path = f"{ALERTS}/{alert(world)['alert_id']}"
    viewer, member = someone(world, "viewer"), someone(world, "member")

    assert world.send("GET", path, token=viewer)[0] == 200
    assert world.send("PATCH", path, {"name": "x"}, token=viewer)[1]["error"] == "PermissionDenied"
    assert world.send("PATCH", path, {"name": "x"}, token=member)[0] == 200


# ---- the certificates that one speaks of
def test_certificates_are_matched_by_their_names_and_what_ends_first_goes_first():
    world = World()
    profile_id = profile(world)
    issued(world, profile_id, "www.example.com", "40d", "alt.example.com")
    issued(world, profile_id, "API.example.org", "20d")

    def found(*rules):
        return names(preview(world, *rules))

    assert found() == ["API.example.org", "www.example.com"]
    assert found(rule("common_name", "equals", "www.example.com")) == ["www.example.com"]
    assert found(rule("common_name", "contains", "api.")) == ["API.example.org"]
    assert found(rule("common_name", "contains", ["api.", "www."])) == ["API.example.org", "www.example.com"]
    assert found(rule("common_name", "matches", ["www.example.com"])) == ["www.example.com"]
    assert found(rule("common_name", "starts_with", "WWW")) == ["www.example.com"]
    assert found(rule("san", "ends_with", "alt.example.com")) == ["www.example.com"]
    assert found(rule("profile_name", "equals", "web")) == ["API.example.org", "www.example.com"]
    assert found(rule("profile_name", "equals", "other")) == []
    assert found(rule("common_name", "ends_with", ".org"), rule("san", "contains", "alt")) == []


def test_a_certificate_is_shown_with_what_an_alert_says_of_it():
    world = World()
    made = issued(world, profile(world), "www.example.com", alt_name="www.example.com")
    serial = world.machine.pki.certificates.get(certificate_id=made).unwrap().serial_number

    listed = world.machine.pki.alerts.list_certificates(**alert(world)).unwrap()

    assert listed.total == 1
    assert listed.certificates == (
        AlertCertificate(
            id=made,
            serial_number=serial,
            common_name="www.example.com",
            san=("www.example.com",),
            profile_name="web",
            enrollment_type="profile",
            not_before="2026-09-21T14:13:20.000Z",
            not_after="2026-10-21T14:13:20.000Z",
            status="active",
        ),
    )


def test_what_is_revoked_or_has_ended_is_not_spoken_of():
    world = World()
    profile_id = profile(world)
    gone = issued(world, profile_id, "gone.example.com")
    issued(world, profile_id, "brief.example.com", "1d")
    issued(world, profile_id, "www.example.com")

    world.machine.pki.certificates.revoke(certificate_id=gone, revocation_reason="SUPERSEDED").unwrap()
    before = names(preview(world))
    world.clock.advance(2 * 86400)

    assert before == ["brief.example.com", "www.example.com"]
    assert names(preview(world)) == ["www.example.com"]


def test_authorities_are_spoken_of_where_that_is_asked_for_and_first():
    world = World()
    authority(world, common_name="Brief CA", not_after="2026-10-01")
    issued(world, profile(world), "www.example.com")
    with_cas = rule("include_cas", "equals", True)

    near = preview(world, with_cas)
    made = world.machine.pki.alerts.create(**{**alerting(world), "filters": [with_cas]}).unwrap()
    every = world.machine.pki.alerts.list_certificates(alert_id=made.id).unwrap()

    assert names(near) == ["Brief CA", "www.example.com"]
    assert near.certificates[0].enrollment_type == "ca"
    assert names(every) == ["Brief CA", "Example CA", "www.example.com"]
    assert names(preview(world, with_cas, before="1d")) == ["www.example.com"]
    assert names(preview(world, rule("include_cas", "equals", False))) == ["www.example.com"]


def test_matching_certificates_are_listed_in_pages():
    world = World()
    profile_id = profile(world)
    for day in (3, 1, 2):
        issued(world, profile_id, f"d{day}.example.com", f"{day}d")
    named = alert(world)

    page = world.machine.pki.alerts.list_certificates(**named, limit=2, offset=1).unwrap()

    assert (names(page), page.total) == (["d2.example.com", "d3.example.com"], 3)
    assert names(preview(world, limit=1)) == ["d1.example.com"]
    assert world.send("GET", f"{ALERTS}/{named['alert_id']}/certificates", query={"limit": "101"})[0] == 422
