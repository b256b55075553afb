"""A client that cannot be made, is to be copied, or was never constructed: what is said, and what is never shown."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import Any

import pytest

from infisical import AsyncInfisicalClient, InfisicalClient, Jwt
from infisical.executors import AsyncScriptedExecutor, ScriptedExecutor
from infisical.testing.memory import MemoryClient

PASSWORD = "S3CRET-PASSWORD"


URLS = [
    f"u:{PASSWORD}@h", f"https://u:{PASSWORD}@h", f"//u:{PASSWORD}@h", f"https:u:{PASSWORD}@h",
    f"https:/u:{PASSWORD}@h",
    f"https://u:{PASSWORD}@h\t", f"\nhttps://u:{PASSWORD}@h", f"https://\u00fc:{PASSWORD}@h", f"https://h/?token={PASSWORD}",
    f"https://h?{PASSWORD}", f"https://h#{PASSWORD}", f"https:\\\\u:{PASSWORD}@h", f"https://h\\@{PASSWORD}",
    f"ftp://u:{PASSWORD}@h", f"https://h:{PASSWORD}", f"https://[{PASSWORD}", f"https://{PASSWORD}@", f"http://{PASSWORD}.h",
    f"u:{PASSWORD}", PASSWORD, f"https://h/{PASSWORD} x", f"HTTPS://u:{PASSWORD}@h", f"https://u%3A{PASSWORD}%40@h",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("client", [InfisicalClient, AsyncInfisicalClient])
def test_a_url_that_is_refused_is_not_shown_in_the_message_or_in_the_frames(url, client):
    with pytest.raises(ValueError, match="base_url") as raised:
        client(base_url=url, auth=Jwt(PASSWORD), headers={"X-Key": PASSWORD})
    own = raised.value.__traceback__
    assert own is not None
    shown = traceback.TracebackException(ValueError, raised.value, own.tb_next, capture_locals=True)

    assert PASSWORD not in "".join(shown.format())
    assert f"self = {client.__name__}(not constructed)" in "".join(shown.format())


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": PASSWORD},
        {"headers": {"X-Key": f"{PASSWORD}\n"}},
        {"headers": {f"Authorization: {PASSWORD}": ""}},
        {"headers": {f"{PASSWORD}{'x' * 40}": "\n"}},
        {"timeout": PASSWORD},
        {"deadline": PASSWORD},
        {"leeway": PASSWORD},
        {"max_response_bytes": PASSWORD},
        {"retry": PASSWORD},
        {"auth_policy": PASSWORD},
        {"middleware": PASSWORD},
        {"base_url": PASSWORD.encode()},
    ],
)
def test_no_other_setting_that_is_refused_shows_a_value(settings):
    with pytest.raises(ValueError, match=next(iter(settings))) as raised:
        InfisicalClient(**settings)

    assert PASSWORD not in str(raised.value)


class BrokenValue:
    """A value whose attributes raise."""

    def __getattr__(self, name: str) -> Any:
        raise OSError(PASSWORD)


def test_a_setting_that_raises_is_refused_by_the_kind_of_its_error():
    with pytest.raises(ValueError, match="a setting cannot be used: OSError was raised at ") as raised:
        InfisicalClient(auth=BrokenValue())

    assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize("setter", ["set_access_token", "set_jwt"])
def test_a_token_that_is_refused_is_in_no_frame_of_the_library(setter):
    client = InfisicalClient(executor=ScriptedExecutor())
    with pytest.raises(ValueError, match="the token") as raised:
        getattr(client, setter)(f"{PASSWORD}\n")
    own = raised.value.__traceback__
    assert own is not None
    shown = traceback.TracebackException(ValueError, raised.value, own.tb_next, capture_locals=True)

    assert PASSWORD not in "".join(shown.format())


@pytest.mark.parametrize("kind", [InfisicalClient, AsyncInfisicalClient, MemoryClient])
def test_a_client_that_was_never_constructed_has_a_repr(kind):
    assert repr(kind.__new__(kind)) == f"{kind.__name__}(not constructed)"


@pytest.mark.parametrize("make", [lambda: InfisicalClient(executor=ScriptedExecutor()), MemoryClient,
                                  lambda: AsyncInfisicalClient(executor=AsyncScriptedExecutor())])  # fmt: skip
@pytest.mark.parametrize("copying", [pickle.dumps, copy.deepcopy, lambda client: pickle.dumps(client.secrets, 0)])
def test_pickling_or_deep_copying_a_client_says_what_to_do_instead(make, copying):
    client = make()
    name = type(client).__name__
    with pytest.raises(TypeError) as raised:
        copying(client)

    assert str(raised.value) == (
        f"{name} cannot be pickled or deep-copied: share it between threads, or make another {name}"
    )


def test_a_shallow_copy_shares_the_session_and_closes_nothing():
    client = InfisicalClient(auth=Jwt("t"))
    with copy.copy(client) as twin:
        client.logout()

    assert twin.auth_mode is None
    assert client._owned._is_closed is False
    client.close()
