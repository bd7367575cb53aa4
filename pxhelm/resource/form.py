"""What a form is: how one leaf is read from a parameter's content and written there. ``forms`` has them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pxhelm.proxmox.wire import Value as WireValue
from pxhelm.resource.model import Value

Content = dict[str, WireValue]


@dataclass(frozen=True, slots=True)
class Form:
    """Reading and writing of one leaf; ``key`` is the sub-option (empty for a plain parameter), ``slot`` the device."""

    read: Callable[[Mapping[str, WireValue], str, str], Value]
    write: Callable[[Content, str, str, Value], None]
