"""The whole cluster as one function: a request and a moment in, an answer out, the state changed.

Does what pveproxy does, in its order: method, format, who asks, body, path, rights, node, parameters, handler.
Never sleeps, never opens anything: ``serve`` gives it time and keeps its rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pxhelm.proxmox.schema import Endpoint, load
from pxhelm.simulator import tables, wire
from pxhelm.simulator.auth import identify
from pxhelm.simulator.errors import ApiError, BareError, BlockedError, parameter_error, parameter_errors
from pxhelm.simulator.permissions import Rights, check_access
from pxhelm.simulator.state import State
from pxhelm.simulator.tasks import settle
from pxhelm.simulator.validate import check_parameters
from pxhelm.simulator.wire import Answer, HttpRequest
from pxhelm.simulator.world import Call, Identity, Moment, World

_OPEN = {("GET", "/access/domains"), ("GET", "/access/ticket"), ("POST", "/access/ticket")}


class Cluster:
    """A simulated cluster over a state.

    A version before 9.2 has its own paths and parameters, and behaves as 9.2 with those that it has.
    """

    def __init__(self, state: State, version: str = "9.2") -> None:
        self.state = state
        self._schema = load(version)
        tables.register()

    def answer(self, request: HttpRequest, moment: Moment) -> tuple[Answer, str]:
        """Answer one request; also say on whose behalf, for the log.

        BlockedError: the request waits for a lock; ask again later, with nothing changed.
        """
        world = World(self.state, moment)
        settle(world)
        form = "json"
        who = ""
        saved = self.state.savepoint()
        try:
            form, path = wire.path_of(request)
            identity = self._identity(world, request, path)
            who = identity.name
            params, upload = wire.parameters_of(request)
            call, endpoint = self._route(world, request.method, path, params, identity)
            call.upload = upload
            return wire.success(form, self._handle(call, endpoint), call.extra), who
        except ApiError as error:
            if not error.keep:
                self.state.restore(saved)
            return wire.failure(form, error), who
        except BlockedError:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake of the simulator's own must not look like Proxmox
            self.state.restore(saved)
            said = f"simulator error: {type(error).__name__}: {error}"
            return wire.failure(form, ApiError(said)), who

    def settle(self, moment: Moment) -> None:
        """Let the effects of every task take place whose time has passed."""
        settle(World(self.state, moment))

    def _identity(self, world: World, request: HttpRequest, path: str) -> Identity:
        clean = "/" + "/".join(p for p in path.split("/") if p)
        if (request.method, clean) in _OPEN:
            return Identity("")
        return identify(world, request.headers, writes=request.method != "GET")

    def _route(
        self, world: World, method: str, path: str, params: Mapping[str, Any], identity: Identity
    ) -> tuple[Call, Endpoint]:
        clean = "/" + "/".join(p for p in path.split("/") if p)
        endpoint = None
        if not re.search(r"\s", clean):
            endpoint = self._schema.endpoint(method, clean.replace("%", "%25"))
        if endpoint is None and (method, clean) == ("GET", "/"):
            endpoint = tables.ROOT
        if endpoint is None:
            raise ApiError(f"Method '{method} {clean}' not implemented", 501)
        merged: dict[str, Any] = dict(endpoint.variables)
        for name, value in params.items():
            if value is not None and name in merged and merged[name] != str(value):
                raise parameter_error(name, "duplicate parameter (already defined in URI) with conflicting values")
            merged.setdefault(name, value)
        return Call(world, method, endpoint.path, merged, identity, params), endpoint

    def _handle(self, call: Call, endpoint: Endpoint) -> Any:
        world = call.world
        check_access(Rights(world, call.identity), endpoint.permissions, call.params, world)
        if call.identity.token and not endpoint.token:
            uri = call.path
            raise ApiError(
                f"Permission check failed (URI '{uri}' not available with API token, need proper ticket.\n)", 403
            )
        if endpoint.proxyto:
            self._proxy(world, str(call.params.get(endpoint.proxyto, "")))
        call.params, errors = check_parameters(endpoint, call.params)
        if errors:
            raise parameter_errors(errors)
        handler = tables.HANDLERS.get((call.method, endpoint.path))
        if handler is not None:
            return handler(call)
        if call.method == "GET":
            found = self._index(endpoint)
            if found is not None:
                return found
        raise ApiError(f"Method '{call.method} {endpoint.path}' is not simulated", 501)

    def _proxy(self, world: World, node: str) -> None:
        local = str(world.state.get("cluster", "main")["local"])
        if node in (local, "localhost"):
            return
        row = world.state.get("node", node)
        if row is None:
            text = f"failed to get address info for: {node}: Name or service not known"
            raise ApiError(f"hostname lookup '{node}' failed - {text}")
        if not row.get("online", True):
            raise BareError(595, "No route to host", delay=world.seconds(3))
        if not row.get("api", True):
            raise BareError(595, "Connection refused")

    def _index(self, endpoint: Endpoint) -> list[dict[str, str]] | None:
        items = endpoint.returns.items
        if endpoint.returns.type != "array" or items is None:
            return None
        key = tables.INDEX_KEYS.get(endpoint.path)
        if key is None:
            key = next((k for k in ("subdir", "name", "id", "cmd", "index") if k in items.properties), "subdir")
        below = tables.INDEXES.get(endpoint.path) or [c for c in self._schema.children(endpoint.path) if c[0] != "{"]
        hidden = tables.HIDDEN.get(endpoint.path, ())
        return [{key: name} for name in below if name not in hidden]
