"""Secret syncs: the destinations that the server knows, and the routes."""
