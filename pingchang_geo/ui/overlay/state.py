"""What the reader has chosen on the page 叠加分析 ↔ the address bar: either two layers, or a ready result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import streamlit as st

from pingchang_geo.ui.asked import settle
from pingchang_geo.ui.state import notice
from pingchang_geo.workflow.overlays import MOST_BUFFER_M

#: Parameters of the page's own.
PARAMETERS: Final = frozenset({"left", "right", "km", "by", "measure", "ready"})


@dataclass(frozen=True)
class Offer:
    """What can be chosen, by id; the first of each is the default.

    ``groupings`` and ``measures`` are columns by counted layer, ``ready`` the measures of each ready result.
    """

    lefts: tuple[str, ...]
    rights: tuple[str, ...]
    groupings: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, tuple[str, ...]]
    ready: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Choice:
    """One reader's choice. With ``ready`` the layers do not matter; ``by`` and ``measure`` may be empty."""

    left: str
    right: str
    buffer_km: float = 0.0
    by: str = ""
    measure: str = ""
    ready: str = ""

    @property
    def buffer_m(self) -> float:
        """The buffer in metres."""
        return self.buffer_km * 1000


def defaults(offer: Offer, left: str = "", ready: str = "") -> Choice:
    """The choice of an address that says nothing, or nothing but the counted layer or the ready result."""
    left = left or offer.lefts[0]
    right = next(layer for layer in offer.rights if layer != left)
    by, measures = (*offer.groupings[left], "")[0], (offer.ready[ready] if ready else offer.measures[left])
    return Choice(left, right, by=by, measure=(*measures, "")[0], ready=ready)


def decode(params: Mapping[str, str], offer: Offer) -> tuple[Choice, list[str]]:
    """Choice from an address, and the names of our parameters that were not understood."""
    bad: list[str] = []
    left, ready = params.get("left", ""), params.get("ready", "")
    if left and left not in offer.lefts:
        left = ""
        bad.append("left")
    if ready and ready not in offer.ready:
        ready = ""
        bad.append("ready")
    choice = defaults(offer, left, ready)
    measures = offer.ready[ready] if ready else offer.measures[choice.left]
    readers: dict[str, Any] = {
        "right": lambda text: {"right": _one_of(text, offer.rights, but=choice.left)},
        "km": lambda text: {"buffer_km": kilometres(text)},
        "by": lambda text: {"by": _one_of(text, offer.groupings[choice.left])},
        "measure": lambda text: {"measure": _one_of(text, measures)},
    }
    for name, reader in readers.items():
        if name in params:
            try:
                choice = replace(choice, **reader(params[name]))
            except ValueError:
                bad.append(name)
    return choice, bad


def encode(choice: Choice, offer: Offer) -> dict[str, str]:
    """Parameters of a choice; whatever is as by default is left out."""
    plain = defaults(offer, choice.left, choice.ready)
    found = {
        "left": choice.left if choice.left != offer.lefts[0] else "",
        "right": choice.right if choice.right != plain.right else "",
        "km": f"{choice.buffer_km:g}" if choice.buffer_km else "",
        "by": choice.by if choice.by != plain.by else "",
        "measure": choice.measure if choice.measure != plain.measure else "",
        "ready": choice.ready,
    }
    return {name: text for name, text in found.items() if text}


def read(offer: Offer) -> Choice:
    """The choice of this run; what the address held beyond understanding is named and dropped."""
    settle()
    choice, bad = decode(st.query_params.to_dict(), offer)
    if bad:
        notice(bad)
    _store(choice, offer)
    return choice


def change(offer: Offer, **changes: Any) -> None:
    """Write changes into the address; for what :func:`~pingchang_geo.ui.asked.later` does before a run reads it.

    With another counted layer or ready result its own defaults hold for what depends on it.
    """
    before, _ = decode(st.query_params.to_dict(), offer)
    after = replace(before, **changes)
    if after.left == after.right:
        after = replace(after, right=before.left if before.left != after.left else defaults(offer, after.left).right)
    if (after.left, after.ready) != (before.left, before.ready):
        plain = defaults(offer, after.left, after.ready)
        after = replace(after, by=plain.by, measure=plain.measure)
    _store(after, offer)


def kilometres(text: str) -> float:
    """A buffer as people write it: ``3``, ``2.5 km``, ``１公里``.

    Raises:
        ValueError: no number from 0 to 20.
    """
    words = text.strip().lower()
    for unit in ("km", "千米", "公里"):
        words = words.removesuffix(unit).strip()
    number = float(words)
    if not (math.isfinite(number) and 0 <= number <= MOST_BUFFER_M / 1000):
        raise ValueError(text)
    return round(number, 3)


def _store(choice: Choice, offer: Offer) -> None:
    params = st.query_params.to_dict()
    others = {name: text for name, text in params.items() if name not in PARAMETERS}
    wanted = {**others, **encode(choice, offer)}
    if wanted != params:
        st.query_params.from_dict(wanted)


def _one_of(text: str, known: tuple[str, ...], but: str = "") -> str:
    if text not in known or text == but:
        raise ValueError(text)
    return text
