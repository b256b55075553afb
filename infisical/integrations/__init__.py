"""Secrets in the settings of other libraries: one module for each library, which needs the extra of its name.

pydantic.py            a source of pydantic-settings
"""
