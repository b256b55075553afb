"""The indexes of the sources and of the fake platforms: every name is there, and no other."""

from __future__ import annotations

import importlib

import pytest

from infisical import sources
from infisical.testing import platforms


@pytest.mark.parametrize("index", [sources, platforms], ids=["sources", "platforms"])
def test_every_name_of_the_index_is_the_object_of_its_home(index):
    homes = {name: importlib.import_module(f"{index.__name__}.{home}") for name, home in index._HOME.items()}

    assert dir(index) == sorted(index.__all__) == sorted(homes)
    assert [name for name, home in homes.items() if getattr(index, name) is not getattr(home, name)] == []


@pytest.mark.parametrize("index", [sources, platforms], ids=["sources", "platforms"])
def test_another_name_is_an_attribute_error(index):
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        index.nothing  # noqa: B018
