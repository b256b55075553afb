"""Secret imports: the routes that manage a folder's imports, and the secrets that come through them."""
