"""`python -m infisical demo`: the real client and its whole chain, told step by step, without a server or a network.

stage.py tells what passes; memory.py is the play on an Infisical in memory, recorded.py the one on a recording.
They print; nothing in the library imports this.
"""

from __future__ import annotations

import sys

from returns.result import Failure

from infisical.demo.stage import Play
from infisical.version import __version__


def main(*, recorded: bool = False) -> int:
    """Tell the steps of a play; the exit code is 0 if all went as they should."""
    try:
        play = _play(recorded)
    except ImportError as missing:
        print(f"the demo cannot be played: {missing}", file=sys.stderr)
        return 1
    print(f"infisical-functional {__version__}: {play.about}")
    for number, (title, step) in enumerate(play.steps, 1):
        print(f"\n{number}. {title}")
        if not step(play.stage):
            print(f"\nStep {number} did not go as {play.expected}")
            return 1
    calls, sent = len(play.stage.answers), len(play.stage.notes)
    failures = sum(isinstance(answer, Failure) for answer in play.stage.answers)
    print(
        f"\nSeen: {calls} calls, {sent} messages, {failures} failures as values, no exception; go on with the README."
    )
    return 0


def _play(recorded: bool) -> Play:
    if recorded:
        from infisical.demo.recorded import play

        return play()
    from infisical.demo.memory import play as play_on_memory

    return play_on_memory()
