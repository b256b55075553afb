"""What is plugged into a client: mistakes are named where they can be seen, what raises is the cause of the error."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import logging
import pickle
import time
import typing
from collections.abc import Callable
from typing import Any

import pytest
from returns.result import Failure, Result, Success

from infisical import (
    Answer,
    AsyncInfisicalClient,
    AuthenticationError,
    IdentityAccessToken,
    InfisicalClient,
    InfisicalError,
    InfisicalNetworkError,
    Jwt,
    LoginResponse,
    RequestError,
    UniversalAuth,
)
from infisical.endpoints.secrets import Secret, SecretList, Secrets
from infisical.executors import (
    AsyncCassetteExecutor,
    AsyncFaultyExecutor,
    AsyncMemoryExecutor,
    AsyncScriptedExecutor,
    CassetteExecutor,
    FaultyExecutor,
    HttpxExecutor,
    MemoryExecutor,
    RequestsExecutor,
    ScriptedExecutor,
    ThreadedExecutor,
    Urllib3Executor,
)
from infisical.request import get
from tests.wire import answer

WHERE = {"project_id": "p", "environment": "dev"}
LISTED = answer({"secrets": []})
EMPTY = Success(SecretList(secrets=()))
PASSWORD = "S3CRET-PASSWORD"


async def asynchronous(*_: Any) -> Any:
    return Success(LISTED)


async def generating(*_: Any) -> Any:
    yield Success(LISTED)


class AsyncCallable:
    async def __call__(self, *_: Any) -> Any:
        return Success(LISTED)

    async def method(self, *_: Any) -> Any:
        return Success(LISTED)


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        make()
    return str(raised.value)


# ---- executors
ASYNC: list[Any] = [
    asynchronous, generating, functools.partial(asynchronous, 1), AsyncCallable(), AsyncCallable().method,
    AsyncScriptedExecutor(LISTED), AsyncMemoryExecutor(), ThreadedExecutor(ScriptedExecutor()),
]  # fmt: skip


@pytest.mark.parametrize("executor", ASYNC)
def test_an_async_executor_in_the_blocking_client_is_named_at_construction(executor):
    message = refusal(lambda: InfisicalClient(executor=executor))

    assert message.startswith("executor is async (")
    assert "blocking" in message
    assert "AsyncInfisicalClient" in message


BLOCKING: list[Any] = [
    ScriptedExecutor(LISTED), MemoryExecutor(), Urllib3Executor(), HttpxExecutor(), RequestsExecutor(),
    FaultyExecutor(ScriptedExecutor(), lambda _: None),
]  # fmt: skip


@pytest.mark.parametrize("executor", BLOCKING)
def test_a_blocking_executor_in_the_asyncio_client_is_named_at_construction(executor):
    message = refusal(lambda: AsyncInfisicalClient(executor=executor))

    assert message.startswith(f"executor is blocking ({type(executor).__name__})")
    assert "async" in message


class Wrapping(AsyncScriptedExecutor):
    """Not a coroutine function itself, and still async."""

    def __call__(self, request: Any) -> Any:
        return super().__call__(request)


@pytest.mark.parametrize("executor", [lambda request: asynchronous(request), Wrapping(LISTED)])
def test_a_plain_function_that_returns_a_coroutine_serves_the_asyncio_client(executor):
    client = AsyncInfisicalClient(executor=executor, auth=Jwt("t"))

    assert asyncio.run(client.secrets.list(**WHERE)) == EMPTY


def libraries() -> list[Any]:
    import httpx
    import requests

    class Own(requests.Session):
        pass

    return [httpx.Client(), httpx.AsyncClient(), requests.Session(), Own()]


@pytest.mark.parametrize("client", [InfisicalClient, AsyncInfisicalClient])
def test_a_client_of_another_library_or_a_class_or_nothing_callable_is_no_executor(client):
    messages = [refusal(lambda wrong=wrong: client(executor=wrong)) for wrong in libraries()]

    assert [message.partition(":")[0] for message in messages] == [
        f"executor is a client of {name}" for name in ("httpx", "httpx", "requests", "requests")
    ]
    assert "Executor(" in messages[0]
    assert refusal(lambda: client(executor=Urllib3Executor)) == (
        "executor is the class Urllib3Executor: give an instance, Urllib3Executor(...)"
    )
    assert "not str" in refusal(lambda: client(executor=PASSWORD))
    assert PASSWORD not in refusal(lambda: client(executor=PASSWORD))


def test_an_executor_of_the_other_kind_inside_another_is_named_too(tmp_path):
    tape = tmp_path / "tape.yaml"
    messages = [
        refusal(lambda: FaultyExecutor(asynchronous, ())),
        refusal(lambda: CassetteExecutor(tape, inner=asynchronous)),
        refusal(lambda: ThreadedExecutor(asynchronous)),
        refusal(lambda: AsyncFaultyExecutor(ScriptedExecutor(), ())),
        refusal(lambda: AsyncCassetteExecutor(tape, inner=ScriptedExecutor())),
    ]

    assert [message.partition(" (")[0] for message in messages] == [
        "inner is async", "inner is async", "executor is async", "inner is blocking", "inner is blocking",
    ]  # fmt: skip


def test_an_executor_that_turns_out_to_be_of_the_other_kind_is_named_in_the_failure():
    blocking = InfisicalClient(executor=lambda request: asynchronous(request), auth=Jwt("t"), retry=None)
    one = blocking.secrets.list(**WHERE).failure()
    messages = {}
    for name, reply in {"Success": Success(LISTED), "NoneType": None, "Response": LISTED}.items():
        client = AsyncInfisicalClient(executor=lambda _, reply=reply: reply, auth=Jwt("t"), retry=None)
        error = asyncio.run(client.secrets.list(**WHERE)).failure()
        messages[name] = error.message
        assert (type(error), error.defect, error.transient) == (InfisicalNetworkError, True, False)

    assert (type(one), one.defect, one.transient) == (InfisicalNetworkError, True, False)
    assert "it is async and its client is blocking" in one.message
    assert {name: message.partition(",")[0] for name, message in messages.items()} == {
        name: f"the executor is blocking: it returned {name}" for name in messages
    }


# ---- logins
@pytest.mark.parametrize("client", [InfisicalClient, AsyncInfisicalClient])
@pytest.mark.parametrize("wrong", [PASSWORD, "", b"t", 0, False, {"token": PASSWORD}, object(), (PASSWORD,)])
def test_what_is_neither_credential_nor_login_is_refused_as_auth_and_not_shown(client, wrong):
    message = refusal(lambda: client(auth=wrong))

    assert message.startswith("auth must be a credential (IdentityAccessToken, ")
    assert message.endswith(f"not {type(wrong).__name__}: auth=IdentityAccessToken(token) holds a token")
    assert PASSWORD not in message


@pytest.mark.parametrize("kind", [UniversalAuth, IdentityAccessToken, Jwt, LoginResponse, dict])
def test_a_class_is_named_at_construction_in_login_and_as_renew(kind):
    said = f"{kind.__name__} is a class: give an instance, {kind.__name__}(...)"
    client, aclient = InfisicalClient(executor=ScriptedExecutor()), AsyncInfisicalClient(executor=asynchronous)

    assert refusal(lambda: InfisicalClient(auth=kind)) == f"auth: {said}"
    assert client.login(kind) == Failure(AuthenticationError(said))
    assert asyncio.run(aclient.login(kind)) == Failure(AuthenticationError(said))
    assert refusal(lambda: client.set_access_token("t", renew=kind)) == f"renew: {said}"


class Ready:
    """A factory by being a class that needs no arguments."""

    def request(self) -> Any:
        return UniversalAuth("i", "s").request()


def test_a_class_that_can_be_called_as_a_factory_is_one():
    client = InfisicalClient(executor=ScriptedExecutor(answer({"accessToken": "T"})))

    assert client.login(Ready).unwrap().access_token == "T"


class ReadyMapping(Ready, dict[str, str]):
    """A factory whose signature Python does not know, since its constructor is written in C."""


def test_a_class_without_a_known_signature_can_be_a_factory():
    with pytest.raises(ValueError, match="no signature found"):
        inspect.signature(ReadyMapping)
    client = InfisicalClient(executor=ScriptedExecutor(answer({"accessToken": "T"})))

    assert client.login(ReadyMapping).unwrap().access_token == "T"


ASYNC_LOGINS: list[Any] = [asynchronous, AsyncCallable(), functools.partial(asynchronous, 1), AsyncCallable().method]


@pytest.mark.parametrize("login", ASYNC_LOGINS)
def test_an_async_factory_in_the_blocking_client_is_named(login):
    client = InfisicalClient(executor=ScriptedExecutor())
    messages = [
        client.login(login).failure().message,
        refusal(lambda: InfisicalClient(auth=login)),
        refusal(lambda: client.set_jwt("t", renew=login)),
    ]

    assert ["is async" in message and "AsyncInfisicalClient" in message for message in messages] == [True] * 3


def test_a_factory_that_turns_out_to_be_async_is_named_in_the_failure():
    error = InfisicalClient(executor=ScriptedExecutor()).login(lambda: asynchronous()).failure()

    assert error == AuthenticationError(
        "the login factory failed: it is async, and this client is blocking: AsyncInfisicalClient takes it"
    )


def test_a_credential_given_to_login_says_where_it_belongs():
    message = InfisicalClient(executor=ScriptedExecutor()).login(Jwt("t")).failure().message

    assert message.startswith("Jwt is a credential and needs no login: give it as auth=")


@pytest.mark.parametrize(
    "method", [UniversalAuth("i", "s"), lambda: UniversalAuth("i", "s"), lambda: LoginResponse(access_token="T")]
)
def test_a_login_method_or_factory_as_auth_logs_in_with_the_first_call(method):
    script = [LISTED, LISTED] if getattr(method, "__name__", "") and callable(method) else []
    executor = ScriptedExecutor(answer({"accessToken": "T"}), LISTED, LISTED, *script)
    if callable(method) and isinstance(method(), LoginResponse):
        executor = ScriptedExecutor(LISTED, LISTED)
    client = InfisicalClient(auth=method, executor=executor)

    assert client.auth_mode == "identity_access_token"
    assert executor.sent == []
    assert [client.secrets.list(**WHERE) for _ in range(2)] == [EMPTY, EMPTY]
    assert dict(executor.sent[-1].headers)["Authorization"] == "Bearer T"


def test_the_asyncio_client_takes_an_async_factory_as_auth():
    async def factory() -> UniversalAuth:
        return UniversalAuth("i", "s")

    executor = AsyncScriptedExecutor(answer({"accessToken": "T"}), LISTED)

    assert asyncio.run(AsyncInfisicalClient(auth=factory, executor=executor).secrets.list(**WHERE)) == EMPTY
    assert len(executor.sent) == 2


# ---- middleware and functions
def link(request: Any, following: Any) -> Any:
    return (yield from following(request))


@pytest.mark.parametrize("client", [InfisicalClient, AsyncInfisicalClient])
@pytest.mark.parametrize(
    ("settings", "beginning"),
    [
        ({"middleware": link}, "middleware must be a list of functions, not function"),
        ({"middleware": [link, asynchronous]}, "middleware[1] is async (asynchronous)"),
        ({"middleware": [AsyncCallable()]}, "middleware[0] is async (AsyncCallable)"),
        ({"middleware": [PASSWORD]}, "middleware[0] must be a function of request and following, not str"),
        ({"auth_policy": asynchronous}, "auth_policy must be a plain function, and asynchronous is async"),
        ({"auth_policy": 7}, "auth_policy must be a function, not int"),
        ({"auth_policy": PASSWORD}, "auth_policy must be 'documented' or 'server'"),
        ({"clock": 7}, "clock must be a function, not int"),
        ({"random": 7}, "random must be a function, not int"),
        ({"headers": [("X-A", PASSWORD)]}, "headers must be a mapping of names to values, not list"),
    ],
)
def test_middleware_policies_and_functions_that_cannot_work_are_named(client, settings, beginning):
    message = refusal(lambda: client(**settings))

    assert message.startswith(beginning)
    assert PASSWORD not in message


def test_a_sleep_of_the_other_kind_is_named():
    assert "sleep" in refusal(lambda: InfisicalClient(sleep=asyncio.sleep))
    assert "asyncio.sleep" in refusal(lambda: AsyncInfisicalClient(sleep=time.sleep))


@pytest.mark.parametrize("wrong", ["text", None, EMPTY, Secrets.list])
def test_what_is_no_request_is_named(wrong):
    error = InfisicalClient(executor=ScriptedExecutor()).__call__(wrong).failure()

    assert type(error) is RequestError
    assert error.message == f"a client runs a Request, Secrets.list(...) for example, not {type(wrong).__name__}"


def test_a_decoder_that_returns_no_result_is_a_failure():
    client = InfisicalClient(executor=ScriptedExecutor(LISTED))

    assert client(get("/api/status", returns=lambda _: 7)) == Failure(  # type: ignore[arg-type, return-value]
        InfisicalError("the decoder returned int, not a Result")
    )


# ---- no asyncio
def stepped(coroutine: Any) -> Any:
    """Run a coroutine to its end as trio would: no loop of asyncio is running."""
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
    return end.value.value


async def factory() -> UniversalAuth:
    return UniversalAuth("i", "s")


async def using_asyncio(_: Any) -> Any:
    await asyncio.sleep(1)


@pytest.mark.parametrize(
    "settings",
    [
        {"auth": UniversalAuth("i", "s")},
        {"auth": factory},
        {"auth": Jwt("t"), "executor": AsyncScriptedExecutor(answer({}, 503), LISTED)},
        {"auth": Jwt("t"), "executor": using_asyncio},
    ],
)
def test_the_asyncio_client_without_asyncio_says_that_it_needs_it(settings):
    client = AsyncInfisicalClient(**{"executor": AsyncScriptedExecutor(LISTED), **settings})
    error = stepped(client.secrets.list(**WHERE)).failure()

    assert isinstance(error.__cause__, RuntimeError)
    assert error.message.endswith("the asyncio client needs asyncio, and no event loop of asyncio is running")


# ---- causes
class OwnError(Exception):
    pass


def raising(*_: Any) -> Any:
    local = PASSWORD
    try:
        raise OSError(local)
    except OSError as first:
        raise OwnError(local) from first


async def araising(*_: Any) -> Any:
    raising()


PLUGGED: dict[str, dict[str, Any]] = {
    "executor": {"executor": raising},
    "middleware": {"middleware": [raising]},
    "policy": {"auth_policy": raising},
    "factory": {"auth": raising},
}


def chain_of(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None:
        chain.append(following)
        following = following.__cause__ or following.__context__
    return chain


@pytest.mark.parametrize("what", PLUGGED)
@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_what_is_plugged_in_and_raises_is_the_cause_without_tracebacks_and_its_text_is_nowhere(what, kind, caplog):
    caplog.set_level(logging.DEBUG)
    settings: dict[str, Any] = {"retry": None, "auth": Jwt("t"), **PLUGGED[what]}
    if kind == "blocking":
        settings.setdefault("executor", ScriptedExecutor(LISTED))
        error = InfisicalClient(**settings).secrets.list(**WHERE).failure()
    else:
        settings = {"executor": asynchronous, **settings}
        settings = {
            name: araising if value is raising and name == "executor" else value for name, value in settings.items()
        }
        error = asyncio.run(AsyncInfisicalClient(**settings).secrets.list(**WHERE)).failure()
    chain = chain_of(error)
    lines = caplog.record_tuples
    [line] = [text for name, level, text in lines if (name, level) == ("infisical", logging.DEBUG)]

    assert [type(one) for one in chain[1:]] == [OwnError, OSError]
    assert [one.__traceback__ for one in chain] == [None] * 3
    assert PASSWORD not in f"{error!r} {error} {caplog.text}"
    assert "OwnError at " in line
    assert "test_wiring.py:" in line
    assert " in raising" in line
    assert "; from OSError at " in line
    assert not error.transient


def test_a_decoder_that_raises_is_the_cause_too():
    client = InfisicalClient(executor=ScriptedExecutor(LISTED))

    assert isinstance(client(get("/api/status", returns=raising)).failure().__cause__, OwnError)


def test_pickling_drops_the_cause_and_copies_keep_it():
    error = InfisicalClient(executor=raising, retry=None, auth=Jwt("t")).secrets.list(**WHERE).failure()

    assert pickle.loads(pickle.dumps(error)).__cause__ is None
    assert copy.copy(error).__cause__ is error.__cause__ is not None


# ---- what a bound endpoint says of itself
def test_the_signature_and_help_of_a_bound_endpoint_say_what_it_returns():
    client, aclient = InfisicalClient(executor=ScriptedExecutor()), AsyncInfisicalClient(executor=asynchronous)
    pure = inspect.signature(Secrets.get_by_name)

    assert inspect.signature(client.secrets.get_by_name) == pure.replace(return_annotation="Answer[Secret]")
    assert inspect.signature(aclient.secrets.get_by_name) == pure.replace(
        return_annotation="Coroutine[Any, Any, Answer[Secret]]"
    )
    assert pure.return_annotation == "Request[Secret]"
    assert typing.get_type_hints(client.secrets.get_by_name)["return"] == Answer[Secret]
    assert "Answer[Secret]" in str(inspect.signature(client.secrets.get_by_name))
    assert list(inspect.signature(client.secrets.list).bind(**WHERE).arguments) == ["project_id", "environment"]
    assert pickle.loads(pickle.dumps(inspect.signature(client.secrets.list))) == inspect.signature(client.secrets.list)
    import pydoc

    assert "Request" not in pydoc.plain(pydoc.render_doc(client.secrets.get_by_name)).splitlines()[2]


def test_a_group_of_ones_own_whose_annotations_are_types_says_the_same():
    from infisical.group import Group, endpoint
    from infisical.request import Request

    def build() -> Any:
        raise AssertionError

    build.__annotations__["return"] = Request[Secret]

    class Own(Group[Any]):
        it = endpoint(build)

    def run(request: Request[Any]) -> Result[Any, InfisicalError]:
        raise AssertionError

    assert inspect.signature(Own(run).it).return_annotation == Answer[Secret]


def test_an_endpoint_of_ones_own_that_returns_no_annotated_request_keeps_its_signature():
    from infisical.group import Group, endpoint

    def bare(): ...
    def as_text() -> int: ...
    def as_type(): ...

    as_type.__annotations__["return"] = int

    class Own(Group[Any]):
        no_annotation, text, type_ = endpoint(bare), endpoint(as_text), endpoint(as_type)

    own = Own(lambda request: request)
    signatures = [inspect.signature(one) for one in (own.no_annotation, own.text, own.type_)]

    assert signatures == [inspect.signature(one) for one in (bare, as_text, as_type)]


def test_a_signature_has_no_other_attributes_than_those_of_python():
    signature = InfisicalClient(executor=ScriptedExecutor()).secrets.list.__signature__

    with pytest.raises(AttributeError, match="unknown"):
        signature.unknown  # noqa: B018
