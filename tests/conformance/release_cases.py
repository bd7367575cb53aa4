"""Release stories: Helm's state machine over a pretended cluster, compared with what Helm v3 did.

``run(story)`` plays a story and returns one line per mismatch.
"""

import copy
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta

from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError
from pxhelm.golang import yaml
from pxhelm.release import history, options, order
from pxhelm.release.configuration import Configuration
from pxhelm.release.failure import wrapped
from pxhelm.release.install import install
from pxhelm.release.model import Status
from pxhelm.release.objects import Existing, Item, Updated, UpdateFailedError
from pxhelm.release.rollback import rollback
from pxhelm.release.storage import Storage
from pxhelm.release.test import run_tests
from pxhelm.release.uninstall import uninstall
from pxhelm.release.upgrade import upgrade, upgrade_or_install
from pxhelm.store.memory import MemoryStore

START = datetime(2024, 1, 2, tzinfo=UTC)
CLUSTER_WIDE = {"Storage", "Pool", "Namespace"}


class PretendedCluster:
    """Objects in a dictionary; every call is written down, and faults strike as a step says."""

    def __init__(self):
        self.objects = {}
        self.calls = []
        self.faults = []
        self.namespace = "lab"

    def begin(self, step):
        self.namespace = step.get("namespace", "lab")
        self.calls = []
        self.faults = [dict(fault) for fault in step.get("faults", ())]

    def fault(self, on, *names):
        for fault in self.faults:
            if fault["on"] == on and fault.get("times", 1) > 0 and fault.get("match", names[0]) in names:
                if "times" in fault:
                    fault["times"] -= 1
                return PxhelmError(fault["error"])
        return None

    def call(self, text, error=None):
        self.calls.append(f"{text}: error" if error else text)
        if error:
            raise error

    def reach(self):
        error = self.fault("reach", "*")
        if error:
            raise error

    def build(self, manifest, *, validate):
        items = []
        for text in order.split(manifest):
            try:
                document = yaml.load(text)
            except yaml.YamlError as error:
                raise PxhelmError(str(error)) from None
            if document is None:
                continue
            if not document.get("kind"):
                raise PxhelmError("Object 'Kind' is missing")
            items.append(self.item(document))
        for item in items:
            error = self.fault("build", item.address)
            if error:
                raise error
        return tuple(items)

    def item(self, document):
        kind, metadata = document["kind"], document["metadata"]
        namespace = "" if kind in CLUSTER_WIDE else metadata.get("namespace", self.namespace)
        return Item(document.get("apiVersion", ""), kind, namespace, metadata["name"], document)

    @staticmethod
    def place(item):
        return f"{item.kind}/{item.namespace}/{item.name}"

    def existing(self, item):
        found = self.objects.get(self.place(item))
        if found is None:
            return None
        metadata = found["metadata"]
        return Existing(metadata.get("labels") or {}, metadata.get("annotations") or {})

    def create(self, items):
        for item in items:
            self.create_one(item)

    def create_one(self, item):
        self.call(f"create {item.address}", self.fault("create", item.address))
        if self.place(item) in self.objects:
            self.calls[-1] += ": already exists"
            group = "" if item.kind == "Namespace" else ".proxmox.io"
            raise PxhelmError(f'{item.kind.lower()}s{group} "{item.name}" already exists')
        self.objects[self.place(item)] = copy.deepcopy(item.document)

    def update(self, original, target, *, force):
        created, updated, errors = [], [], []
        for item in target:
            if self.place(item) not in self.objects:
                created.append(item)
                try:
                    self.create_one(item)
                except PxhelmError as error:
                    failed = wrapped("failed to create resource", error)
                    raise UpdateFailedError(failed.message, Updated(tuple(created), tuple(updated)), error) from None
                continue
            updated.append(item)
            error = self.fault("update", item.address)
            if error:
                self.calls.append(f"update {item.address}: error")
                errors.append(error.message)
            elif self.objects[self.place(item)] == item.document:
                self.calls.append(f"unchanged {item.address}")
            else:
                self.calls.append(f"update {item.address}")
                self.objects[self.place(item)] = copy.deepcopy(item.document)
        if errors:
            raise UpdateFailedError(" && ".join(errors), Updated(tuple(created), tuple(updated)))
        left = {self.place(item) for item in target}
        over = [item for item in original if self.place(item) not in left and not self.kept(item)]
        gone = [item for item in over if self.place(item) in self.objects]
        self.delete(gone)
        return Updated(tuple(created), tuple(updated), tuple(gone))

    def kept(self, item):
        annotations = item.document["metadata"].get("annotations") or {}
        return annotations.get(order.POLICY_ANNOTATION) == order.KEEP

    def delete(self, items):
        errors = []
        for item in items:
            error = self.fault("delete", item.address)
            if error:
                errors.append(error)
                self.calls.append(f"delete {item.address}: error")
            elif self.objects.pop(self.place(item), None) is None:
                self.calls.append(f"delete {item.address}: absent")
            else:
                self.calls.append(f"delete {item.address}")
        return tuple(errors)

    def wait(self, items, timeout, *, jobs):
        self.wait_for("wait", items, "*")

    def wait_deleted(self, items, timeout):
        self.wait_for("waitDelete", items)

    def watch(self, items, timeout):
        self.wait_for("watch", items)

    def wait_for(self, on, items, *more):
        names = [item.address for item in items]
        self.call(f"{on} [{' '.join(names)}]", self.fault(on, *(names or ["*"]), *more))


