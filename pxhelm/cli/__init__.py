"""The command line: parse, call one action, render.

Holds the lazy table of commands: name, module below ``pxhelm.cli.commands``, one line of help. Modules are named as
texts so that start-up stays cheap; the binary's build collects the whole folder. Never decides anything about a
cluster, a chart or a release.
"""

from __future__ import annotations

VERSION = "0.1.0"

CHART, RELEASE, CLUSTER, SETUP = "Charts", "Releases", "Cluster", "Set-up"

COMMANDS: dict[str, tuple[str, str, str]] = {
    "create": ("create", CHART, "create a new chart with the given name"),
    "template": ("template", CHART, "locally render templates"),
    "values": ("values", CHART, "show a chart's values, and where each comes from"),
    "tpl": ("tpl", CHART, "evaluate a template expression in a chart"),
    "lint": ("lint", CHART, "examine a chart for possible issues"),
    "package": ("package", CHART, "package a chart directory into a chart archive"),
    "show": ("show", CHART, "show information of a chart"),
    "dependency": ("dependency", CHART, "manage a chart's dependencies"),
    "repo": ("repo", CHART, "add, list, remove, update, and index chart repositories"),
    "search": ("search", CHART, "search for a keyword in charts"),
    "pull": ("pull", CHART, "download a chart from a repository"),
    "unittest": ("unittest", CHART, "run the tests of a chart"),
    "push": ("push", CHART, "push a chart to remote"),
    "registry": ("registry", CHART, "login to or logout from a registry"),
    "verify": ("verify", CHART, "verify that a chart has been signed and is valid"),
    "docs": ("docs", CHART, "write a chart's documentation from its values"),
    "schema": ("schema", CHART, "write the schema of a chart's values"),
    "install": ("install", RELEASE, "install a chart"),
    "upgrade": ("upgrade", RELEASE, "upgrade a release"),
    "rollback": ("rollback", RELEASE, "roll back a release to a previous revision"),
    "uninstall": ("uninstall", RELEASE, "uninstall a release"),
    "test": ("test", RELEASE, "run the tests of a release"),
    "list": ("list_", RELEASE, "list releases"),
    "history": ("history", RELEASE, "fetch release history"),
    "status": ("status", RELEASE, "display the status of the named release"),
    "get": ("get", CLUSTER, "show objects of the cluster, or parts of a release"),
    "describe": ("describe", CLUSTER, "show one object in full"),
    "explain": ("explain", CLUSTER, "show the fields of a kind, and what Proxmox makes of them"),
    "api-resources": ("api_resources", CLUSTER, "list the kinds there are"),
    "top": ("top", CLUSTER, "show what nodes and guests use"),
    "events": ("events", CLUSTER, "show what happened to objects"),
    "logs": ("logs", CLUSTER, "print the log of a task, or of a guest's latest one"),
    "wait": ("wait", CLUSTER, "wait until objects are as wanted"),
    "plan": ("plan", CLUSTER, "show what an install, upgrade or apply would do"),
    "diff": ("diff", CLUSTER, "show how the cluster differs from a chart or a manifest"),
    "apply": ("apply", CLUSTER, "apply manifests, or a saved plan"),
    "validate": ("validate", CLUSTER, "check manifests without a cluster"),
    "edit": ("edit", CLUSTER, "edit an object's manifest in your editor, and apply it"),
    "scale": ("scale", CLUSTER, "give a set of guests another number of members"),
    "label": ("label", CLUSTER, "set or remove labels of objects"),
    "annotate": ("annotate", CLUSTER, "set or remove annotations of objects"),
    "delete": ("delete", CLUSTER, "delete objects named in manifests or by kind and name"),
    "undelete": ("undelete", CLUSTER, "bring guests back out of the trash"),
    "trash": ("trash", CLUSTER, "show what is in the trash, or empty it"),
    "vm": ("vm", CLUSTER, "create, start, stop, restart or delete virtual machines"),
    "container": ("container", CLUSTER, "create, start, stop, restart or delete containers"),
    "exec": ("exec", CLUSTER, "run a command in a virtual machine"),
    "cp": ("cp", CLUSTER, "copy a file to or from a virtual machine"),
    "api": ("api", CLUSTER, "call any endpoint of the Proxmox VE API, checked by its schema"),
    "import": ("import_", CLUSTER, "take existing guests under management, as manifests or a chart"),
    "state": ("state", CLUSTER, "show what pxhelm remembers of the guests, or rebuild it from them"),
    "discover": ("discover", CLUSTER, "record what the cluster holds in the store"),
    "config": ("config", SETUP, "manage contexts: clusters and how to reach them"),
    "test-connection": ("test_connection", SETUP, "check address, certificate, token and rights"),
    "simulate": ("simulate", SETUP, "serve a simulated Proxmox VE cluster"),
    "env": ("env", SETUP, "print the environment that pxhelm works in"),
    "completion": ("completion", SETUP, "generate the completion script for a shell"),
    "version": ("version", SETUP, "print the version"),
}

ALIASES = {
    "ls": "list",
    "hist": "history",
    "un": "uninstall",
    "del": "uninstall",
    "ct": "container",
    **dict.fromkeys(("dep", "dependencies"), "dependency"),
    "inspect": "show",
    "fetch": "pull",
}

HELM = frozenset(
    [
        "create",
        "template",
        "install",
        "upgrade",
        "rollback",
        "uninstall",
        "test",
        "list",
        "history",
        "status",
        "lint",
        "package",
        "show",
        "dependency",
        "repo",
        "search",
        "pull",
        "push",
        "registry",
        "verify",
        "env",
        "version",
        "completion",
    ]
)
"""Commands whose every failure exits with 1, usage included, as Helm's do (engine.md D19)."""


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status."""
    if arguments == ["version"]:
        print(f"pxhelm {VERSION}")  # noqa: T201 - answered before anything is imported
        return 0
    if arguments[:1] == ["__jinja__"]:
        from pxhelm.app import jinja_child

        return jinja_child()
    from pxhelm.cli.root import run

    return run(arguments)
