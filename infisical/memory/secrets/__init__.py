"""Secrets: their rows, references, approvals and routes. Imports and the old routes (v3) are other groups."""
