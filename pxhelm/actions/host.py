"""What templates may ask of the world."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pxhelm.events import Warned
from pxhelm.gotemplate.host import Host

if TYPE_CHECKING:
    from pxhelm.actions.services import Services


def template_host(services: Services, *, live: bool, dns: bool = False) -> Host:
    """Return the templates' host; ``lookup`` asks the cluster, and finds nothing when not ``live``."""
    host = Host(
        now=lambda: services.now().timestamp(),
        elapsed=services.elapsed,
        random_bytes=services.random_bytes,
        dns=services.resolve if dns else lambda _name: "",
        log=lambda line: services.listen(Warned(line)),
        budget=services.budget,
    )
    if not live:
        return host

    from pxhelm.actions.lookup import Lookup

    return replace(host, lookup=Lookup(services))
