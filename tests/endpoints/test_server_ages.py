"""What servers of 2026 answer otherwise: fields that are null, absent or new, in one answer of each endpoint."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical.endpoints.app_connections import AppConnection, AppConnections
from infisical.endpoints.identity_auth.kubernetes import IdentityKubernetesAuth, Kubernetes
from infisical.endpoints.kms import Kms, KmsKey
from infisical.endpoints.pki.alerts import AlertChannel, PkiAlert, PkiAlerts
from infisical.endpoints.pki.ca import CertificateAuthorities, CertificateAuthority
from infisical.endpoints.pki.certificates import Certificate, Certificates, CreatedCertificate
from infisical.endpoints.projects import Project, ProjectEnvironment, Projects
from infisical.endpoints.secrets import Secret, SecretApproval, Secrets
from infisical.endpoints.webhooks import Webhook, WebhookEvent, WebhookList, Webhooks
from tests.wire import answer

PLACE = {"project_id": "p", "environment": "dev"}
SECRET = {"id": "s1", "secretKey": "K", "secretValue": "v"}
ANSWERS = [
    (
        Secrets.get_by_name(**PLACE, secret_name="K"),
        {"secret": {**SECRET, "actor": None}},
        Secret(id="s1", secret_key="K", secret_value="v"),
    ),
    (
        Secrets.create(**PLACE, secret_name="K", secret_value="v"),
        {"approval": {"id": "a1", "policyId": "po1", "committerUserId": None}},
        SecretApproval(id="a1", policy_id="po1"),
    ),
    (
        Projects.get(project_id="p"),
        {
            "workspace": {
                "id": "p",
                "secretDetectionIgnoreValues": None,
                "deletedEnvironments": [{"id": "e1", "name": "Old", "slug": "old"}],
            }
        },
        Project(id="p", deleted_environments=(ProjectEnvironment(id="e1", name="Old", slug="old"),)),
    ),
    (
        CertificateAuthorities.list(project_id="p"),
        {"certificateAuthorities": [{"id": "ca1", "type": "venafi-tpp"}]},
        (CertificateAuthority(id="ca1", type="venafi-tpp"),),
    ),
    (
        PkiAlerts.get(alert_id="al1"),
        {
            "alert": {
                "id": "al1",
                "eventType": "request",
                "applicationId": "app1",
                "notificationConfig": {"digest": True},
                "channels": [{"channelType": "pagerduty", "config": {"integrationKey": "k"}}],
            }
        },
        PkiAlert(
            id="al1",
            event_type="request",
            application_id="app1",
            notification_config={"digest": True},
            channels=(AlertChannel(channel_type="pagerduty", config={"integrationKey": "k"}),),
        ),
    ),
    (
        Certificates.renew(certificate_id="x1"),
        {"certificate": "PEM", "certificateRequestId": "r1"},
        CreatedCertificate(certificate="PEM", certificate_request_id="r1"),
    ),
    (
        Certificates.get(certificate_id="x1"),
        {"certificate": {"id": "x1", "applicationId": "app1"}},
        Certificate(id="x1", application_id="app1"),
    ),
    (
        Kms.get_key(key_id="k1"),
        {"key": {"id": "k1", "keyUsage": "key-agreement", "algorithm": "ECC_NIST_ED25519", "kmipMetadata": {"a": 1}}},
        KmsKey(id="k1", key_usage="key-agreement", algorithm="ECC_NIST_ED25519", kmip_metadata={"a": 1}),
    ),
    (
        AppConnections.get(app="aws", connection_id="c1"),
        {"appConnection": {"id": "c1", "gatewayPoolId": "gp", "rotation": {"rotationInterval": 30}}},
        AppConnection(id="c1", gateway_pool_id="gp", rotation={"rotationInterval": 30}),
    ),
    (
        Webhooks.list(project_id="p"),
        {"webhooks": [{"id": "w1", "eventsFilter": [{"eventName": "secrets.modified"}]}, {"id": "w2"}]},
        WebhookList(
            webhooks=(
                Webhook(id="w1", events_filter=(WebhookEvent(event_name="secrets.modified"),)),
                Webhook(id="w2"),
            )
        ),
    ),
    (
        Kubernetes.get(identity_id="i1"),
        {
            "identityKubernetesAuth": {
                "id": "a1",
                "accessTokenPeriod": 60,
                "verifyTlsCertificate": False,
                "gatewayPoolId": None,
            }
        },
        IdentityKubernetesAuth(id="a1", access_token_period=60, verify_tls_certificate=False),
    ),
]


@pytest.mark.parametrize(("request_", "body", "expected"), ANSWERS, ids=[f"{r.method} {r.path}" for r, _, _ in ANSWERS])
def test_an_answer_of_a_server_of_2026_decodes(request_, body, expected):
    assert request_.returns(answer(body)) == Success(expected)
