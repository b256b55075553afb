"""The models of all groups: one model for one thing, and groups that import one another in one direction."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from dataclasses import MISSING, fields, is_dataclass
from graphlib import TopologicalSorter
from itertools import combinations
from pathlib import Path

import infisical.endpoints
from infisical.model import Model

PACKAGE = "infisical.endpoints."
MODULES = [module.name for module in pkgutil.walk_packages(infisical.endpoints.__path__, PACKAGE)]
MODELS = {
    f"{name.removeprefix(PACKAGE)}.{model.__name__}": model
    for name in MODULES
    for model in vars(importlib.import_module(name)).values()
    if inspect.isclass(model) and issubclass(model, Model) and is_dataclass(model) and model.__module__ == name
}
SIMILAR_ANSWERS = [
    {
        "admin.models.InvalidateCacheResponse",
        "identity_access_tokens.RevokeResponse",
        "identity_auth.token.RevokeTokenResponse",
        "mfa.ResendMfaResponse",
        "secret_imports.ResyncResponse",
        "users.RevokeSessionResponse",
    },
    {"kms.PrivateKeyResponse", "pki.certificates.CertificatePrivateKey"},
    {"mfa_sessions.MfaVerification", "users.EmailChangeResponse"},
]
"""Answers of different endpoints, alike today: each has a model, so that one can gain a field without the others."""


def collect_fields(model: type[Model]) -> frozenset[tuple[object, ...]]:
    return frozenset(
        (field.name, field.type, field.default is MISSING and field.default_factory is MISSING, field.repr)
        for field in fields(model)  # type: ignore[arg-type]
    )


def test_no_two_models_have_the_same_fields_but_the_answers_of_different_endpoints():
    twins = [
        {one, other}
        for one, other in combinations(MODELS, 2)
        if collect_fields(MODELS[one]) == collect_fields(MODELS[other])
        and not any({one, other} <= group for group in SIMILAR_ANSWERS)
    ]

    assert twins == []
    assert [name for group in SIMILAR_ANSWERS for name in group if name not in MODELS] == []


def collect_imports(name: str) -> set[str]:
    """The modules of groups that this one imports, inside functions and for type checkers too."""
    tree = ast.parse(Path(importlib.import_module(name).__file__ or "").read_text())
    return {
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE) and node.module
    }


def name_group(module: str) -> str:
    return module.removeprefix(PACKAGE).split(".")[0]


def test_groups_import_from_one_another_in_one_direction_only():
    graph: dict[str, set[str]] = {}
    for name in MODULES:
        group = name_group(name)
        graph.setdefault(group, set()).update({name_group(module) for module in collect_imports(name)} - {group})
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle

    assert graph["projects"] == {"secret_tags"}
    assert order.index("projects") < order.index("organizations") < order.index("identities")
