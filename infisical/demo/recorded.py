"""The play on a recording: what a real server answered in October 2024, word for word. Nothing is written there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from returns.result import Failure, Success

from infisical.client import InfisicalClient
from infisical.credentials import ServiceToken
from infisical.demo.stage import Play, Stage, Step, tell
from infisical.endpoints.kms import DecryptResponse, EncryptResponse
from infisical.errors import AuthenticationError, ValidationError
from infisical.executors.cassette import CassetteExecutor
from infisical.group import Answer
from infisical.login_methods import UniversalAuth

RECORDING: Final = Path(__file__).parents[1] / "recordings" / "demo.yaml"
# What the recording was made with: only requests that it knows are answered.
RECORDED_AT: Final = "https://infisical.example.com"
CLIENT_ID: Final = "4c0eb7cc-fa12-423e-85f7-f475f0e6f70c"
CLIENT_SECRET: Final = "scrubbed-client-secret"
PROJECT: Final = "13149087-66d8-45dd-af69-b4cd92a52979"
KEY: Final = "1ad69bfd-500a-4c13-b4e1-7e0ed2ba457c"
WORDS: Final = "attack at dawn"


def play() -> Play:
    """Set the stage; ImportError without vcrpy (the extra `cassettes`)."""
    return Play(
        about=(
            "the real client with its whole chain. What a real server answered is\n"
            f"played from {RECORDING.parent.name}/{RECORDING.name}: no server, no network. Secrets are masked."
        ),
        stage=Stage(CassetteExecutor(RECORDING, mode="none"), RECORDED_AT),
        steps=STEPS,
        expected=f"recorded: the client or {RECORDING} has changed.",
    )


# ---- the steps: each says whether it went as recorded
def log_in(stage: Stage) -> bool:
    answer = stage.ask("client.login", stage.client.login, UniversalAuth(CLIENT_ID, CLIENT_SECRET))
    return isinstance(answer, Success)


def list_secrets(stage: Stage) -> bool:
    answer = stage.ask(
        "client.secrets_v3.list",
        stage.client.secrets_v3.list,
        workspace_id=PROJECT,
        environment="dev",
        secret_path="/",
        recursive=True,
        include_imports=True,
    )
    match answer:
        case Success(found):
            for secret in found.secrets:  # always as many stars: how long a value is need not be seen either
                tell("", f"{secret.secret_key} = ********  (version {secret.version}, in {secret.secret_path})")
            return True
        case _:
            return False


def encrypt_and_decrypt(stage: Stage) -> bool:
    kms = stage.client.kms

    def decrypt(made: EncryptResponse) -> Answer[DecryptResponse]:
        return stage.ask("client.kms.decrypt", kms.decrypt, key_id=KEY, ciphertext=made.ciphertext)

    match stage.ask("client.kms.encrypt", kms.encrypt, key_id=KEY, plaintext=WORDS).bind(decrypt):
        case Success(decrypted):
            holds: bool = decrypted.text == WORDS
            tell("", f"its .text == {WORDS!r} is {holds}: the round trip {'holds' if holds else 'does not hold'}")
            return holds
        case _:
            return False


def ask_what_the_server_refuses(stage: Stage) -> bool:
    before = len(stage.notes)
    match stage.ask("client.kms.create_key", stage.client.kms.create_key, project_id=PROJECT, name="Bad Name!"):
        case Failure(ValidationError() as error):
            tell("opened", "case Failure(ValidationError() as error): a 401, but not of the token: no new login")
            tell("", f"error.message      {error.message!r}")
            tell("", f"error.status_code  {error.status_code}, error.error_type {error.error_type!r}")
            tell("", f"error.details[0]   {error.details[0]!r}")
            return len(stage.notes) == before + 1
        case _:
            return False


def ask_what_the_client_refuses(stage: Stage) -> bool:
    token = ServiceToken("st.any.token")
    tell("given", f"other = InfisicalClient(auth={token!r}), on the same recording")
    other = InfisicalClient(base_url=RECORDED_AT, executor=stage.executor, auth=token)
    before = len(stage.notes)
    match stage.ask("other.kms.list_keys", other.kms.list_keys, project_id=PROJECT):
        case Failure(AuthenticationError(sent=False) as error):
            tell("opened", "case Failure(AuthenticationError(sent=False) as error): nothing has left this process")
            tell("", f"error.current_mode   {error.current_mode!r}")
            tell("", f"error.allowed_modes  {error.allowed_modes!r}")
            return len(stage.notes) == before
        case _:
            return False


STEPS: Final[tuple[Step, ...]] = (
    ("Log in as a machine identity", log_in),
    ("List secrets: no repr shows a value", list_secrets),
    ("Encrypt and decrypt with a key that stays on the server", encrypt_and_decrypt),
    ("A call that the server refuses: a value, not an exception", ask_what_the_server_refuses),
    ("A call that the client refuses: a service token at the KMS", ask_what_the_client_refuses),
)
