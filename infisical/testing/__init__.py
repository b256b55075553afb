"""Test tools for users of the library and for authors of executors. Import the modules by name.

Production code does not need them. The package itself imports nothing; some of its modules import pytest.
"""
