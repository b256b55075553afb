"""The scenario on a recording: the exact responses of a real server from October 2024. It only reads."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from returns.result import Failure, Success

from infisical.client import InfisicalClient
from infisical.credentials import ServiceToken
from infisical.demo.console import Console, Scenario, Step, print_text
from infisical.endpoints.kms import DecryptResponse, EncryptResponse
from infisical.errors import AuthenticationError, ValidationError
from infisical.executors.cassette import CassetteExecutor
from infisical.group import Answer
from infisical.login_methods import UniversalAuth

RECORDING: Final = Path(__file__).parents[1] / "recordings" / "demo.yaml"
# The values of the recording: it answers only the requests that it has.
RECORDED_URL: Final = "https://infisical.example.com"
CLIENT_ID: Final = "4c0eb7cc-fa12-423e-85f7-f475f0e6f70c"
CLIENT_SECRET: Final = "scrubbed-client-secret"
PROJECT: Final = "13149087-66d8-45dd-af69-b4cd92a52979"
KEY: Final = "1ad69bfd-500a-4c13-b4e1-7e0ed2ba457c"
PLAINTEXT: Final = "attack at dawn"


def make_scenario() -> Scenario:
    """Make the scenario. Raises ImportError without vcrpy (the extra `cassettes`)."""
    return Scenario(
        title=(
            "the real client and its whole chain. The responses of a real server\n"
            f"come from {RECORDING.parent.name}/{RECORDING.name}: no server, no network. Secrets are masked."
        ),
        console=Console(CassetteExecutor(RECORDING, mode="none"), RECORDED_URL),
        steps=STEPS,
        failure=f"differs from the recording: the client or {RECORDING} has changed.",
    )


# ---- the steps: each returns True if the answer is that of the recording
def log_in(console: Console) -> bool:
    answer = console.call("client.login", console.client.login, UniversalAuth(CLIENT_ID, CLIENT_SECRET))
    return isinstance(answer, Success)


def list_secrets(console: Console) -> bool:
    answer = console.call(
        "client.secrets_v3.list",
        console.client.secrets_v3.list,
        workspace_id=PROJECT,
        environment="dev",
        secret_path="/",
        recursive=True,
        include_imports=True,
    )
    match answer:
        case Success(listing):
            for secret in listing.secrets:  # a fixed number of stars, which hides the length too
                print_text("", f"{secret.secret_key} = ********  (version {secret.version}, in {secret.secret_path})")
            return True
        case _:
            return False


def encrypt_and_decrypt(console: Console) -> bool:
    kms = console.client.kms

    def decrypt(encrypted: EncryptResponse) -> Answer[DecryptResponse]:
        return console.call("client.kms.decrypt", kms.decrypt, key_id=KEY, ciphertext=encrypted.ciphertext)

    match console.call("client.kms.encrypt", kms.encrypt, key_id=KEY, plaintext=PLAINTEXT).bind(decrypt):
        case Success(decrypted):
            is_same: bool = decrypted.text == PLAINTEXT
            print_text("", f"answer.text == {PLAINTEXT!r}: {is_same}")
            return is_same
        case _:
            return False


def create_invalid_key(console: Console) -> bool:
    before = len(console.exchanges)
    match console.call("client.kms.create_key", console.client.kms.create_key, project_id=PROJECT, name="Bad Name!"):
        case Failure(ValidationError() as error):
            print_text(
                "match", "case Failure(ValidationError() as error): a 401 that is not about the token, so no new login"
            )
            print_text("", f"error.message      {error.message!r}")
            print_text("", f"error.status_code  {error.status_code}, error.error_type {error.error_type!r}")
            print_text("", f"error.details[0]   {error.details[0]!r}")
            return len(console.exchanges) == before + 1
        case _:
            return False


def break_auth_policy(console: Console) -> bool:
    token = ServiceToken("st.any.token")
    print_text("setup", f"other = InfisicalClient(auth={token!r}), on the same recording")
    other = InfisicalClient(base_url=RECORDED_URL, executor=console.executor, auth=token)
    before = len(console.exchanges)
    match console.call("other.kms.list_keys", other.kms.list_keys, project_id=PROJECT):
        case Failure(AuthenticationError(sent=False) as error):
            print_text("match", "case Failure(AuthenticationError(sent=False) as error): nothing was sent")
            print_text("", f"error.current_mode   {error.current_mode!r}")
            print_text("", f"error.allowed_modes  {error.allowed_modes!r}")
            return len(console.exchanges) == before
        case _:
            return False


STEPS: Final[tuple[Step, ...]] = (
    ("Log in as a machine identity", log_in),
    ("List secrets: no repr shows a value", list_secrets),
    ("Encrypt and decrypt with a key that stays on the server", encrypt_and_decrypt),
    ("A call that the server refuses: a value, not an exception", create_invalid_key),
    ("A call that the client refuses: the KMS takes no service token", break_auth_policy),
)
