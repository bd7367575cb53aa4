import pytest

from pxhelm.chart.load import load
from pxhelm.errors import PxhelmError
from pxhelm.manifest import Manifest
from pxhelm.release.charts import ChartRenderer
from pxhelm.release.rendering import RenderRequest
from pxhelm.render import model

FILES = {
    "Chart.yaml": b"apiVersion: v2\nname: web\nversion: 0.1.0\ndependencies: [{name: db, version: '*', condition: db.enabled}]\n",
    "values.yaml": b"cores: 2\ndb: {enabled: false}\n",
    "values.schema.json": b'{"properties": {"cores": {"type": "number"}}}',
    "charts/db/Chart.yaml": b"apiVersion: v2\nname: db\nversion: 1.0.0\n",
}


class Engine:
    """Remembers what it was asked and gives one manifest and one hook."""

    def __call__(self, request):
        self.request = request
        one = Manifest("kind: Pool", "web/templates/p.yaml", 1, {"kind": "Pool", "metadata": {"name": "p"}})
        task = Manifest("kind: Task", "web/templates/t.yaml", 1, {"kind": "Task", "metadata": {"name": "t"}})
        hook = model.Hook(task, ("test",), -2, ("hook-failed",), ("hook-succeeded",))
        return model.Rendered(request.chart, (one,), (hook,), "notes")


def request(values=None, **over):
    return RenderRequest(load(FILES), values or {}, "rel", "prod", **over)


def test_dependencies_are_settled_before_the_engine_sees_the_chart():
    engine = Engine()
    renderer = ChartRenderer(engine)
    prepared = renderer.prepare(request({"cores": 4.0}, revision=3, is_upgrade=True, sub_notes=True))
    assert prepared.chart.dependencies == ()
    rendered = renderer.render(prepared)
    assert engine.request.release == model.ReleaseInfo("rel", "prod", 3, is_upgrade=True)
    assert engine.request.options == model.Options(skip_schema=True, process_dependencies=False, sub_notes=True)
    assert engine.request.chart is prepared.chart
    assert rendered.manifest == "---\n# Source: web/templates/p.yaml\nkind: Pool\n"
    assert rendered.notes == "notes"
    (hook,) = rendered.hooks
    assert (hook.name, hook.address, hook.path) == ("t", "Task/t", "web/templates/t.yaml")
    assert (hook.events, hook.weight, hook.delete_policies) == (["test"], -2, ["hook-failed"])


def test_values_are_checked_before_anything_is_rendered():
    with pytest.raises(PxhelmError, match="values don't meet the specifications of the schema"):
        ChartRenderer(Engine()).prepare(request({"cores": "many"}))
    assert ChartRenderer(Engine()).prepare(request({"cores": "many"}, skip_schema_validation=True))


def test_the_manifest_is_post_rendered_and_a_failure_says_so():
    def broken(_text):
        raise PxhelmError("exit status 1")

    shout = ChartRenderer(Engine(), post_render=str.upper)
    assert shout.render(shout.prepare(request())).manifest.endswith("KIND: POOL\n")
    failing = ChartRenderer(Engine(), post_render=broken)
    with pytest.raises(PxhelmError, match=r"^error while running post render on files: exit status 1$"):
        failing.render(failing.prepare(request()))


def test_the_host_knows_whether_it_may_ask_the_cluster():
    asked = []
    renderer = ChartRenderer(Engine(), host=lambda one: asked.append(one.live))
    renderer.render(renderer.prepare(request(live=False)))
    assert asked == [False]
