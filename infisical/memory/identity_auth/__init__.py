"""Login methods of machine identities: settings, credentials and logins of universal, token and platform methods."""
