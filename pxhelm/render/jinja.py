"""Jinja templates (``*.j2``): the job, the sandboxed rendering of it, the answer.

Runs in a child process with limits, started by ``sandbox``; here is what happens inside, pure. Never sees a file, the
environment or the clock; the sandbox of Jinja keeps templates from Python's internals, the process limits from the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from pxhelm.errors import Where
from pxhelm.render.model import JinjaJob, RenderError

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

SUFFIX: Final = ".j2"
MAX_RANGE: Final = 100_000
MAX_OUTPUT: Final = 16 * 1024 * 1024


def encode(job: JinjaJob) -> bytes:
    """Write a job for the child."""
    items = [{"name": i.name, "scope": i.scope, "context": plain(i.context)} for i in job.items]
    return json.dumps({"items": items, "sources": dict(job.sources)}).encode()


def decode(answer: bytes) -> dict[str, str]:
    """Read the child's answer: outputs by template.

    Raises:
        RenderError: what the template did wrong, with its line.
    """
    found = json.loads(answer)
    if "error" in found:
        error = found["error"]
        where = Where(error["template"], error["line"], 0, error["text"])
        raise RenderError(f"cannot render {error['template']}: {error['message']}", where=where)
    return {str(name): str(text) for name, text in found["outputs"].items()}


def plain(value: Any) -> Any:
    """Return values as JSON that reads well in Jinja: YAML's 3 is 3 again, not 3.0."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def answer(request: bytes, functions: Mapping[str, Callable[..., object]]) -> bytes:
    """Render a job and return the answer for the parent; errors are answers too."""
    import jinja2

    job = json.loads(request)
    sources = job["sources"]
    environment = _environment(sources, functions)
    outputs: dict[str, str] = {}
    size = 0
    for item in job["items"]:
        environment.globals["chart_path"] = item["scope"]
        try:
            outputs[item["name"]] = text = environment.get_template(item["name"]).render(item["context"])
        except jinja2.TemplateError as e:
            return _failure(e, item["name"], sources)
        except (ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as e:
            return _failure(e, item["name"], sources)
        size += len(text)
        if size > MAX_OUTPUT:
            return _error(f"output is larger than {MAX_OUTPUT} characters", item["name"], 0, sources)
    return json.dumps({"outputs": outputs}).encode()


def _environment(sources: Mapping[str, str], functions: Mapping[str, Callable[..., object]]) -> SandboxedEnvironment:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        def join_path(self, template: str, parent: str) -> str:
            """Find ``include "x"`` beside the template, then in the chart's templates."""
            folder = parent.rpartition("/")[0]
            beside = f"{folder}/{template}"
            return beside if beside in sources else f"{self.globals['chart_path']}/templates/{template}"

    environment = Environment(
        loader=jinja2.DictLoader(dict(sources)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    for name, call in functions.items():
        environment.globals.setdefault(name, call)
        environment.filters.setdefault(name, _as_filter(call))
    environment.globals["range"] = _range
    environment.globals["fail"] = _fail
    environment.globals["required"] = _required
    environment.filters["required"] = lambda value, message: _required(message, value)
    return environment


def _as_filter(call: Callable[..., object]) -> Callable[..., object]:
    """``x | f(a)`` is ``{{ x | f a }}`` of Go templates: the piped value comes last."""

    def piped(value: object, *arguments: object) -> object:
        return call(*arguments, value)

    return piped


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > MAX_RANGE:
        raise OverflowError(f"range of {len(found)} is longer than {MAX_RANGE}")
    return found


def _fail(message: object) -> object:
    raise ValueError(str(message))


def _required(message: object, value: object = None) -> object:
    if value is None or value == "":
        raise ValueError(str(message))
    return value


def _failure(error: Exception, name: str, sources: Mapping[str, str]) -> bytes:
    import traceback

    line = getattr(error, "lineno", None) or 0
    where = getattr(error, "name", None) or name
    if not line:
        # Jinja rewrites tracebacks so that frames of templates carry the template's own lines.
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in ("<template>", *sources)]
        line = (frames[-1].lineno or 0) if frames else 0
    message = str(error) or type(error).__name__
    return _error(message, where if where in sources else name, line, sources)


def _error(message: str, name: str, line: int, sources: Mapping[str, str]) -> bytes:
    lines = sources.get(name, "").split("\n")
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    return json.dumps({"error": {"message": message, "template": name, "line": line, "text": text}}).encode()
