"""Accounts at certificate authorities. Nobody is asked: an account is registered by being written down."""

from __future__ import annotations

from typing import Any

from pxhelm.simulator.errors import ApiError
from pxhelm.simulator.tasks import Job, Plan, Running, fork
from pxhelm.simulator.world import Call, Routes

_DIRECTORY = "https://acme-v02.api.letsencrypt.org/directory"


def list_accounts(call: Call) -> list[dict[str, Any]]:
    """GET /cluster/acme/account."""
    return [{"name": name} for name, _ in call.state.items("acme/account")]


def _named(call: Call) -> tuple[str, dict[str, Any]]:
    name = str(call.params.get("name") or "default")
    row = call.state.get("acme/account", name)
    if row is None:
        raise ApiError(f"ACME account config file '{name}' does not exist.")
    return name, dict(row)


def read_account(call: Call) -> dict[str, Any]:
    """GET /cluster/acme/account/{name}."""
    _, row = _named(call)
    contact = [f"mailto:{each}" for each in str(row["contact"]).split(",")]
    found = {"account": {"contact": contact, "status": "valid"}, "directory": row.get("directory", _DIRECTORY)}
    return {**found, **({"tos": row["tos_url"]} if "tos_url" in row else {})}


def create_account(call: Call) -> str:
    """POST /cluster/acme/account: a task."""
    name = str(call.params.get("name") or "default")
    if call.state.has("acme/account", name):
        raise ApiError(f"ACME account config file '{name}' already exists.")
    row = {k: call.params[k] for k in ("contact", "directory", "tos_url") if k in call.params}
    return fork(
        call.world, call.identity, Plan(_node(call), "acmeregister", name, "acme", {"put": row, "name": name}, 1.0)
    )


def update_account(call: Call) -> str:
    """PUT /cluster/acme/account/{name}: a task."""
    name, row = _named(call)
    if "contact" in call.params:
        row["contact"] = call.params["contact"]
    return fork(
        call.world, call.identity, Plan(_node(call), "acmeupdate", name, "acme", {"put": row, "name": name}, 1.0)
    )


def delete_account(call: Call) -> str:
    """DELETE /cluster/acme/account/{name}: a task."""
    name, _ = _named(call)
    return fork(call.world, call.identity, Plan(_node(call), "acmedeactivate", name, "acme", {"name": name}, 1.0))


def _node(call: Call) -> str:
    return next(iter(call.state.keys("node")))


def _job(task: Running) -> None:
    name, row = task.args["name"], task.args.get("put")
    if row is None:
        task.world.state.delete("acme/account", name)
        task.log("deactivating account.. done")
    else:
        task.world.state.put("acme/account", name, row)
        task.log("registering ACME account.. done")


_ONE = "/cluster/acme/account/{name}"
ROUTES: Routes = {
    ("GET", "/cluster/acme/account"): list_accounts,
    ("POST", "/cluster/acme/account"): create_account,
    ("GET", _ONE): read_account,
    ("PUT", _ONE): update_account,
    ("DELETE", _ONE): delete_account,
}
TASKS = {"acme": Job(_job)}
