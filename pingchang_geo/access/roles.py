"""Rights, and the three roles that bundle them. The one place that says who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """What can be allowed."""

    VIEW = "view"
    #: Upload layer data, publish, go back, work on drafts.
    UPDATE = "update"
    #: Read the audit log.
    LOG = "log"
    #: Accounts, roles, links, sessions of others.
    ADMINISTER = "administer"

    @property
    def label(self) -> str:
        """For the screen, after 没有…的权限."""
        return _RIGHT_LABELS[self]


class Role(StrEnum):
    """What a person is here as; each role covers what the one before it covers."""

    VIEWER = "viewer"
    ANALYST = "analyst"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        """For the screen."""
        return _ROLE_LABELS[self]

    def covers(self, right: Right) -> bool:
        """Whether the role has the right; a right that no line below names is nobody's."""
        return right in _RIGHTS[self]


_RIGHT_LABELS: Final[Mapping[Right, str]] = {
    Right.VIEW: "查看",
    Right.UPDATE: "更新数据",
    Right.LOG: "查看操作日志",
    Right.ADMINISTER: "管理用户",
}
_ROLE_LABELS: Final[Mapping[Role, str]] = {Role.VIEWER: "查看者", Role.ANALYST: "数据员", Role.ADMIN: "管理员"}
_RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset({Right.VIEW}),
    Role.ANALYST: frozenset({Right.VIEW, Right.UPDATE}),
    Role.ADMIN: frozenset({Right.VIEW, Right.UPDATE, Right.LOG, Right.ADMINISTER}),
}


def least_role(right: Right) -> Role:
    """The smallest role that has a right, for messages that say what is needed."""
    return next(role for role in Role if role.covers(right))
