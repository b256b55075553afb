"""Secrets: their rows, references, approvals and routes. Imports and the routes of v3 are groups of their own."""
