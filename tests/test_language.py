"""The language of the package: names are verbs, nouns or predicates; prose uses the field's terms.

The lists of words in tests/words/ are reviewed by hand: a word goes in because it is a verb (or a noun) that says what
the function does (or what the value is), never because the code uses it. `python -m tests.test_language [path ...]`
prints what is found below these paths.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WORDS = Path(__file__).parent / "words"
PACKAGE = sorted((ROOT / "infisical").rglob("*.py"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md"]


def words_in(name: str) -> list[str]:
    """Split a name: `to_json`, `SecretTag` and `MOST_BYTES` into lower-case words."""
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+", name)
    return [part.lower() for part in parts]


def listed(file: str) -> frozenset[str]:
    lines = (WORDS / file).read_text().splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


VERBS = listed("verbs.txt")
NOUNS = listed("nouns.txt")
PREDICATES = frozenset({"is", "has", "can", "may", "needs", "takes", "accepts", "matches", "contains", "holds", "are"})
CONVERSIONS = frozenset({"to", "from", "with", "as", "by", "without"})
"""First words that the standard library uses alike: `to_bytes`, `from_env`, `with_options`, `by_name`."""

# ---- the glossary's left column
IN_NAMES = re.compile(
    r"(^|_)(link|links|sick|by_chance|chance|resting|rest|futile|aloft|landed|cell|anew|lent|lends|lend|whose"
    r"|told|seen|found|shown|held|kept|made|gone|people|persons?|besides|beforehand)(_|$)"
)
IN_PROSE = {
    "middleware": r"\b(?:[Aa]|[Tt]he|[Tt]his|\w+-mode|session|log|retry|token) links?\b|\blinks? of (?:the|your)\b",
    "transient, random": r"\bby chance\b|\bsick\b",
    "cool-down": r"\bresting\b",
    "in flight, completed": r"\baloft\b|\bin the air\b|\blanded\b",
    "an HTTP request": r"\bmessage for (?:an executor|a call)\b|\bmessages? (?:of|in) a call\b",
    "is sent with": r"\b(?:goes|go|travels?) along\b",
    "again": r"\banew\b",
    "wraps, provides": r"\blends?\b|\bis lent\b|\blent\b",
    "describes": r"\bsays? of\b|\bsaid of\b",
    "omitted": r"\b(?:left|leave|leaves|leaving) (?:it |them )?out\b",
    "represents, replaces, appears in": r"\b(?:stand|stands|stood|standing) (?:for|in)\b",
    "is not a": r"\bis none\b|\bare none\b",
    "its owner, personal": r"\bwhose it is\b|\bof (?:one's|its|his|their|your|our) own\b",
    "also, has, who, before": r"\bbesides\b|\bbears?\b|\bwhom\b|\bbeforehand\b|\bthereby\b",
    "users": r"\bpersons?\b|\bpeople\b",
}
ANY_OF_THEM = re.compile("|".join(IN_PROSE.values()))
STRING_OR_COMMENT = re.compile(
    r"""\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}"""
    r"""|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?P<comment>\#[^\n]*)""",
    re.DOTALL,
)
"""Finds comments sooner than `tokenize`: a number sign within a string starts none."""
REASONS: dict[tuple[str, str], str] = {
    ("infisical/answer.py", "function or_raise"): "public: it reads as a question to an answer",
    ("infisical/decode.py", "class many"): "public: decoders read as values, returns=many(Folder, at='folders')",
    ("infisical/decode.py", "class either"): "public: the same, returns=either(one(...), one(...))",
    ("infisical/decode.py", "class text_in"): "public: the same",
    ("infisical/decode.py", "function text"): "public: the same, returns=text",
    ("infisical/decode.py", "function nothing"): "public: the same, returns=nothing",
    ("infisical/decode.py", "value A_co"): "a type variable: PEP 8 ends covariant ones so",
    ("infisical/request.py", "value T_co"): "a type variable: PEP 8 ends covariant ones so",
    ("infisical/errors.py", "NotFoundError"): "public: the phrase of the status 404",
    ("infisical/flow.py", "class Send"): "public: an effect, named by what it asks for",
    ("infisical/flow.py", "value Next"): "public: the field's name for the rest of a chain",
    ("infisical/flow.py", "function once"): "public: `yield from once(key, flow)`, as the effect",
    ("infisical/flow.py", "function chain"): "public, and a verb too",
    ("infisical/pagination.py", "function pages"): "public: `for page in pages(...)`, as itertools names iterators",
    ("infisical/session.py", "class CoolDown"): "the glossary's noun",
    ("infisical/middleware/tracing.py", "function tracing"): "public: `middleware=[tracing()]`",
    (
        "infisical/executors/faults.py",
        "class Refused",
    ): "public: a fault is what happens to a request, [Refused(), None]",
    ("infisical/executors/faults.py", "class Dropped"): "public: the same",
    ("infisical/executors/faults.py", "class Delayed"): "public: the same",
    ("infisical/executors/faults.py", "class Limited"): "public: the same",
    ("infisical/executors/faults.py", "class Broken"): "public: the same",
    ("infisical/executors/faults.py", "class Truncated"): "public: the same",
    ("infisical/executors/faults.py", "class Expired"): "public: the same",
    (
        "infisical/executors/faults.py",
        "function at_random",
    ): "public: a plan, FaultyExecutor(inner, at_random(7, {...}))",
    ("infisical/endpoints/secret_sharing.py", "shared_secret_link"): "the server's name of the field",
    ("infisical/memory/state.py", "class Given"): "public: `memory.given` returns it",
    ("infisical/memory/validation.py", "starts with no verb"): "builders of fields: string(), as in JSON Schema",
    ("infisical/memory/refusals.py", "starts with no verb"): "`raise not_found(...)`: the phrases of the statuses",
    ("infisical/memory/refusals.py", "name not_found"): "the phrase of the status 404",
    ("infisical/memory/tables.py", "starts with no verb"): "`tables.folders(...)` is a table, as `tables.USERS`",
    ("infisical/sources/amazon.py", "function aws"): "public: a source is named after its platform",
    ("infisical/sources/google.py", "function gcp"): "public: a source is named after its platform",
    ("infisical/sources/microsoft.py", "function azure"): "public: a source is named after its platform",
    ("infisical/sources/oracle.py", "function oci"): "public: a source is named after its platform",
    ("infisical/sources/directory.py", "function ldap"): "public: a source is named after its platform",
    ("infisical/sources/github.py", "function github_actions"): "public: a source is named after its platform",
    ("infisical/sources/tokens.py", "function jwt_env"): "public: a source is named after the place of its credential",
    ("infisical/sources/tokens.py", "function jwt_file"): "public: a source is named after the place of its credential",
    ("infisical/sources/service_account.py", "function kubernetes"): "public: a source is named after its platform",
    ("infisical/testing/platforms/google.py", "class FakeGoogle"): "public: a fake is named after its platform",
    ("infisical/testing/platforms/oracle.py", "class FakeOracle"): "public: a fake is named after its platform",
    ("infisical/server/serve.py", "function serving"): "public: a context manager, named like contextlib.closing",
    ("infisical/server/wsgi.py", "function application"): "public: the word of PEP 3333",
}
"""What is found and stays, by place and word, with the reason."""


