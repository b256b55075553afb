"""The scenario on an Infisical in memory: writes, reads, refusals, and a token that expires on an injected clock."""

from __future__ import annotations

import time
from typing import Final

from returns.result import Failure, Result, Success

from infisical.client import InfisicalClient
from infisical.credentials import ServiceToken
from infisical.demo.console import Console, Scenario, Step, print_text
from infisical.endpoints.kms import DecryptResponse, EncryptResponse, KmsKey
from infisical.endpoints.secrets import NewSecret
from infisical.errors import AuthenticationError, InfisicalError, NotFoundError
from infisical.executors.memory import MemoryExecutor
from infisical.group import Answer
from infisical.login_methods import UniversalAuth

BASE_URL: Final = "http://localhost:8080"
PLAINTEXT: Final = "attack at dawn"
MONTH: Final = 31 * 24 * 3600
NEW_SECRETS: Final = (
    NewSecret(secret_key="HOST", secret_value="db.example.com"),
    NewSecret(secret_key="DATABASE_URL", secret_value="postgres://app@${HOST}/app", secret_comment="for the app"),
)


class Clock:
    """The system's clock, plus an offset that the scenario changes."""

    def __init__(self) -> None:
        self.offset = 0.0

    def __call__(self) -> float:
        return time.time() + self.offset


def make_scenario() -> Scenario:
    """Make the scenario. Raises ImportError without cryptography (the extra `memory`)."""
    try:
        import cryptography  # noqa: F401
    except ImportError as missing:
        raise ImportError("its KMS needs cryptography: pip install 'infisical-functional[memory]'") from missing
    clock = Clock()
    memory = MemoryExecutor(clock=clock)
    console = Console(memory, BASE_URL, {"clock": clock})
    given = memory.given
    project, environment = given.project_id, given.environment

    def log_in(console: Console) -> bool:
        login = UniversalAuth(given.client_id, given.client_secret)
        return isinstance(console.call("client.login", console.client.login, login), Success)

    def write(console: Console) -> bool:
        client = console.client
        folder = console.call(
            "client.secret_folders.create",
            client.secret_folders.create,
            name="api",
            project_id=project,
            environment=environment,
        )
        written = console.call(
            "client.secrets.batch_create",
            client.secrets.batch_create,
            secrets=NEW_SECRETS,
            secret_path="/api",
            project_id=project,
            environment=environment,
        )
        return isinstance(folder, Success) and isinstance(written, Success)

    def read(console: Console) -> bool:
        secrets = console.client.secrets
        match console.call(
            "client.secrets.list",
            secrets.list,
            recursive=True,
            expand_secret_references=True,
            project_id=project,
            environment=environment,
        ):
            case Success(listing):
                for secret in listing.secrets:  # a fixed number of stars, which hides the length too
                    print_text(
                        "", f"{secret.secret_key} = ********  (version {secret.version}, in {secret.secret_path})"
                    )
                values = {secret.secret_key: secret.secret_value for secret in listing.secrets}
                is_expanded = values.get("DATABASE_URL") == "postgres://app@db.example.com/app"
                print_text("", f"the reference ${{HOST}} in DATABASE_URL is expanded: {is_expanded}")
                return is_expanded
            case _:
                return False

    def update_secret(console: Console) -> bool:
        secrets = console.client.secrets
        update = console.call(
            "client.secrets.update",
            secrets.update,
            secret_name="HOST",
            secret_path="/api",
            secret_value="new.example.com",
            project_id=project,
            environment=environment,
        )
        earlier = console.call(
            "client.secrets.get_by_name",
            secrets.get_by_name,
            secret_name="HOST",
            secret_path="/api",
            version=1,
            project_id=project,
            environment=environment,
        )
        is_earlier = earlier.map(lambda secret: secret.secret_value == "db.example.com").value_or(False)
        print_text("", f"version 1 has the earlier value: {is_earlier}")
        return isinstance(update, Success) and is_earlier

    def encrypt_and_decrypt(console: Console) -> bool:
        kms = console.client.kms

        def encrypt(key: KmsKey) -> Result[DecryptResponse, InfisicalError]:
            def decrypt(encrypted: EncryptResponse) -> Answer[DecryptResponse]:
                return console.call("client.kms.decrypt", kms.decrypt, key_id=key.id, ciphertext=encrypted.ciphertext)

            return console.call("client.kms.encrypt", kms.encrypt, key_id=key.id, plaintext=PLAINTEXT).bind(decrypt)

        key = console.call("client.kms.create_key", kms.create_key, project_id=given.project_id, name="demo")
        match key.bind(encrypt):
            case Success(decrypted):
                is_same: bool = decrypted.text == PLAINTEXT
                print_text("", f"answer.text == {PLAINTEXT!r}: {is_same}")
                return is_same
            case _:
                return False

    def outlive_token(console: Console) -> bool:
        clock.offset += MONTH
        print_text("setup", "31 days later: the access token has expired")
        before = len(console.exchanges)
        answer = console.call(
            "client.secrets.get_by_name",
            console.client.secrets.get_by_name,
            secret_name="NOPE",
            project_id=project,
            environment=environment,
        )
        match answer:
            case Failure(NotFoundError() as error):
                print_text(
                    "match", "case Failure(NotFoundError() as error): the client logged in again, then got this 404"
                )
                print_text("", f"error.message      {error.message!r}, error.request_id {error.request_id!r}")
                return len(console.exchanges) == before + 2
            case _:
                return False

    def break_auth_policy(console: Console) -> bool:
        token = ServiceToken("st.any.token")
        print_text("setup", f"other = InfisicalClient(auth={token!r}), on the same server")
        other = InfisicalClient(base_url=BASE_URL, executor=console.executor, auth=token)
        before = len(console.exchanges)
        match console.call("other.kms.list_keys", other.kms.list_keys, project_id=given.project_id):
            case Failure(AuthenticationError(sent=False) as error):
                print_text("match", "case Failure(AuthenticationError(sent=False) as error): nothing was sent")
                print_text("", f"error.current_mode {error.current_mode!r}, .allowed_modes {error.allowed_modes!r}")
                return len(console.exchanges) == before
            case _:
                return False

    steps: tuple[Step, ...] = (
        ("Log in as a machine identity", log_in),
        ("Create a folder, and secrets in it as one batch", write),
        ("Read them back: no repr shows a value", read),
        ("Update one, and read its earlier version", update_secret),
        ("Encrypt and decrypt with a key that stays on the server", encrypt_and_decrypt),
        ("An expired token is renewed, and a missing secret is a value, not an exception", outlive_token),
        ("A call that the client refuses: the KMS takes no service token", break_auth_policy),
    )
    return Scenario(
        title=(
            "the real client and its whole chain, on an\n"
            "Infisical in memory: no server, no network. Secrets are masked."
        ),
        console=console,
        steps=steps,
        failure="did not pass: the client or the memory server has changed.",
    )