class Clock:
    """Every reading is later than the one before, and tells its step."""

    def __init__(self):
        self.step = 0
        self.reading = 0

    def begin(self, step):
        self.step = step
        self.reading = 0

    def __call__(self):
        self.reading += 1
        return START + timedelta(minutes=self.step, microseconds=self.reading)

    @staticmethod
    def step_of(moment):
        return int((moment - START) / timedelta(minutes=1)) if moment else 0


def taken(cls, opts):
    """Build an option class from Go field names; what it does not know is the command line's affair."""
    known = cls.__dataclass_fields__
    snake = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): value for name, value in opts.items()}
    return cls(**{name: value for name, value in snake.items() if name in known})


class Player:
    """One story."""

    def __init__(self, story, renderer, store):
        self.story = story
        self.cluster = PretendedCluster()
        self.clock = Clock()
        self.store = store
        self.renderer = renderer
        self.manifests = {}

    def configuration(self, namespace):
        storage = Storage(self.store.releases, "lab-cluster", namespace, self.clock)
        return Configuration(namespace, self.cluster, storage, self.renderer, self.clock)

    def chart(self, name):
        return load({path: text.encode() for path, text in self.story["charts"][name].items()})

    def play(self, number, step):
        """Run a step and return what Helm's record of it holds."""
        self.clock.begin(number)
        self.cluster.begin(step)
        done = {}
        try:
            result = getattr(self, f"op_{step['op']}")(self.configuration(self.cluster.namespace), step)
        except PxhelmError as error:
            done["error"] = error.message
            result = [] if step["op"] == "list" else self.failed_result(error)
        if result is not None:
            done["result"] = result
        done["calls"] = self.cluster.calls
        done["objects"] = sorted(self.cluster.objects)
        done["revisions"] = self.revisions()
        return done

    def failed_result(self, error):
        if hasattr(error, "response"):
            return {"info": error.response.info, "release": shown(error.response.release)}
        release = getattr(error, "release", None)
        return shown(release) if release else None

    def values(self, step):
        return floats(step.get("values") or {})

    def op_install(self, configuration, step):
        chosen = taken(options.InstallOptions, step.get("opts", {}))
        return shown(install(configuration, step["release"], self.chart(step["chart"]), self.values(step), chosen))

    def op_upgrade(self, configuration, step):
        chosen = taken(options.UpgradeOptions, step.get("opts", {}))
        return shown(upgrade(configuration, step["release"], self.chart(step["chart"]), self.values(step), chosen))

    def op_upgradeInstall(self, configuration, step):  # noqa: N802  the story's word
        chosen = taken(options.UpgradeOptions, step.get("opts", {}))
        chart = self.chart(step["chart"])
        return shown(upgrade_or_install(configuration, step["release"], chart, self.values(step), chosen)[0])

    def op_rollback(self, configuration, step):
        # Helm v3's rollback has no description; ours is v4's.
        opts = {name: value for name, value in step.get("opts", {}).items() if name != "Description"}
        try:
            rollback(configuration, step["release"], taken(options.RollbackOptions, opts))
        except PxhelmError as error:
            # Helm's rollback returns no record.
            raise PxhelmError(error.message) from None

    def op_uninstall(self, configuration, step):
        done = uninstall(configuration, step["release"], taken(options.UninstallOptions, step.get("opts", {})))
        return {"info": done.info, "release": shown(done.release)}

    def op_test(self, configuration, step):
        filters = step.get("opts", {}).get("Filters", {})
        chosen = options.TestOptions(names=tuple(filters.get("name", ())), except_names=tuple(filters.get("!name", ())))
        return shown(run_tests(configuration, step["release"], chosen))

    def op_status(self, configuration, step):
        return shown(history.get(configuration, step["release"], step.get("opts", {}).get("Version", 0)))

    op_get = op_status

    def op_getValues(self, configuration, step):  # noqa: N802  the story's word
        opts = step.get("opts", {})
        return history.get_values(
            configuration, step["release"], opts.get("Version", 0), computed=opts.get("AllValues", False)
        )

    def op_history(self, configuration, step):
        return [shown(release) for release in history.history(configuration, step["release"])]

    def op_list(self, configuration, step):
        opts = step.get("opts", {})
        states = {status for status in Status if opts.get(status.value.capitalize())}
        states |= history.PENDING_STATES if opts.get("Pending") else set()
        chosen = history.ListOptions(
            all_namespaces=opts.get("AllNamespaces", False),
            states=history.ALL_STATES if opts.get("All") else frozenset(states) or history.DEFAULT_STATES,
            filter=opts.get("Filter", ""),
            selector=opts.get("Selector", ""),
            limit=opts.get("Limit", 0),
            offset=opts.get("Offset", 0),
            sort=history.SortBy.DATE if opts.get("ByDate") else history.SortBy.NAME,
            reverse=opts.get("Reverse", False),
        )
        rows = [history.list_json(release) for release in history.list_releases(configuration, chosen)]
        return [{**{k: v for k, v in row.items() if k != "updated"}, "revision": int(row["revision"])} for row in rows]

    def op_setStatus(self, configuration, step):  # noqa: N802  the story's word
        release = configuration.storage.get(step["release"], step["opts"]["Version"])
        release.info.status = Status(step["status"])
        configuration.storage.update(release)

    def op_putObject(self, _configuration, step):  # noqa: N802  the story's word
        item = self.cluster.item(yaml.load(step["manifest"]))
        self.cluster.objects[self.cluster.place(item)] = item.document

    def op_dropObject(self, _configuration, step):  # noqa: N802  the story's word
        del self.cluster.objects[step["object"]]

    def revisions(self):
        storage = self.configuration("").storage
        found = sorted(storage.list(all_namespaces=True), key=lambda r: (r.namespace, r.name, r.version))
        return [self.revision(release) for release in found]

    def revision(self, release):
        step_of = self.clock.step_of
        digest = release.manifest and hashlib.sha256(release.manifest.encode()).hexdigest()[:16]
        self.manifests[digest] = release.manifest
        row = {
            "chart": history.chart_label(release),
            "config": release.config,
            "deletedStep": step_of(release.info.deleted),
            "description": release.info.description,
            "firstDeployedStep": step_of(release.info.first_deployed),
            "hooks": [self.hook(hook) for hook in release.hooks],
            "lastDeployedStep": step_of(release.info.last_deployed),
            "manifest": digest,
            "name": release.name,
            "namespace": release.namespace,
            "notes": release.info.notes,
            "status": release.info.status.value,
            "version": release.version,
        }
        return {**row, "labels": release.labels} if release.labels else row

    def hook(self, hook):
        return {
            "completedStep": self.clock.step_of(hook.last_run.completed_at),
            "deletePolicies": hook.delete_policies or None,
            "events": hook.events,
            "kind": hook.kind,
            "lastRunPhase": hook.last_run.phase.value,
            "name": hook.name,
            "path": hook.path,
            "startedStep": self.clock.step_of(hook.last_run.started_at),
            "weight": hook.weight,
        }


