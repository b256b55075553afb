"""One call as a flow: encode the request, run the chain, decode the response or judge it.

Here the chain is put together. Nothing here does I/O, reads a clock or knows how a client logs in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from returns.result import Failure, Success

from infisical.answer import Answer
from infisical.encode import prepare
from infisical.errors import (
    DecodeError,
    InfisicalApiError,
    InfisicalError,
    InfisicalNetworkError,
    NotFoundError,
    RequestError,
)
from infisical.flow import Flow, Middleware, Next, chain, send
from infisical.middleware.auth_mode import Check, check_auth_mode, make_check
from infisical.middleware.log import log_call
from infisical.middleware.retry import Budget, retry
from infisical.middleware.token import attach_token
from infisical.options import ClientSettings, Options
from infisical.rejection import collect_secrets, make_error
from infisical.request import Request
from infisical.server_paths import ServerPaths
from infisical.session import SessionStore, collect_tokens

if TYPE_CHECKING:
    from infisical.cache import CacheStore
    from infisical.middleware.cache import HitFinder

T = TypeVar("T")
ENDPOINT_STATUSES: Final = frozenset({400, 404, 422})
"""Errors of the endpoint itself. A refused token, a rate limit or a gateway answers before there is a route."""


@dataclass(frozen=True, slots=True, repr=False)
class Pipeline:
    """Makes the flow of each call of a client. Copies with other options share the session and the server paths."""

    settings: ClientSettings
    options: Options
    store: SessionStore
    server_paths: ServerPaths
    budget: Budget | None
    outer: Sequence[Middleware]
    """The middleware around the cache: the user's, log, auth mode."""
    check: Check
    log: Middleware
    token: Middleware
    cache: CacheStore | None
    chain: Next
    find_hit: HitFinder | None = None
    """Finds the answer of a call in the cache without the chain, where nothing in the chain would notice."""

    def with_options(self, options: Options) -> Pipeline:
        """Copy it with other options."""
        return _compose(replace(self, options=options))

    def call(self, request: Request[T], following: Next | None = None) -> Flow[Answer[T]]:
        """Run a request by the path that the server has; `following` replaces the chain."""
        if not isinstance(request, Request):
            return _refuse(request)
        # a plain function: a request that never moved pays for no second generator
        return self._call_any_path(request, following) if request.formerly else self._call(request, following)

    def _call_any_path(self, request: Request[T], following: Next | None) -> Flow[Answer[T]]:
        """Try the paths of an endpoint one after the other, while the server answers that it has no such route."""
        missing: dict[str, Answer[T]] = {}
        for template in self.server_paths.list_templates(request):
            current = request if template == request.path else replace(request, path=template, formerly=())
            answer = yield from self._call(current, following)
            if not _is_route_missing(answer):
                if template != request.path and _is_from_endpoint(answer):
                    self.server_paths.remember(request, template)
                return answer
            self.server_paths.forget(request, template)
            missing[template] = answer
        return missing[request.path]  # the error names the current path

    def _call(self, request: Request[T], following: Next | None) -> Flow[Answer[T]]:
        options, settings = self.options, self.settings
        prepared = prepare(request, settings.base_url, settings.headers, options.timeout, options.max_response_bytes)
        if isinstance(prepared, Failure):
            return prepared
        http_request = prepared.unwrap()
        session = self.store.session
        before = session.grant
        outcome = yield from (following or self.chain)(http_request)
        if isinstance(outcome, Failure):
            return outcome
        response = outcome.unwrap()
        limit = options.max_response_bytes
        if limit is not None and len(response.body) > limit:
            return Failure(InfisicalNetworkError(f"the answer has more than {limit} bytes", reason="protocol"))
        if 200 <= response.status < 300:
            answers = response.answers
            decoded = request.returns(response) if answers is None else answers.decode(request.returns, response)
            if isinstance(decoded, (Success, Failure)):
                return decoded
            return Failure(InfisicalError(f"the decoder returned {type(decoded).__name__}, not a Result"))
        secrets = collect_secrets(http_request) | collect_tokens(before, session.grant, self.store.session.grant)
        return Failure(make_error(response, request.method, request.path, secrets, request.parts))


def make_pipeline(settings: ClientSettings, options: Options) -> Pipeline:
    """Make the pipeline of a new client, with an empty session and an empty cache."""
    store = SessionStore()
    check = make_check(settings.policy)
    log = log_call(settings.clock, store)
    token = attach_token(store, settings.clock, check)
    outer = (*settings.middleware, log, check_auth_mode(check, store.mode))
    cached = None
    if settings.cache is not None:
        from infisical.cache import CacheStore

        cached = CacheStore(settings.cache, store)
    return _compose(Pipeline(settings, options, store, ServerPaths(), None, outer, check, log, token, cached, send))


def _compose(pipeline: Pipeline) -> Pipeline:
    """Compose the chain for the options, outermost first: the outer middleware, cache, retry, token."""
    settings, options, budget, find_hit = pipeline.settings, pipeline.options, pipeline.budget, None
    inner = [pipeline.token]
    policy = options.retry
    if policy is not None and policy.attempts > 1:
        budget = budget or Budget(policy.budget)
        inner.insert(0, retry(policy, budget, settings.random, options.idempotent))
    if pipeline.cache is not None:
        from infisical.middleware.cache import cache, make_hit_finder

        inner.insert(0, cache(pipeline.cache, settings.clock, options, options.fresh))
        if not options.fresh and not settings.middleware:
            find_hit = make_hit_finder(
                pipeline.cache, settings.clock, pipeline.check, pipeline.store.mode, options.max_response_bytes
            )
    return replace(pipeline, budget=budget, chain=chain([*pipeline.outer, *inner]), find_hit=find_hit)


def _refuse(request: object) -> Flow[Answer[Any]]:
    """Fail a call whose argument is not a request."""
    yield from ()
    kind = type(request).__name__
    return Failure(RequestError(f"a client runs a Request, Secrets.list(...) for example, not {kind}"))


def _is_route_missing(answer: Answer[Any]) -> bool:
    """True if the server answered that it does not know the path: it did nothing."""
    error = answer.failure() if isinstance(answer, Failure) else None
    return isinstance(error, NotFoundError) and error.route_missing


def _is_from_endpoint(answer: Answer[Any]) -> bool:
    """True if the endpoint itself answered, with success or with one of its errors."""
    if not isinstance(answer, Failure):
        return True
    error = answer.failure()
    is_rejection = isinstance(error, InfisicalApiError) and error.status_code in ENDPOINT_STATUSES
    return is_rejection or isinstance(error, DecodeError)
