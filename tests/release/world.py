"""A namespace whose charts are ready-made texts, over the pretended cluster of the release stories."""

from dataclasses import dataclass, field, replace

from pxhelm.chart.model import Chart, Metadata
from pxhelm.events import nobody
from pxhelm.release.configuration import Configuration
from pxhelm.release.model import Hook
from pxhelm.release.rendering import Prepared, Rendered
from pxhelm.release.resume import Attempt
from pxhelm.release.storage import Storage
from pxhelm.store.leases import Holder
from pxhelm.store.memory import MemoryStore
from pxhelm.store.releases import Operation
from tests.conformance.release_cases import Clock, PretendedCluster


def manifest(*names, kind="VirtualMachine", spec="{}"):
    return "".join(
        f"---\n# Source: web/templates/{name}.yaml\nkind: {kind}\nmetadata:\n  name: {name}\nspec: {spec}\n"
        for name in names
    )


def hook(name, *events, weight=0, policies=(), annotations="{}"):
    text = f"kind: Task\nmetadata:\n  name: {name}\n  annotations: {annotations}\n"
    return Hook(name, "Task", f"web/templates/{name}.yaml", text, list(events), weight, list(policies))


@dataclass
class ReadyMade:
    """A renderer whose result is given."""

    manifest: str = field(default_factory=lambda: manifest("a", "b"))
    hooks: tuple = ()
    requests: list = field(default_factory=list)

    def prepare(self, request):
        self.requests.append(request)
        return Prepared(request.chart, None)

    def render(self, _prepared):
        return Rendered(tuple(replace(one) for one in self.hooks), self.manifest, "")


class Killed(BaseException):
    """The process is gone: nothing after this is done."""


class World:
    def __init__(self):
        self.cluster = PretendedCluster()
        self.clock = Clock()
        self.store = MemoryStore()
        self.renderer = ReadyMade()
        self.events = []
        self.storage = Storage(self.store.releases, "lab", "prod", self.clock)
        self.cluster.begin({"namespace": "prod"})

    def chart(self, version="0.1.0"):
        text = f"name: web\nversion: {version}\n".encode()
        return Chart(Metadata(name="web", version=version), "web", raw={"Chart.yaml": text})

    def configuration(self, attempt=None, listen=nobody):
        return Configuration(
            "prod", self.cluster, self.storage, self.renderer, self.clock, attempt=attempt, listen=listen
        )

    def attempt(self, verb, chart=None, *, pid=1, gone=False, values="v"):
        holder = Holder("host", "boot", pid, f"start-{pid}")
        digest = (chart or self.chart()).metadata.version
        operation = Operation(f"op-{pid}", verb, digest, values, holder)
        return Attempt(operation, recorded_holder_gone=gone)

    def kill_at(self, call):
        """Let the process die before the cluster's call of this text."""
        inner = self.cluster.calls

        class Deadly(list):
            def append(self, text):
                if text.startswith(call):
                    raise Killed
                super().append(text)

        self.cluster.calls = Deadly(inner)

    def revive(self):
        self.cluster.calls = []
        self.clock.begin(self.clock.step + 1)

    def states(self, name="web"):
        return [(one.version, one.info.status.value) for one in self.storage.history(name)]
