"""The documents of a YAML stream: libyaml reads what it surely reads as goyaml does, the port of goyaml's own all else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pxhelm.golang.yaml_nodes import Node, UnsureError, libyaml_documents


def first_document(text: str) -> Node | None:
    """Return the root of the first document, None when there is none; YamlError as goyaml words it."""
    return next(documents(text), None)


def documents(text: str) -> Iterator[Node]:
    """Yield the root node of each document of the stream; YamlError as goyaml words it."""
    done = 0
    try:
        for root in libyaml_documents(text):
            done += 1
            yield root
    except UnsureError:
        from pxhelm.golang.yaml_parser import Parser

        yield from islice(Parser(text).documents(), done, None)
