"""The composition root: the only package that names a concrete adapter.

``opened`` is the bundle of ports of one command; ``clusters`` makes the client of a real or a simulated cluster,
``held`` keeps a lease while a block runs, ``reading`` reads what users name. Never decides anything: it reads settings,
makes adapters when they are first asked for, and hands them out as ``Services``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pxhelm.app.opened import Opened
from pxhelm.errors import PxhelmError
from pxhelm.events import Listener, nobody
from pxhelm.golang.bounds import bounds
from pxhelm.settings import Context, Settings, context_of, load

if TYPE_CHECKING:
    from pxhelm.proxmox.connection import Certificate

_PLACES = ("registry_config", "repository_config", "repository_cache")
"""Global flags that say where things are kept."""


@contextmanager
def open_services(flags: Mapping[str, Any], listen: Listener = nobody) -> Iterator[Opened]:
    """Hand out the services that the global flags and the environment ask for, and close them afterwards."""
    settings = load(config_file=flags.get("config", ""), namespace=flags.get("namespace", ""))
    context = context_of(settings, flags, os.environ)
    opened = _made[-1](settings, context, listen)
    bounds.yaml_depth, bounds.yaml_aliases, bounds.regex_memory = settings.limits.of_readers
    opened.places = {name: flags[name] for name in _PLACES if flags.get(name)}
    try:
        yield opened
    finally:
        opened.close()


__all__ = ["Opened", "composed", "forget_contact", "jinja_child", "open_services", "peek_certificate"]

Make = Callable[[Settings, Context | None, Listener], Opened]

_made: list[Make] = [Opened]


@contextmanager
def composed(make: Make) -> Iterator[None]:
    """Let ``open_services`` hand out another bundle while the block runs, such as one over a pretended cluster."""
    _made.append(make)
    try:
        yield
    finally:
        _made.pop()


def forget_contact(settings: Settings, context: str) -> None:
    """Forget which cluster a context led to; what is stored of the cluster stays."""
    if settings.store.exists():
        from pxhelm.store.sqlite import open_store

        store = open_store(settings.store)
        try:
            store.clusters.part(context)
        finally:
            store.close()


def peek_certificate(endpoint: str) -> Certificate:
    """Return what a server shows of itself, before anything is sent to it; PxhelmError when it shows nothing."""
    from pxhelm.proxmox.answer import reason_of
    from pxhelm.proxmox.https import peek_certificate as peek

    try:
        return peek(endpoint)
    except OSError as error:
        raise PxhelmError(
            f"cannot reach {endpoint}: {reason_of(error, 'no answer within 5 s')}",
            hint="check the address, and whether the node is up",
        ) from None


def jinja_child() -> int:
    """Render one Jinja job from standard input to standard output; the hidden child of ``render.sandbox``."""
    from pxhelm.render.sandbox import child_main

    return child_main()
