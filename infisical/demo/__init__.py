"""`python -m infisical demo`: the real client and its whole chain, printed step by step, without a server or a network.

console.py prints calls and their exchanges. memory.py is the scenario on an Infisical in memory, recorded.py the one on
a recording. Only the command line imports this package.
"""

from __future__ import annotations

import sys

from returns.result import Failure

from infisical.demo.console import Scenario
from infisical.version import __version__


def main(*, recorded: bool = False) -> int:
    """Run the steps of a scenario and print them. The exit code is 0 if every step passed."""
    try:
        scenario = _make_scenario(recorded)
    except ImportError as missing:
        print(f"the demo cannot run: {missing}", file=sys.stderr)
        return 1
    console = scenario.console
    print(f"infisical-functional {__version__}: {scenario.title}")
    for number, (title, step) in enumerate(scenario.steps, 1):
        print(f"\n{number}. {title}")
        if not step(console):
            print(f"\nStep {number} {scenario.failure}")
            return 1
    calls, requests = len(console.answers), len(console.exchanges)
    failures = sum(isinstance(answer, Failure) for answer in console.answers)
    print(f"\nDone: {calls} calls, {requests} HTTP requests, {failures} failures as values, no exception.")
    print("The README says more.")
    return 0


def _make_scenario(recorded: bool) -> Scenario:
    if recorded:
        from infisical.demo.recorded import make_scenario

        return make_scenario()
    from infisical.demo.memory import make_scenario as make_memory_scenario

    return make_memory_scenario()