def names_of(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """The module-level names: line, kind (function, class, value) and name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.lineno, "function", node.name
        elif isinstance(node, ast.ClassDef):
            yield node.lineno, "class", node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((node.lineno, "value", one.id) for one in targets if isinstance(one, ast.Name))


def all_names(nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """Every name that the code gives: to functions, classes, parameters, variables."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id


def prose_of(source: str, nodes: list[ast.AST]) -> Iterator[tuple[int, str]]:
    """Docstrings, messages and comments of code."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.lineno, re.sub(r"\s+", " ", node.value)
    for match in STRING_OR_COMMENT.finditer(source):
        if match["comment"]:
            yield source.count("\n", 0, match.start()) + 1, match["comment"]


def found_in(path: Path) -> Iterator[str]:
    """What in a file is not said as language.md would have it."""
    source = path.read_text()
    where = path.relative_to(ROOT)
    prose: Iterable[tuple[int, str]] = enumerate(source.splitlines(), 1)
    if path.suffix == ".py":
        tree = ast.parse(source)
        nodes = list(ast.walk(tree))
        prose = prose_of(source, nodes)
        for line, kind, name in names_of(tree):
            words = words_in(name)
            if not words or (name.startswith("__") and name.endswith("__")):
                continue
            if kind == "function" and words[0] not in VERBS | PREDICATES | CONVERSIONS:
                yield f"{where}:{line}: function {name} starts with no verb"
            if kind != "function" and len(name) > 2 and words[-1] not in NOUNS and not words[-1].isdigit():
                yield f"{where}:{line}: {kind} {name} ends with no noun"
        for line, name in all_names(nodes):
            snake = "_".join(words_in(name))
            if match := IN_NAMES.search(snake):
                yield f"{where}:{line}: name {name} has {match[2]!r}"
    for line, text in prose:
        if not ANY_OF_THEM.search(text):
            continue
        for better, pattern in IN_PROSE.items():
            for match in re.finditer(pattern, text):
                yield f"{where}:{line}: {match[0]!r} in prose: {better}"


@pytest.mark.parametrize("path", [*PACKAGE, *DOCUMENTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_names_and_prose_use_the_words_of_the_field(path):
    found = [line for line in found_in(path) if not any(place in line and word in line for place, word in REASONS)]

    assert found == []


def main(paths: list[str]) -> None:
    chosen = [one for path in paths or ["infisical"] for one in _files(ROOT / path)]
    lines = [line for path in chosen for line in found_in(path)]
    sys.stdout.write("\n".join([*lines, f"{len(lines)} found in {len(chosen)} files", ""]))


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


if __name__ == "__main__":
    main(sys.argv[1:])
