"""Maintenance of the instance: invalidation of its cache, and its usage report."""

from __future__ import annotations

import csv
import io
from typing import Final

from infisical.memory import tables
from infisical.memory.call import Call
from infisical.memory.domain import instance
from infisical.memory.domain.instance import require_admin
from infisical.memory.routing import MACHINES, Answer, route
from infisical.memory.validation import choice, obj

CLEARING_SECONDS: Final = 5
"""The duration of an invalidation in seconds."""


@route(
    "POST",
    "/api/v1/admin/invalidate-cache",
    generation="current",
    access=MACHINES,
    body=obj(type=choice("all", "secrets")),
    limit="invalidateCache",
)
def invalidate_cache(call: Call) -> Answer:
    require_admin(call)
    call.draft.put(instance.CACHE_TABLE, "clearing", {"type": call.body["type"], "until": call.now + CLEARING_SECONDS})
    return {"message": "Cache invalidation job started"}


@route("GET", "/api/v1/admin/invalidating-cache-status", generation="current", access=MACHINES)
def get_cache_status(call: Call) -> Answer:
    require_admin(call)
    clearing = call.draft.get(instance.CACHE_TABLE, "clearing")
    return {"invalidating": clearing is not None and call.now < clearing["until"]}


@route("POST", "/api/v1/admin/usage-report/generate", generation="current", access=MACHINES)
def generate_usage_report(call: Call) -> Answer:
    require_admin(call)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("metric", "value"))
    writer.writerow(("instance_id", instance.get_instance_id(call.draft)))
    writer.writerow(("generated_at", call.timestamp))
    for metric, name in (
        ("organizations", tables.ORGANIZATIONS),
        ("users", tables.USERS),
        ("machine_identities", tables.IDENTITIES),
        ("projects", tables.PROJECTS),
        ("secrets", tables.SECRET_PLACES),
    ):
        writer.writerow((metric, len(call.draft.rows(name))))
    content = text.getvalue()
    return {
        "csvContent": content,
        "signature": instance.sign_text(call.draft, content),
        "filename": f"infisical-usage-report-{call.timestamp[:10]}.csv",
    }
