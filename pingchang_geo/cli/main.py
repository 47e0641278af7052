"""Commands and their exit codes: 0 done, 1 found what was looked for, 2 refused or broken, 3 a question is open."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pingchang_geo.cli import accounts, briefings, data, factsheets, operate, site, users, versions
from pingchang_geo.errors import PingchangError
from pingchang_geo.workflow.operations.readiness import say_refusal


def parser() -> argparse.ArgumentParser:
    """The whole command line; every command's module adds its own."""
    root = argparse.ArgumentParser(prog="python -m pingchang_geo", description="平昌县生态资产一张图：命令行")
    commands = root.add_subparsers(dest="command", required=True, metavar="命令")
    data.add_commands(commands)
    accounts.add_commands(commands)
    site.add_commands(commands)
    versions.add_commands(commands)
    users.add_commands(commands)
    operate.add_commands(commands)
    briefings.add_commands(commands)
    factsheets.add_commands(commands)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a :class:`PingchangError` becomes a Chinese sentence on standard error."""
    chosen = parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except PingchangError as error:
        say_refusal(error)
        return error.exit_code
