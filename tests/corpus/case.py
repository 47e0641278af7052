"""What a file of the corpus is: who makes it, how, and what an analyst would want the system to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

Made = Path | Sequence[Path]

#: Every case by its name, in the order of declaration.
CASES: dict[str, Case] = {}


@dataclass(frozen=True)
class Case:
    """One file (or the files of one upload) and the answer that it has to get.

    Attributes:
        name: readable id, that of the function that makes the file.
        story: who makes such a file.
        make: writes the files into a folder and returns what the analyst submits.
        decision: accept, repair, confirm or reject.
        must: codes among the findings. Those that weigh (reject, confirm, repair) have to be listed in full.
        never: codes that would be wrong.
        layer: what is said with ``--layer``; None lets the system guess, and it has to guess ``guessed``.
        same: the content is that of the sample forest, so the canonical frame has to be the sample's.
        facts: further keys of the JSON object with their expected values; ``epsg`` stands for ``crs.epsg``.
        answers: what the analyst has already confirmed.
        hostile: goes through the real worker process as well.
    """

    name: str
    story: str
    make: Callable[[Path], Made]
    decision: str
    must: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    layer: str | None = "forest"
    same: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    hostile: bool = False

    def write(self, folder: Path) -> list[Path]:
        """Make the files in an empty folder; the paths that are submitted."""
        made = self.make(folder)
        return [made] if isinstance(made, Path) else list(made)


def _declare(
    decision: str,
    *must: str,
    each: Iterable[Any] = (),
    never: Iterable[str] = (),
    layer: str | None = "forest",
    same: bool = False,
    answers: Mapping[str, str] | None = None,
    hostile: bool = False,
    **facts: Any,
) -> Callable[[Callable[..., Made]], Callable[..., Made]]:
    def register(make: Callable[..., Made]) -> Callable[..., Made]:
        story = (make.__doc__ or "").strip()
        assert story, f"{make.__name__}: who makes such a file?"
        variants = [(f"{make.__name__}[{str(value).strip() or 'empty'}]", partial(make, value=value)) for value in each]
        for name, written in variants or [(make.__name__, make)]:
            assert name not in CASES, name
            CASES[name] = Case(
                name,
                story,
                written,
                decision,
                frozenset(must),
                frozenset(never),
                layer,
                same,
                facts,
                answers or {},
                hostile,
            )
        return make

    return register


accept = partial(_declare, "accept")
repair = partial(_declare, "repair")
confirm = partial(_declare, "confirm")
reject = partial(_declare, "reject")
