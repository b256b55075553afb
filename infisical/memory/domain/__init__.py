"""The domain: rows and rules that several groups share, one noun per file: accounts, codes, lockouts, ciphers, ...

Routes do not belong here, nor rules of a single group: they are in the module of the group.
"""
