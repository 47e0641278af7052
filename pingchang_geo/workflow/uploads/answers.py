"""What an analyst says about an inspection, and what of it still holds for the next one. Pure.

A confirmation is kept under the key of the finding that was shown: it closes this very finding, no other of its code.
What is read or computed otherwise (a data set, an encoding, a coordinate system, a correction) is kept under the code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pingchang_geo.workflow.uploads.drafts import Draft

#: Asked one after the other and alone: every further question is about what was only guessed.
_FIRST: Final = ("DATASET_SEVERAL", "LAYER_UNSURE")
#: Questions whose answer is an EPSG number.
CRS: Final = frozenset(("CRS_INFERRED", "CRS_MISSING", "CRS_CONTRADICTORY", "CRS_UNREADABLE"))
#: How the file is read, whatever its layer is.
_READING: Final = CRS | {"DATASET_SEVERAL", "ENCODING_UNSURE"}
#: Corrections of coordinates: they are about one reading of them.
_SHIFTS: Final = frozenset(("GCJ_SUSPECTED", "BD_SUSPECTED"))

#: A finding as :func:`.drafting.described` has it.
Finding = Mapping[str, Any]


def asked(found: Mapping[str, Any]) -> list[Finding]:
    """Open questions that are to be asked now."""
    still = [one for one in found["issues"] if one["level"] == "confirm"]
    alone = ([one for one in still if one["code"] == code] for code in _FIRST)
    return next((ones for ones in alone if ones), still)


def answered(draft: Draft, found: Mapping[str, Any], given: Sequence[tuple[Finding, str]]) -> Draft:
    """The draft with answers to questions of ``found``; an empty answer confirms what is proposed."""
    values = {one["code"]: value for one, value in given if value}
    if "DATASET_SEVERAL" in values:  # nothing is known yet about the file
        return replace(draft, answers={"DATASET_SEVERAL": values["DATASET_SEVERAL"]}, mapping={})
    if "LAYER_UNSURE" in values:
        return of_layer(draft, values["LAYER_UNSURE"])
    before = {name: value for name, value in draft.answers.items() if value or ":" in name}
    confirmed = {one.get("key") or one["code"]: "" for one, value in given if not value}
    answers = {**before, **values, **confirmed}
    if any(values.get(code, _epsg(found)) != _epsg(found) for code in CRS):
        answers = _without(answers, _SHIFTS)
    recoded = values.get("ENCODING_UNSURE", found["encoding"]) != found["encoding"]
    return replace(draft, answers=answers, mapping={} if recoded else draft.mapping)


def of_layer(draft: Draft, layer: str) -> Draft:
    """The draft as one of another layer: how the file is read stays, what was said about its content does not."""
    answers = {code: value for code, value in draft.answers.items() if code in _READING and value}
    return replace(draft, layer=layer, answers=answers, mapping={})


def _epsg(found: Mapping[str, Any]) -> str:
    return str(found["crs"]["epsg"])


def _without(answers: Mapping[str, str], codes: Iterable[str]) -> dict[str, str]:
    return {name: value for name, value in answers.items() if name not in codes}
