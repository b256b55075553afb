"""App connections: the apps that the server knows, the rows of connections, and the routes."""