def shown(release):
    """What a story keeps of a returned release."""
    return {
        "description": release.info.description,
        "name": release.name,
        "notes": release.info.notes,
        "status": release.info.status.value,
        "version": release.version,
    }


def floats(value):
    """Numbers as a values file would have them."""
    return json.loads(json.dumps(value), parse_int=float)


def sorted_notes(story, record):
    """Where subcharts' notes are joined, Helm's order is random: the recording has their lines sorted."""
    if not any((step.get("opts") or {}).get("SubNotes") for step in story["steps"]):
        return record
    if isinstance(record, dict):
        return {
            k: sorted(filter(None, v.split("\n"))) if k == "notes" else sorted_notes(story, v)
            for k, v in record.items()
        }
    return [sorted_notes(story, one) for one in record] if isinstance(record, list) else record


def renderer():
    """The renderer with Helm's built-in capabilities."""
    from pxhelm.release.charts import ChartRenderer
    from pxhelm.render.engine import render

    return ChartRenderer(render)


def run(story, store=None):
    """Play a story and return its mismatches with Helm v3."""
    player = Player(story, renderer(), store or MemoryStore())
    texts = story["manifests"].get("v3", {})
    problems = []
    for number, step in enumerate(story["steps"], 1):
        wanted = sorted_notes(story, {"result": None, **step["v3"]})
        got = sorted_notes(story, {"result": None, **player.play(number, step)})
        for field in sorted({*wanted, *got}):
            if wanted.get(field) != got.get(field):
                where = f"step {number} {step['op']}: {field}"
                problems.append(f"{where}: {difference(wanted.get(field), got.get(field))}")
        for revision in got["revisions"]:
            digest = revision["manifest"]
            if digest and digest not in texts:
                problems.append(f"step {number}: another manifest: {player.manifests[digest]!r}")
    return problems


def difference(wanted, got):
    """Say where two records differ first."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in sorted({*wanted, *got}):
            if wanted.get(key) != got.get(key) or (key in wanted) != (key in got):
                return f"{key}: {difference(wanted.get(key), got.get(key))}"
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for index, (one, other) in enumerate(zip(wanted, got, strict=True)):
            if one != other:
                return f"[{index}] {difference(one, other)}"
    return f"wanted {json.dumps(wanted)}, got {json.dumps(got)}"
