"""Projects with their environments, members and trusted addresses. Machine identities are in `project_identities`."""
