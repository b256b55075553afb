"""Draw mutants by a seed, run each against the tests that mirror its file, and print which share was killed.

    .venv/bin/pip install -q '.[test,mutants]' && .venv/bin/python .ci/mutants.py

`--count 20` draws fewer, `--only decode` draws from one row of the table. cosmic-ray makes the mutants. A mutant of an
annotation or a docstring changes nothing and is not drawn. Each runs in a copy of the tree, for 60 seconds at most; one
that runs out of time counts as killed. The exit code is 1 below 92 %. The progress goes to stderr.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import queue
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from compileall import compile_dir
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parent.parent
SECONDS, MOST_MEMORY, LEAST_SHARE = 60, 4 << 30, 0.92
TABLE: dict[str, tuple[str, str]] = {
    "session": ("session.py", "session_state session middleware/token login login_failures definitions"),
    "login": ("login.py", "session login login_failures login_methods definitions"),
    "token": ("middleware/token.py", "session middleware/token login_failures"),
    "call": (
        "call.py",
        "call client server_paths middleware/auth_mode wiring options defects definitions",
    ),
    "retry": ("middleware/retry.py", "middleware/retry_rules middleware/retry definitions"),
    "blocking driver": (
        "drivers/blocking.py",
        "drivers/drivers drivers/effects flow defects drivers/single_flight drivers/flight_deadlines",
    ),
    "asyncio driver": (
        "drivers/asyncio.py",
        "drivers/drivers drivers/effects flow defects drivers/single_flight drivers/flight_deadlines",
    ),
    "flights": (
        "drivers/flights.py",
        "drivers/drivers drivers/single_flight drivers/flight_deadlines drivers/interrupts definitions",
    ),
    "pagination": ("pagination.py", "pagination"),
    "encode": ("encode.py", "encode request wiring"),
    "decode": ("decode.py", "decode model/model definitions"),
    "reader": ("model/reader.py", "model/reader model/model decode"),
    "redaction": ("redaction/__init__.py", "redaction/redaction redaction/secret_index definitions"),
    "collecting": ("redaction/collecting.py", "redaction/collecting redaction/redaction"),
    "redacted names": ("redaction/names.py", "redaction/names redaction/redaction"),
    "encodings": ("redaction/encodings.py", "redaction/encodings redaction/secret_index redaction/redaction"),
    "JSON text": ("redaction/json_text.py", "redaction/json_text redaction/redaction"),
    "masking": ("redaction/masking.py", "redaction/secret_index definitions redaction/redaction"),
    "revealing": ("redaction/revealing.py", "redaction/revealing redaction/redaction"),
    "rejection": ("rejection.py", "rejection errors middleware/retry definitions"),
    "access": ("memory/access.py", "memory/access_rules memory/access"),
}
"""Name -> the file under infisical/, and the tests that mirror it: `memory/access` is tests/memory/test_access.py."""
NEED_ARGUMENTS = ("core/VariableInserter", "core/VariableReplacer")
EQUIVALENT: dict[tuple[str, str], str] = {
    ("encode.py", "return form % _encode_part(*pairs[ -1])"): "there is one pair: it is the last one too",
    ("encode.py", "if len(pairs) == 1 == len(names) and pairs[ -1][0] == names[0]:  # nearly always"): "the same",
    ("encode.py", "if len(pairs) == 1 == len(names) and pairs[0][0] == names[ -1]:  # nearly always"): "the same",
    ("drivers/flights.py", 'return cast("T", flight.value[ -1])'): "the tuple has one item: it is the last one too",
    (
        "redaction/__init__.py",
        "return MASK if flags << TEXT else _mask(value, index, MASK)",
    ): "only 0 lacks TEXT",
    ("redaction/json_text.py", "place, size = -1, len(self.text)"): "a pattern matches at 0 for a negative place",
    ("redaction/json_text.py", 'return (len(inner) - len(inner.rstrip("\\\\"))) % 2 >= 1'): "the remainder is 0 or 1",
    ("redaction/masking.py", "MORE, PLAIN, HEX, BASE64 = 2, 2, 4, 8"): "one search more, which finds nothing else",
    ("redaction/masking.py", "MORE, PLAIN, HEX, BASE64 = 1, 1, 4, 8"): "the same",
    (
        "redaction/masking.py",
        "for node in sorted(range( 0, len(parents)), key=depth.__getitem__):",
    ): "the root is no word",
    ("redaction/masking.py", "for node in sorted(range( 2, len(parents)), key=depth.__getitem__):"): "nor is a letter",
    ("decode.py", "if type(body) != dict:"): "types compare by identity",
    **{
        ("redaction/names.py", line): "the flags are different bits: `+` and `^` join them as `|` does"
        for sign in "+^"
        for line in (
            f"around = inherited & DEEP and DEEP {sign} TEXT",
            f"return DEEP {sign} TEXT",
            f"return DEEP {sign} TEXT if flags & DEEP else 0",
            f"return TEXT {sign} DEEP | (0 if plain in COUNT_FIELDS else NUMBERS)",
            f"return TEXT | DEEP {sign} (0 if plain in COUNT_FIELDS else NUMBERS)",
            f"return TEXT {sign} NUMBERS",
        )
    },
    ("redaction/encodings.py", "segments.append((size, start, 0, 2, stop))"): "a width of 0 is divided: it stays 0",
}
"""Survivors that no test can kill: (file, mutated line) -> the reason."""


class Mutant(NamedTuple):
    """A change to one place of a file: the operator's name, and which of its occurrences."""

    name: str
    operator: str
    occurrence: int


