"""Sign-in, sessions, one-time links and accounts: everything that decides who somebody is and whether they may."""

from __future__ import annotations

from pingchang_geo.workflow.access.administration import Administration
from pingchang_geo.workflow.access.signing import Signing


class Access(Signing, Administration):
    """The accounts of one data folder under one set of settings; see :class:`.ground.Ground` for what it is given.

    Every method is safe from any thread. What changes something does so in one short transaction that ends with its
    line in the audit log: no change without a line. Passwords, tokens and links are never logged.
    """
