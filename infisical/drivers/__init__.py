"""Drivers: run a flow until its deadline, in threads or under asyncio. Only this folder knows either of them."""
