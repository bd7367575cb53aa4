"""Makes of an answer of the simulator one that no Proxmox would give: by a seed, so that each can be had again."""

import json
import random
from dataclasses import replace

HTML = b"<html><head><title>502 Proxy Error</title></head><body>The proxy server received an invalid response.</body></html>"
SCALARS = ("text", "", -1, 1.5, True, None)
STRANGE = (None, [], {}, "text", 7, ["text"], [None], {"a": {"b": []}}, [[]], "UPID:text", True)


def whole(chance, body):
    """Return another body in place of the whole."""
    return chance.choice(
        (HTML, b"", b"null", b"[]", b'"text"', b"{}", b'{"data"', body[: len(body) // 2], b"\xff\xfe{}")
    )


def data(chance, found):
    """Return other data of another type."""
    return chance.choice([each for each in STRANGE if type(each) is not type(found)])


def row(chance, found):
    """Return a list in which one entry is something else, or lacks a key, or has another value under one."""
    if not isinstance(found, list) or not found:
        return key(chance, found)
    number = chance.randrange(len(found))
    if chance.random() < 0.3:
        return [*found[:number], data(chance, found[number]), *found[number + 1 :]]
    return [*found[:number], key(chance, found[number]), *found[number + 1 :]]


def key(chance, found):
    """Return an object without one of its keys, or with a strange value under one."""
    if not isinstance(found, dict) or not found:
        return data(chance, found)
    name = chance.choice(sorted(found))
    if chance.random() < 0.4:
        return {k: v for k, v in found.items() if k != name}
    return {**found, name: data(chance, found[name])}


class Garbler:
    """Garbles the Nth answer that a cluster gives from now on; by what, the seed decides."""

    def __init__(self, handle):
        self.handle = handle
        self.seen = 0
        self.at = 0
        self.chance = random.Random(0)
        self.met = ""
        self.wrote = self.before = False
        """Whether anything was written, and whether that was before the answer was garbled."""
        self.malformed = False
        """Whether no reading of it could be right: not only a value or a key of a row is strange."""

    def arm(self, number, seed):
        """Garble the Nth answer from now on; 0 = none."""
        self.seen, self.at, self.met, self.malformed = 0, number, "", False
        self.wrote = self.before = False
        self.chance = random.Random(seed)

    def __call__(self, request):
        answer = self.handle(request)
        if answer.status != 200 or request.target.startswith("/simulator"):
            return answer
        self.seen += 1
        self.wrote |= request.method != "GET"
        if self.seen != self.at:
            return answer
        body, self.before = self.garbled(answer.body), self.wrote
        path = request.target.removeprefix("/api2/json")
        self.met = f"{request.method} {path}: {body[:300]!r}"
        return replace(answer, body=body)

    def garbled(self, body):
        how = self.chance.choice(("whole", "data", "row", "row", "key"))
        try:
            told = json.loads(body)
        except ValueError:
            how = "whole"
        self.malformed = how in ("whole", "data")
        if how == "whole":
            return whole(self.chance, body)
        told["data"] = {"data": data, "row": row, "key": key}[how](self.chance, told["data"])
        return json.dumps(told).encode()
