"""The domain: what routes have in common, one noun a file: secrets and their versions, logins, certificates, ...

A module here knows rows and rules; which path leads to it, and what a request may say, stands in routes/.
"""
