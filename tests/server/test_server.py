"""The index of `infisical.server`: each name is imported when it is first used."""

from __future__ import annotations

import pytest

import infisical.server
from infisical.server.wsgi import application


def test_each_name_is_what_its_module_defines(monkeypatch):
    pytest.importorskip("waitress")
    from infisical.server import serve

    expected = {"Server": serve.Server, "application": application, "serving": serve.serving}
    for name in expected:
        monkeypatch.delitem(vars(infisical.server), name, raising=False)

    assert {name: getattr(infisical.server, name) for name in infisical.server.__all__} == expected
    assert dir(infisical.server) == sorted(expected)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'infisical\.server' has no attribute 'nonsense'"):
        infisical.server.nonsense  # noqa: B018
