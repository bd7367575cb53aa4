"""Stories of release commands over a pretended cluster: our own commands and store, and objects in a dictionary.

What Helm's server was asked (``api``) is compared with what our commands asked of the port of objects.
"""

import re
from functools import partial

from pxhelm.app import Opened, composed
from pxhelm.errors import PxhelmError
from pxhelm.release.objects import AlreadyExistsError, Updated, UpdateFailedError
from pxhelm.settings import Context
from pxhelm.store.clusters import Cluster as Known
from tests.conformance.release_cases import PretendedCluster

TABLE = re.compile(r"UPDATED +")
"""Widths of the column of times are not kept in the recordings."""


class Served(PretendedCluster):
    """What the pretended API server and Helm's client for it do together: calls by method, Helm's words for failures."""

    refusals = ()

    def begin_step(self, faults):
        self.calls = []
        self.refusals = faults

    def refuse(self, method, item):
        """Return the server's answer to a call when a fault is set for it."""
        for fault in self.refusals:
            if fault["method"] == method and fault.get("kind", item.kind) == item.kind:
                return PxhelmError(fault["message"])
        return None

    def send(self, method, item):
        self.calls.append(f"{method} {item.kind}/{item.name}")
        return self.refuse(method, item)

    def create(self, items):
        for item in items:
            error = self.create_item(item)
            if error:
                # Helm's client creates in groups and gathers errors by hashicorp's multierror.
                raise type(error)(f"1 error occurred:\n\t* {error.message}\n\n")

    def create_item(self, item):
        error = self.send("POST", item)
        if error:
            return error
        if self.place(item) in self.objects:
            return AlreadyExistsError(f'{item.kind.lower()}s.proxmox.io "{item.name}" already exists')
        self.objects[self.place(item)] = dict(item.document)
        return None

    def update(self, original, target, *, force):
        created, updated, errors = [], [], []
        for item in target:
            if self.place(item) not in self.objects:
                created.append(item)
                error = self.create_item(item)
                if error:
                    text = f"failed to create resource: {error.message}"
                    raise UpdateFailedError(text, Updated(tuple(created), tuple(updated)), error)
                continue
            updated.append(item)
            if not force and any(item.key == old.key and item.document == old.document for old in original):
                continue  # Helm's client sends what differs between the manifests, here nothing
            error = self.send("PUT" if force else "PATCH", item)
            if error:
                what = "failed to replace object" if force else f'cannot patch "{item.name}" with kind {item.kind}'
                errors.append(f"{what}: {error.message}")
            else:
                self.objects[self.place(item)] = dict(item.document)
        if errors:
            raise UpdateFailedError(" && ".join(errors), Updated(tuple(created), tuple(updated)))
        left = {self.place(item) for item in target}
        over = [item for item in original if self.place(item) not in left and not self.kept(item)]
        gone = [item for item in over if self.place(item) in self.objects]
        self.delete(gone)
        return Updated(tuple(created), tuple(updated), tuple(gone))

    def delete(self, items):
        errors = []
        for item in items:
            error = self.send("DELETE", item)
            if error:
                errors.append(error)
            else:
                self.objects.pop(self.place(item), None)
        return tuple(errors)

    def wait_for(self, on, items, *more):
        """Kinds of a group of their own are ready at once."""


class Live(Opened):
    """Our services, with the pretended cluster as the objects of every release."""

    def __init__(self, cluster, settings, context, listen):
        super().__init__(settings, context or Context("pretended", ("https://pretended:8006",)), listen)
        self.pretended = cluster

    def meet(self):
        return Known(self.place.context)

    def objects(self, release, _force_conflicts=False):
        self.pretended.namespace = release.partition("/")[0]
        return self.pretended


class Cluster:
    """The service ``kube`` of a story."""

    def __init__(self):
        self.served = Served()

    def running(self, step):
        """Return the block in which a step's command runs."""
        self.served.begin_step(step.get("apiFaults") or ())
        return composed(partial(Live, self.served))

    def mismatches(self, wanted):
        """Yield how the calls differ from the recorded ones."""
        if self.served.calls != (wanted.get("api") or []):
            yield f"api {self.served.calls} instead of {wanted.get('api') or []}"

    @staticmethod
    def even(text):
        """Return a text without the widths that were not recorded."""
        return TABLE.sub("UPDATED", text)
