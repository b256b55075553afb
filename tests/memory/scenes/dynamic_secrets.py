"""Scenes of dynamic secrets."""

from __future__ import annotations

from functools import partial
from typing import Any

from infisical.endpoints.dynamic_secrets import DynamicSecretChange, Provider
from tests.memory.scenes import Scene
from tests.memory.world import World

POSTGRES: Provider = {
    "type": "sql-database",
    "inputs": {
        "client": "postgres",
        "host": "db.example.com",
        "port": 5432,
        "database": "app",
        "username": "root",
        "password": "hunter2",
        "creationStatement": "CREATE USER {{username}} WITH PASSWORD '{{password}}'",
        "revocationStatement": "DROP USER {{username}}",
    },
}


def place(world: World) -> dict[str, Any]:
    return {"project_slug": world.given.project_slug, "environment_slug": "dev"}


def new(world: World) -> dict[str, Any]:
    return {**place(world), "name": "db", "provider": POSTGRES, "default_ttl": "1h", "max_ttl": "1d"}


def named(world: World) -> dict[str, Any]:
    made = world.machine.dynamic_secrets.create(**new(world)).unwrap()
    return {**place(world), "name": made.name}


def leased(world: World) -> dict[str, Any]:
    where = named(world)
    name = where.pop("name")
    made = world.machine.dynamic_secrets.create_lease(**where, dynamic_secret_name=name).unwrap()
    return {**where, "lease_id": made.lease.id}


def create_lease(world: World):
    where = named(world)
    return partial(world.machine.dynamic_secrets.create_lease, **place(world), dynamic_secret_name=where["name"])


SCENES: dict[str, Scene] = {
    "dynamic_secrets.create": lambda w: partial(w.machine.dynamic_secrets.create, **new(w)),
    "dynamic_secrets.update": lambda w: partial(
        w.machine.dynamic_secrets.update, **named(w), data=DynamicSecretChange(default_ttl="2h")
    ),
    "dynamic_secrets.delete": lambda w: partial(w.machine.dynamic_secrets.delete, **named(w)),
    "dynamic_secrets.get": lambda w: partial(w.machine.dynamic_secrets.get, **named(w)),
    "dynamic_secrets.list": lambda w: partial(w.machine.dynamic_secrets.list, **place(w)),
    "dynamic_secrets.list_leases": lambda w: partial(w.machine.dynamic_secrets.list_leases, **named(w)),
    "dynamic_secrets.create_lease": create_lease,
    "dynamic_secrets.get_lease": lambda w: partial(w.machine.dynamic_secrets.get_lease, **leased(w)),
    "dynamic_secrets.renew_lease": lambda w: partial(w.machine.dynamic_secrets.renew_lease, **leased(w)),
    "dynamic_secrets.delete_lease": lambda w: partial(w.machine.dynamic_secrets.delete_lease, **leased(w)),
}