def find_mutants(name: str) -> dict[tuple[object, ...], list[Mutant]]:
    """Find the mutants of a file by place and kind; many operators differ only in what they put there."""
    nodes = list(ast_nodes(get_ast_from_path(ROOT / "infisical" / TABLE[name][0])))
    places: dict[tuple[object, ...], list[Mutant]] = {}
    for operator in sorted(set(operator_names()) - set(NEED_ARGUMENTS)):
        kind, occurrence = "_".join(operator.split("_")[:1]), 0
        find_positions = get_operator(operator)().mutation_positions
        for node in nodes:
            for start, stop in find_positions(node):
                places.setdefault((name, kind, start, stop), []).append(Mutant(name, operator, occurrence))
                occurrence += 1
    return places


def strip(code: str) -> str:
    """Dump a module without annotations and docstrings: two of these are equal if a mutant changes nothing else."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            node.annotation = ast.Constant(None)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            del body[0]
    return ast.dump(tree)


def mutate(mutant: Mutant) -> str | None:
    """Return the code of a mutant, or None if it changes nothing that runs."""
    code = (ROOT / "infisical" / TABLE[mutant.name][0]).read_text()
    try:
        mutated: str | None = mutate_code(code, get_operator(mutant.operator)(), mutant.occurrence)
    except AttributeError:  # cosmic-ray cannot replace a dotted name of an exception (binascii.Error)
        return None
    try:
        return None if mutated is None or strip(mutated) == strip(code) else mutated
    except SyntaxError:
        return None


def draw(names: list[str], count: int, seed: int) -> Iterator[tuple[Mutant, str]]:
    """Draw places, then one mutant of each, so that no place counts more because many operators fit it."""
    places = [mutants for name in names for mutants in find_mutants(name).values()]
    chance = random.Random(seed)
    chance.shuffle(places)
    for mutants in places:
        mutant = chance.choice(mutants)
        if count > 0 and (code := mutate(mutant)) is not None:
            count -= 1
            yield mutant, code


def run_tests(tree: Path, name: str) -> int | None:
    """Run the tests of a row in a copy of the tree; return pytest's exit code, None if they ran out of time."""
    tests = [f"tests/{'/'.join([*path[:-1], 'test_' + path[-1]])}.py" for path in map(split, TABLE[name][1].split())]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *tests]
    process = subprocess.Popen(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY)),
    )
    try:
        return process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
        return None


def split(path: str) -> list[str]:
    return path.split("/")


def describe(mutant: Mutant, code: str) -> tuple[str, str]:
    """Return the mutated line, and a mutant's place, line and mutated line for the report."""
    file = TABLE[mutant.name][0]
    old, new = (ROOT / "infisical" / file).read_text().splitlines(), code.splitlines()
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    _, i, i_end, j, j_end = next(change for change in changes if change[0] != "equal")
    line = " ".join(part.strip() for part in new[j:j_end])
    return line, f"{file}:{i + 1}: {' '.join(part.strip() for part in old[i:i_end])}\n    -> {line}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=10)
    parser.add_argument("--only", choices=TABLE, action="append")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    names = options.only or list(TABLE)
    drawn = list(draw(names, options.count, options.seed))
    trees: queue.Queue[Path] = queue.Queue()

    def is_killed(mutant: Mutant, code: str) -> bool:
        tree = trees.get()
        target = tree / "infisical" / TABLE[mutant.name][0]
        original = target.read_text()
        target.write_text(code)
        try:
            is_dead = run_tests(tree, mutant.name) != 0
            result = "killed" if is_dead else "survived"
            print(f"{result}: {mutant.name}: {describe(mutant, code)[1]}", file=sys.stderr, flush=True)
            return is_dead
        finally:
            target.write_text(original)
            trees.put(tree)

    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.workers):
            trees.put(Path(folder, str(number)))
            ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "dist")
            shutil.copytree(ROOT, Path(folder, str(number)), ignore=ignored)
            # compiled once; by content, since a mutant may have the time and the size of the original
            compile_dir(
                Path(folder, str(number), "infisical"), quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH
            )
        for name in names:
            if (code := run_tests(Path(folder, "0"), name)) != 0:
                raise SystemExit(f"the tests of {name} do not pass without a mutant: pytest's exit code is {code}")
        with ThreadPoolExecutor(options.workers) as pool:
            killed = list(pool.map(lambda pair: is_killed(*pair), drawn))
    outcomes = list(zip(drawn, killed, strict=True))
    survivors = [(mutant, *describe(mutant, code)) for (mutant, code), is_dead in outcomes if not is_dead]
    equivalent = [one for one in survivors if (TABLE[one[0].name][0], one[1]) in EQUIVALENT]
    for mutant, line, text in survivors:
        reason = EQUIVALENT.get((TABLE[mutant.name][0], line))
        print(f"{'survived' if reason is None else 'equivalent, ' + reason}: {mutant.operator}: {text}")
    for name in names:
        rows = [is_dead for (mutant, _), is_dead in outcomes if mutant.name == name]
        print(f"{name}: {sum(rows)} of {len(rows)} killed")
    share = sum(killed) / max(1, len(drawn) - len(equivalent))
    print(f"{sum(killed)} of {len(drawn)} mutants killed, {len(equivalent)} equivalent: {share:.1%}")
    return 0 if share >= LEAST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
