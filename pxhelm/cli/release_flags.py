"""From the flags of release commands to what actions take. Never calls an action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pxhelm.actions.inputs import ValueFlags, Wanted, dry_run
from pxhelm.errors import ExitCode, PxhelmError


def value_flags(options: dict[str, Any]) -> ValueFlags:
    """Return the value flags of a command's options."""
    return ValueFlags(
        files=tuple(options["values"]),
        json=tuple(options["set_json"]),
        plain=tuple(options["set"]),
        strings=tuple(options["set_string"]),
        from_files=tuple(options["set_file"]),
        literals=tuple(options["set_literal"]),
    )


def post_renderer(options: dict[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """Return the post-renderer and its arguments, None when there is none."""
    program = options["post_renderer"]
    return (program, tuple(options["post_renderer_args"])) if program else None


def seconds(text: str) -> float:
    """Read a Go duration such as ``5m0s``."""
    from pxhelm.golang.duration import parse_duration

    try:
        return parse_duration(text) / 1e9
    except ValueError as error:
        hint = f"{text} seconds are {text}s" if text.isdigit() else ""
        message = f'invalid argument "{text}" for "--timeout" flag: {error}'
        raise PxhelmError(message, code=ExitCode.USAGE, hint=hint) from None


def truth(value: str, flag: str) -> bool:
    """Read the value of a flag that may be given without one; Helm v4's wait strategies count as true."""
    if value in ("1", "t", "T", "true", "TRUE", "True", "watcher", "legacy"):
        return True
    if value in ("0", "f", "F", "false", "FALSE", "False", "hookOnly"):
        return False
    raise PxhelmError(
        f'invalid argument "{value}" for "--{flag}" flag: strconv.ParseBool: parsing "{value}": invalid syntax',
        code=ExitCode.USAGE,
        hint="true or false; of Helm v4: watcher, hookOnly or legacy",
    )


def shared(options: dict[str, Any]) -> dict[str, Any]:
    """Return what install and upgrade options have in common."""
    atomic = options["atomic"]
    return {
        "atomic": atomic,
        "wait": atomic or truth(options["wait"], "wait"),
        "wait_for_jobs": options["wait_for_jobs"],
        "timeout": seconds(options["timeout"]),
        "dry_run": dry_run(options["dry_run"]),
        "force": options["force"],
        "disable_hooks": options["no_hooks"],
        "skip_crds": options["skip_crds"],
        "create_namespace": options["create_namespace"],
        "take_ownership": options["take_ownership"],
        "sub_notes": options["render_subchart_notes"],
        "skip_schema_validation": options["skip_schema_validation"],
        "disable_openapi_validation": options["disable_openapi_validation"],
        "enable_dns": options["enable_dns"],
        "description": options["description"] or "",
        "labels": options["labels"],
    }


def wanted(name: str, chart: str, options: dict[str, Any]) -> Wanted:
    """Return what install and upgrade are given: ``chart`` is a path."""
    return Wanted(
        release=name,
        chart=chart,
        values=value_flags(options),
        strict_values=options["strict_values"],
        post_renderer=post_renderer(options),
        force_conflicts=options["force_conflicts"],
    )


def name_and_chart(arguments: Sequence[str], options: dict[str, Any]) -> tuple[str, str]:
    """Return release and chart of ``[NAME] [CHART]``, making a name when ``--generate-name`` asks for one."""
    if len(arguments) > 2:
        extra = ", ".join(arguments[2:])
        raise PxhelmError(f"expected at most two arguments, unexpected arguments: {extra}", code=ExitCode.USAGE)
    if len(arguments) == 2:
        if options.get("generate_name"):
            raise PxhelmError("cannot set --generate-name and also specify a name")
        if options.get("name_template"):
            raise PxhelmError("cannot set --name-template and also specify a name")
        return arguments[0], arguments[1]
    chart = arguments[0]
    if options.get("name_template"):
        import os
        import secrets
        import time

        from pxhelm.actions.names import from_template
        from pxhelm.gotemplate.host import Host

        return from_template(options["name_template"], Host(time.time, secrets.token_bytes), os.environ), chart
    if not options.get("generate_name"):
        raise PxhelmError("must either provide a name or specify --generate-name")
    import time
    from pathlib import PurePath

    stem = PurePath(chart).name.removesuffix(".tgz") or "chart"
    return f"{stem}-{int(time.time())}", chart
