"""Dynamic secrets: their rows and leases, the providers that make credentials, and the routes."""
