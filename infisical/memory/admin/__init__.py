"""Administration of the instance: its settings, users, organizations and identities, for instance admins only."""
