"""Snippets: found where they are, and an honest word where they are not."""

import pytest

from pxhelm.errors import PxhelmError

from .conftest import resource

SNIPPET = "apiVersion: proxmox.io/v1\nkind: Snippet\nmetadata: {name: base.yaml}\nspec: %s\n"


def test_one_that_is_not_there_says_what_to_do(cluster, apply_to):
    it = apply_to(cluster, resource(SNIPPET % "{storage: local}"))
    with pytest.raises(PxhelmError, match="Proxmox' API takes no snippets") as caught:
        it.steps()
    assert "snippets/base.yaml on storage local" in caught.value.hint


def test_new_content_is_a_new_file(cluster, apply_to):
    names = {
        apply_to(
            cluster, resource(SNIPPET % f"{{storage: local, content: {{package_update: {value}}}}}")
        ).kind.identifier(resource(SNIPPET % f"{{storage: local, content: {{package_update: {value}}}}}"))
        for value in ("true", "false")
    }
    assert len(names) == 2
    assert all(name.startswith("local:snippets/base-") and name.endswith(".yaml") for name in names)
