"""The firewall's aliases and IP sets, of the data centre and of guests."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from pxhelm.simulator.errors import ApiError, parameter_error
from pxhelm.simulator.firewall import Row, Where, change, cluster_file, guest_file, look
from pxhelm.simulator.world import Call, Routes, check_digest, digest


def _alias_view(name: str, alias: Row) -> dict[str, Any]:
    version = ipaddress.ip_interface(alias["cidr"]).version
    return {
        "name": name,
        "cidr": alias["cidr"],
        "ipversion": version,
        **{k: alias[k] for k in ("comment",) if k in alias},
    }


def _find(names: dict[str, Any], wanted: str) -> str | None:
    return next((n for n in names if n.lower() == wanted.lower()), None)


def _list_aliases(where: Where) -> Callable[[Call], list[Row]]:
    def list_all(call: Call) -> list[Row]:
        row = look(call.world, where(call))
        current = digest(row)
        return [{**_alias_view(n, a), "digest": current} for n, a in row["aliases"].items()]

    return list_all


def _create_alias(where: Where) -> Callable[[Call], None]:
    def create(call: Call) -> None:
        row = change(call.world, where(call))
        name = str(call.params["name"])
        if _find(row["aliases"], name):
            raise parameter_error("name", f"alias '{name}' already exists")
        row["aliases"][name] = {k: call.params[k] for k in ("cidr", "comment") if k in call.params}

    return create


def _read_alias(where: Where) -> Callable[[Call], Row]:
    def read(call: Call) -> Row:
        row = look(call.world, where(call))
        name = _find(row["aliases"], str(call.params["name"]))
        if name is None:
            raise parameter_error("name", "no such alias")
        return _alias_view(name, row["aliases"][name])

    return read


def _update_alias(where: Where) -> Callable[[Call], None]:
    def update(call: Call) -> None:
        check_digest(call.params.get("digest"), digest(look(call.world, where(call))))
        row = change(call.world, where(call))
        name = _find(row["aliases"], str(call.params["name"]))
        if name is None:
            raise parameter_error("name", "no such alias")
        alias = {k: call.params[k] for k in ("cidr", "comment") if k in call.params}
        new = str(call.params.get("rename", name))
        if new != name and _find(row["aliases"], new):
            raise parameter_error("name", f"alias '{new}' already exists")
        del row["aliases"][name]
        row["aliases"][new] = alias

    return update


def _delete_alias(where: Where) -> Callable[[Call], None]:
    def delete(call: Call) -> None:
        check_digest(call.params.get("digest"), digest(look(call.world, where(call))))
        row = change(call.world, where(call))
        name = _find(row["aliases"], str(call.params["name"]))
        if name is not None:
            del row["aliases"][name]

    return delete


# IP sets


def _list_sets(where: Where) -> Callable[[Call], list[Row]]:
    def list_all(call: Call) -> list[Row]:
        row = look(call.world, where(call))
        current = digest(row)
        return [
            {"name": n, "digest": current, **{k: s[k] for k in ("comment",) if k in s}}
            for n, s in row["ipsets"].items()
        ]

    return list_all


def _create_set(where: Where) -> Callable[[Call], None]:
    def create(call: Call) -> None:
        row = change(call.world, where(call))
        name, old = str(call.params["name"]), call.params.get("rename")
        if old is not None:
            if old not in row["ipsets"]:
                raise parameter_error("name", f"IPSet '{old}' does not exist")
            found = row["ipsets"].pop(old)
        elif name in row["ipsets"]:
            raise parameter_error("name", f"IPSet '{name}' already exists")
        else:
            found = {"entries": {}}
        if "comment" in call.params:
            found["comment"] = call.params["comment"]
        row["ipsets"][name] = found

    return create


def _set(call: Call, row: Row) -> Row:
    found: Row | None = row["ipsets"].get(str(call.params["name"]))
    if found is None:
        raise ApiError(f"no such IPSet '{call.params['name']}'")
    return found


def _list_entries(where: Where) -> Callable[[Call], list[Row]]:
    def list_all(call: Call) -> list[Row]:
        row = look(call.world, where(call))
        current = digest(row)
        return [{"cidr": c, **e, "digest": current} for c, e in _set(call, row)["entries"].items()]

    return list_all


def _add_entry(where: Where) -> Callable[[Call], None]:
    def add(call: Call) -> None:
        row = change(call.world, where(call))
        found = _set(call, row)
        cidr = str(call.params["cidr"])
        try:
            ipaddress.ip_interface(cidr)
        except ValueError:
            plain = cidr.removeprefix("dc/").removeprefix("guest/")
            if not any(_find(r["aliases"], plain) for r in (row, look(call.world, "cluster"))):
                raise ApiError(f"no such alias '{cidr}'") from None
        if cidr in found["entries"]:
            raise parameter_error("cidr", f"address '{cidr}' already exists")
        found["entries"][cidr] = {k: call.params[k] for k in ("comment", "nomatch") if call.params.get(k)}

    return add


def _entry(call: Call, found: Row) -> Row:
    entry: Row | None = found["entries"].get(str(call.params["cidr"]))
    if entry is None:
        raise parameter_error("cidr", "no such IP/Network")
    return entry


def _read_entry(where: Where) -> Callable[[Call], Row]:
    def read(call: Call) -> Row:
        row = look(call.world, where(call))
        return {"cidr": call.params["cidr"], **_entry(call, _set(call, row)), "digest": digest(row)}

    return read


def _update_entry(where: Where) -> Callable[[Call], None]:
    def update(call: Call) -> None:
        check_digest(call.params.get("digest"), digest(look(call.world, where(call))))
        row = change(call.world, where(call))
        entry = _entry(call, _set(call, row))
        entry.clear()
        entry.update({k: call.params[k] for k in ("comment", "nomatch") if call.params.get(k)})

    return update


def _delete_entry(where: Where) -> Callable[[Call], None]:
    def delete(call: Call) -> None:
        check_digest(call.params.get("digest"), digest(look(call.world, where(call))))
        row = change(call.world, where(call))
        _set(call, row)["entries"].pop(str(call.params["cidr"]), None)

    return delete


def _delete_set(where: Where) -> Callable[[Call], None]:
    def delete(call: Call) -> None:
        row = change(call.world, where(call))
        name = str(call.params["name"])
        if _set(call, row)["entries"] and not call.params.get("force"):
            raise ApiError(f"IPSet '{name}' is not empty")
        del row["ipsets"][name]

    return delete


def _routes(base: str, where: Where) -> Routes:
    alias, ipset = f"{base}/aliases", f"{base}/ipset"
    one, entry = f"{ipset}/{{name}}", f"{ipset}/{{name}}/{{cidr}}"
    return {
        ("GET", alias): _list_aliases(where),
        ("POST", alias): _create_alias(where),
        ("GET", f"{alias}/{{name}}"): _read_alias(where),
        ("PUT", f"{alias}/{{name}}"): _update_alias(where),
        ("DELETE", f"{alias}/{{name}}"): _delete_alias(where),
        ("GET", ipset): _list_sets(where),
        ("POST", ipset): _create_set(where),
        ("GET", one): _list_entries(where),
        ("POST", one): _add_entry(where),
        ("DELETE", one): _delete_set(where),
        ("GET", entry): _read_entry(where),
        ("PUT", entry): _update_entry(where),
        ("DELETE", entry): _delete_entry(where),
    }


ROUTES: Routes = {**_routes("/cluster/firewall", cluster_file)}
for _kind in ("qemu", "lxc"):
    ROUTES |= _routes(f"/nodes/{{node}}/{_kind}/{{vmid}}/firewall", guest_file)
