"""Routes: what each group of endpoints of the memory server answers, one group a file, found by routing.all_routes."""
