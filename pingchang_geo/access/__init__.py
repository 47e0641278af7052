"""Who may do what: roles and rights, the people who act, what an address needs, passwords and tokens. Pure."""

from pingchang_geo.access.model import (
    ANONYMOUS,
    Actor,
    Invitation,
    Session,
    SignedIn,
    Source,
    User,
    operator,
)
from pingchang_geo.access.policy import Need, need
from pingchang_geo.access.roles import Right, Role

__all__ = [
    "ANONYMOUS",
    "Actor",
    "Invitation",
    "Need",
    "Right",
    "Role",
    "Session",
    "SignedIn",
    "Source",
    "User",
    "need",
    "operator",
]
