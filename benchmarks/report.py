"""docs/performance.md from results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.figures import Result


@dataclass(frozen=True)
class Setting:
    """Where and when a run was made; no host names, no paths."""

    date: str
    machine: str
    versions: tuple[tuple[str, str], ...]
    load_before: float
    load_after: float
    minutes: float
    plots: int
    many_plots: int


INTRODUCTION = """\
# Performance

Written by `make bench` (`python -m benchmarks`); do not edit. Everything below was measured in one run on one machine,
the variants of a comparison in turn (A B C, A B C, …), so that a slow moment hits all of them. Figures are medians with
(min–max) of n repetitions. Absolute seconds belong to this machine; ratios travel better.
"""

_VERDICT = {True: "met", False: "**missed**", None: "for comparison"}

RERUN = """\
## Running it again

    make bench                                  # all of it, about a quarter of an hour, writes this file
    .venv/bin/python -m benchmarks --quick      # small numbers, a few minutes, only to see that the harness works
    .venv/bin/python -m benchmarks --only join  # one benchmark; prints, does not write this file

The test data (reference layers with as many plots as stated) are built and published once into `build/bench/` and kept
until the builder or the code that derives from it changes; `rm -r build/bench` starts afresh. Let the machine be idle:
the load average before and after the run stands above.
"""


def render(setting: Setting, results: Sequence[Result]) -> str:
    """The whole page as Markdown."""
    parts = [
        INTRODUCTION,
        _setting(setting),
        _targets(results),
        _shortfalls(results),
        _figures(results),
        _methods(results),
    ]
    return "\n".join([*parts, RERUN])


def _setting(setting: Setting) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in setting.versions)
    return (
        f"- Date: {setting.date}; duration {setting.minutes:.0f} min\n"
        f"- Machine: {setting.machine}; load average {setting.load_before:.2f} before, {setting.load_after:.2f} after\n"
        f"- Versions: {versions}\n"
        f"- Plots: {setting.plots:,}, and {setting.many_plots:,} where stated\n"
    )


def _targets(results: Sequence[Result]) -> str:
    lines = ["## Targets", "", "| benchmark | target | reached | verdict |", "|---|---|---|---|"]
    for result in results:
        lines += [
            f"| {result.title} | {_cell(check.target)} | {_cell(check.reached)} | {_VERDICT[check.met]} |"
            for check in result.checks
        ]
    return "\n".join([*lines, ""])


def _shortfalls(results: Sequence[Result]) -> str:
    missed = [
        f"- **{result.title}**: {check.target}, reached {check.reached}."
        for result in results
        for check in result.checks
        if check.met is False
    ]
    remarks = [f"- {result.title}: {remark}" for result in results for remark in result.remarks]
    return "\n".join(["## What falls short", "", *(missed or ["No target was missed in this run."]), *remarks, ""])


def _figures(results: Sequence[Result]) -> str:
    lines = ["## All figures", "", "| benchmark | what | n | median (min–max) | |", "|---|---|---|---|---|"]
    for result in results:
        lines += [
            f"| {result.title} | {_cell(figure.label)} | {figure.n} | {figure.text()} | {_cell(figure.note)} |"
            for figure in result.figures
        ]
    return "\n".join([*lines, ""])


def _methods(results: Sequence[Result]) -> str:
    lines = ["## What each benchmark measures", ""]
    for result in results:
        lines += [f"**{result.title}** (`--only {result.name}`). {result.method}", ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
