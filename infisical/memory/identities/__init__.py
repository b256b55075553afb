"""Machine identities: their rows (store.py) and the routes that create, change and list them (routes.py)."""
