"""The domain: rows and rules that several groups of endpoints share, one noun a file.

Paths and the fields of requests belong to the groups.
"""
