"""Accounts with a clock that stands still, a log in a list and passwords that cost nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from pingchang_geo.access import Actor, Role, SignedIn, operator
from pingchang_geo.access.passwords import Passwords
from pingchang_geo.settings import Settings
from pingchang_geo.store.directory import FILE, Directory
from pingchang_geo.workflow.access import Access

QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), waiting=100)
PASSWORD = "云台湖边种了三棵大柏树"
OTHER_PASSWORD = "松涛竹海晨雾清风明月"
HERE, ELSEWHERE = "10.1.1.1", "203.0.113.9"
OPERATOR = operator("root")
MINUTE, HOUR, DAY = 60, 3600, 86_400


class Desk:
    """Access to the accounts of a folder, and what the tests turn and look at."""

    def __init__(self, folder: Path, passwords: Passwords = QUICK, **chosen: Any) -> None:
        self.now = 1_800_000_000.0
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.directory = Directory(folder / FILE)
        self.settings = Settings(data_dir=folder, **chosen)
        self.passwords = passwords
        self.access = self.again()

    def again(self, **chosen: Any) -> Access:
        """The same accounts, as after a restart with other settings."""
        settings = Settings(**{**self.settings.model_dump(), **chosen})
        return Access(self.directory, lambda *line: self.lines.append(line), settings, lambda: self.now, self.passwords)

    def later(self, seconds: float) -> None:
        self.now += seconds

    def user(self, name: str, role: Role = Role.VIEWER, password: str = PASSWORD) -> SignedIn:
        """A new account whose owner has chosen a password; signed in."""
        return self.access.accept(self.access.invite(name, role, OPERATOR), password)

    def actor(self, name: str, role: Role) -> Actor:
        return self.user(name, role).actor

    def actions(self) -> list[str]:
        return [action for _, action, _ in self.lines]

    def last(self) -> tuple[str, str, dict[str, Any]]:
        return self.lines[-1]
