"""Base64: what a body carries as base64 is a value, whatever it was made of."""

from __future__ import annotations

import pytest

from infisical.request import Base64


@pytest.mark.parametrize("view", [lambda data: data, memoryview])
def test_what_can_be_changed_afterwards_is_copied_where_it_is_given(view):
    data = bytearray(b"before")
    given = Base64(view(data))
    data[:] = b"behind"

    assert given == Base64(b"before")
    assert hash(given) == hash(Base64(b"before"))
