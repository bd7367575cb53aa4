"""From a chart argument to an archive or folder on this machine, as Helm's LocateChart does.

Charts of repositories and registries are fetched (``fetching``) and kept in the cache. Never renders anything.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING

from pxhelm.errors import PxhelmError
from pxhelm.events import Warned
from pxhelm.golang.strconv import quote

if TYPE_CHECKING:
    from pxhelm.actions.services import Services
    from pxhelm.actions.sources import ChartFlags

Say = Callable[[str], None]


def locate(services: Services, reference: str, flags: ChartFlags, tell: Say) -> str:
    """Return the path of a chart, fetching it into the cache when it is not on this machine.

    Raises:
        PxhelmError: in Helm's words.
    """
    sources = services.sources
    name = reference.strip()
    if sources.disk.kind(name):
        path = sources.disk.absolute(name)
        if flags.repo:
            ignored = "local chart found in current working directory. repository url ignored"
            services.listen(Warned(f"{ignored} chart={name} repository={flags.repo}"))
        if flags.verify:
            from pxhelm.actions.verify import verify_file

            verify_file(sources, path, flags.keyring)
        return path
    if posixpath.isabs(name) or name.startswith("."):
        raise PxhelmError(f"path {quote(name)} not found", hint="give the folder or the .tgz of a chart")
    from pxhelm.actions.fetching import fetch

    sources.disk.make_folder(sources.cache)
    fetched = fetch(services, name, flags, want_provenance=flags.verify)
    services.came_from(name, fetched.url)
    lacking = flags.verify and fetched.provenance is None
    for line in fetched.said[:-1] if lacking else fetched.said:
        tell(line)
    path = posixpath.join(sources.cache, fetched.name)
    sources.disk.write(path, fetched.archive)
    if flags.verify:
        from pxhelm.actions.verify import verify_bytes

        if fetched.provenance is None:
            raise PxhelmError(f"failed to fetch provenance {quote(fetched.url + '.prov')}")
        sources.disk.write(f"{path}.prov", fetched.provenance)
        verify_bytes(sources, fetched.name, fetched.archive, fetched.provenance, flags.keyring)
    return path
