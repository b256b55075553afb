"""The play on an Infisical in memory: it is written to, read, refused, and a token runs out while one looks."""

from __future__ import annotations

import time
from typing import Final

from returns.result import Failure, Result, Success

from infisical.client import InfisicalClient
from infisical.credentials import ServiceToken
from infisical.demo.stage import Play, Stage, Step, tell
from infisical.endpoints.kms import DecryptResponse, EncryptResponse, KmsKey
from infisical.endpoints.secrets import NewSecret
from infisical.errors import AuthenticationError, InfisicalError, NotFoundError
from infisical.executors.memory import MemoryExecutor
from infisical.group import Answer
from infisical.login_methods import UniversalAuth

BASE_URL: Final = "http://localhost:8080"
WORDS: Final = "attack at dawn"
MONTH: Final = 31 * 24 * 3600
NEW: Final = (
    NewSecret(secret_key="HOST", secret_value="db.example.com"),
    NewSecret(secret_key="DATABASE_URL", secret_value="postgres://app@${HOST}/app", secret_comment="for the app"),
)


class Clock:
    """The system's clock, which can be put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def play() -> Play:
    """Set the stage; ImportError without cryptography (the extra `memory`)."""
    try:
        import cryptography  # noqa: F401
    except ImportError as missing:
        raise ImportError("its KMS needs cryptography: pip install 'infisical-functional[memory]'") from missing
    clock = Clock()
    memory = MemoryExecutor(clock=clock)
    stage = Stage(memory, BASE_URL, {"clock": clock})
    given = memory.given
    project, environment = given.project_id, given.environment

    def log_in(stage: Stage) -> bool:
        login = UniversalAuth(given.client_id, given.client_secret)
        return isinstance(stage.ask("client.login", stage.client.login, login), Success)

    def write(stage: Stage) -> bool:
        client = stage.client
        folder = stage.ask(
            "client.secret_folders.create",
            client.secret_folders.create,
            name="api",
            project_id=project,
            environment=environment,
        )
        made = stage.ask(
            "client.secrets.batch_create",
            client.secrets.batch_create,
            secrets=NEW,
            secret_path="/api",
            project_id=project,
            environment=environment,
        )
        return isinstance(folder, Success) and isinstance(made, Success)

    def read(stage: Stage) -> bool:
        secrets = stage.client.secrets
        match stage.ask(
            "client.secrets.list",
            secrets.list,
            recursive=True,
            expand_secret_references=True,
            project_id=project,
            environment=environment,
        ):
            case Success(found):
                for secret in found.secrets:  # always as many stars: how long a value is need not be seen either
                    tell("", f"{secret.secret_key} = ********  (version {secret.version}, in {secret.secret_path})")
                values = {secret.secret_key: secret.secret_value for secret in found.secrets}
                joined = values.get("DATABASE_URL") == "postgres://app@db.example.com/app"
                tell("", f"the reference ${{HOST}} in DATABASE_URL is expanded: {joined}")
                return joined
            case _:
                return False

    def change(stage: Stage) -> bool:
        secrets = stage.client.secrets
        changed = stage.ask(
            "client.secrets.update",
            secrets.update,
            secret_name="HOST",
            secret_path="/api",
            secret_value="new.example.com",
            project_id=project,
            environment=environment,
        )
        before = stage.ask(
            "client.secrets.get_by_name",
            secrets.get_by_name,
            secret_name="HOST",
            secret_path="/api",
            version=1,
            project_id=project,
            environment=environment,
        )
        holds = before.map(lambda secret: secret.secret_value == "db.example.com").value_or(False)
        tell("", f"version 1 still has the value from before: {holds}")
        return isinstance(changed, Success) and holds

    def encrypt_and_decrypt(stage: Stage) -> bool:
        kms = stage.client.kms

        def encrypt(key: KmsKey) -> Result[DecryptResponse, InfisicalError]:
            def decrypt(made: EncryptResponse) -> Answer[DecryptResponse]:
                return stage.ask("client.kms.decrypt", kms.decrypt, key_id=key.id, ciphertext=made.ciphertext)

            return stage.ask("client.kms.encrypt", kms.encrypt, key_id=key.id, plaintext=WORDS).bind(decrypt)

        key = stage.ask("client.kms.create_key", kms.create_key, project_id=given.project_id, name="demo")
        match key.bind(encrypt):
            case Success(decrypted):
                holds: bool = decrypted.text == WORDS
                tell("", f"its .text == {WORDS!r} is {holds}: the round trip {'holds' if holds else 'does not hold'}")
                return holds
            case _:
                return False

    def outlive_a_token(stage: Stage) -> bool:
        clock.ahead += MONTH
        tell("given", "31 days have passed: the token of the login has expired")
        before = len(stage.notes)
        got = stage.ask(
            "client.secrets.get_by_name",
            stage.client.secrets.get_by_name,
            secret_name="NOPE",
            project_id=project,
            environment=environment,
        )
        match got:
            case Failure(NotFoundError() as error):
                tell("opened", "case Failure(NotFoundError() as error): renewed on the way, and then an honest 404")
                tell("", f"error.message      {error.message!r}, error.request_id {error.request_id!r}")
                return len(stage.notes) == before + 2
            case _:
                return False

    def ask_what_the_client_refuses(stage: Stage) -> bool:
        token = ServiceToken("st.any.token")
        tell("given", f"other = InfisicalClient(auth={token!r}), on the same server")
        other = InfisicalClient(base_url=BASE_URL, executor=stage.executor, auth=token)
        before = len(stage.notes)
        match stage.ask("other.kms.list_keys", other.kms.list_keys, project_id=given.project_id):
            case Failure(AuthenticationError(sent=False) as error):
                tell("opened", "case Failure(AuthenticationError(sent=False) as error): nothing left this process")
                tell("", f"error.current_mode {error.current_mode!r}, .allowed_modes {error.allowed_modes!r}")
                return len(stage.notes) == before
            case _:
                return False

    steps: tuple[Step, ...] = (
        ("Log in as a machine identity", log_in),
        ("Make a folder and write secrets to it, in one batch", write),
        ("Read them back: no repr shows a value", read),
        ("Change one, and read what it was", change),
        ("Encrypt and decrypt with a key that stays on the server", encrypt_and_decrypt),
        ("A token runs out, and a secret is not there: a value, not an exception", outlive_a_token),
        ("A call that the client refuses: a service token at the KMS", ask_what_the_client_refuses),
    )
    return Play(
        about=(
            "the real client with its whole chain, on an\n"
            "Infisical in memory: no server, no network. Secrets are masked."
        ),
        stage=stage,
        steps=steps,
        expected="it should: the client or the memory server has changed.",
    )
