"""Who works on the command line: whoever the operating system says, or whoever they say they are."""

from __future__ import annotations

import getpass
import os

from pingchang_geo.access import Actor, operator


def operator_of(named: str = "") -> Actor:
    """The operator under the name given, or the system's; a container may know its user by number only."""
    if named:
        return operator(named)
    try:
        return operator(getpass.getuser())
    except (KeyError, OSError):
        return operator(f"uid {os.getuid()}")
