"""Flows and the chain, stepped by hand: the effects that come out, and what is done with what goes in."""

from __future__ import annotations

import pytest
from returns.result import Success

from infisical import HttpRequest, Response
from infisical.flow import Call, Once, Send, Sleep, call, chain, once, send, sleep, use
from infisical.transport import Transport

REQUEST = HttpRequest("GET", "https://x/a")
ANSWER = Success(Response(200))
TRANSPORT = Transport(len, len)


def ended(flow, answer):
    with pytest.raises(StopIteration) as end:
        flow.send(answer)
    return end.value.value


@pytest.mark.parametrize(
    ("flow", "effect", "answer", "value"),
    [
        (send(REQUEST), Send(REQUEST), ANSWER, ANSWER),
        (sleep(1.5), Sleep(1.5), None, None),
        (once("key", list), Once("key", list), 7, 7),
        (call(list), Call(list), Success([]), Success([])),
        (call(list, blocks=True), Call(list, True), Success([]), Success([])),
    ],
)
def test_a_door_yields_one_effect_and_gives_back_its_answer(flow, effect, answer, value):
    assert next(flow) == effect
    assert ended(flow, answer) == value


def test_another_transport_runs_the_flow_and_gives_back_its_value():
    def inner():
        return (yield from send(REQUEST))

    flow = use(TRANSPORT, inner)
    effect = next(flow)
    other = effect.flow()

    assert (effect.transport, next(other)) == (TRANSPORT, Send(REQUEST))
    assert ended(flow, ended(other, ANSWER)) == ANSWER
    assert effect == next(use(TRANSPORT, inner))


def test_what_a_flow_of_another_transport_raises_is_raised_where_it_is_used():
    def broken():
        yield from send(REQUEST)
        raise ZeroDivisionError

    def handle():
        try:
            return (yield from use(TRANSPORT, broken))
        except ZeroDivisionError:
            return "handled"

    flow = handle()
    other = next(flow).flow()
    next(other)

    assert ended(flow, ended(other, ANSWER)) == "handled"


def test_a_chain_of_nothing_is_the_wire():
    flow = chain([])(REQUEST)

    assert next(flow) == Send(REQUEST)
    assert ended(flow, ANSWER) == ANSWER


def test_a_chain_runs_its_links_outermost_first():
    def named(name):
        def link(request, following):
            return (yield from following(request.with_header("X", name)))

        return link

    flow = chain([named("outer"), named("inner")])(REQUEST)

    assert next(flow) == Send(HttpRequest("GET", "https://x/a", (("X", "outer"), ("X", "inner"))))


def test_a_link_may_send_twice():
    def again(request, following):
        yield from following(request)
        return (yield from following(request))

    flow = chain([again])(REQUEST)

    assert (next(flow), flow.send(ANSWER)) == (Send(REQUEST), Send(REQUEST))
    assert ended(flow, ANSWER) == ANSWER
