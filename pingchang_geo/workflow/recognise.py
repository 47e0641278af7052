"""Which layer a file belongs to, by its columns and geometry types. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from pingchang_geo import fieldmap, layers
from pingchang_geo.fieldmap import FieldMapping
from pingchang_geo.issues import Issue
from pingchang_geo.messages import issue
from pingchang_geo.specs import LayerSpec
from pingchang_geo.validation.model import type_numbers

#: Fields more that another layer must explain before a file is called wrong for the layer named.
_CLEARLY: Final = 3.0
#: Lead that the best guess needs over the next one.
_MARGIN: Final = 0.5
_TOTAL_VOLUME: Final = "volume_m3"


@dataclass(frozen=True)
class _Fit:
    spec: LayerSpec
    mapping: FieldMapping
    #: Sum of the confidences of the mapped columns.
    score: float
    shapes_fit: bool

    @property
    def complete(self) -> bool:
        """Nothing required is missing."""
        return not self.mapping.missing or (
            volume_derivable(self.spec, self.mapping) and len(self.mapping.missing) == 1
        )


def volume_derivable(spec: LayerSpec, mapping: FieldMapping) -> bool:
    """Whether volume per hectare is missing but follows from the total volume."""
    role = spec.carbon
    return role is not None and role.volume_m3_ha not in mapping.pairs and _TOTAL_VOLUME in mapping.pairs


def _fit(
    spec: LayerSpec, columns: Sequence[str], samples: Mapping[str, Sequence[str]], kinds: NDArray[np.int64]
) -> _Fit:
    mapping = fieldmap.map_columns(spec, columns, samples)
    wanted = np.isin(kinds, type_numbers(spec.geometry))
    score = sum(match.confidence for match in mapping.pairs.values())
    return _Fit(spec, mapping, score, not len(kinds) or bool(wanted.mean() > 0.5))


def layer_of(
    table: pd.DataFrame, samples: Mapping[str, Sequence[str]], geometry: NDArray[Any], known: str | None
) -> tuple[str | None, str, list[Issue]]:
    """Layer id, why, and what has to be said: a guess that is not sure, or a file that looks like another layer."""
    kinds = shapely.get_type_id(geometry).astype(np.int64)
    kinds = kinds[kinds >= 0]
    fits = [_fit(spec, list(table.columns), samples, kinds) for spec in layers.all_specs()]
    ranked = sorted(
        (fit for fit in fits if fit.shapes_fit and fit.complete and fit.mapping.pairs),
        key=lambda fit: (-fit.score, fit.spec.name_field not in fit.mapping.pairs, fit.spec.base_map),
    )
    if known is not None:
        return known, "由使用者指定", _looks_like_another(known, fits, ranked)
    if not ranked:
        partial = max(fits, key=lambda fit: fit.score)
        if partial.score >= _CLEARLY:
            return partial.spec.id, f"{len(partial.mapping.pairs)} 个字段相符，但不齐全", []
        return None, "", [issue("LAYER_NONE")]
    best = ranked[0]
    evidence = f"{len(best.mapping.pairs)} 个字段与「{best.spec.title}」相符"
    rivals = [fit for fit in ranked if fit.score > best.score - _MARGIN]
    if len(rivals) == 1:
        return best.spec.id, evidence, []
    listed = "、".join(f"{fit.spec.id}（{fit.spec.title}）" for fit in rivals)
    return best.spec.id, evidence, [issue("LAYER_UNSURE", candidates=listed)]


def _looks_like_another(known: str, fits: Sequence[_Fit], ranked: Sequence[_Fit]) -> list[Issue]:
    own = next(fit for fit in fits if fit.spec.id == known)
    other = next((fit for fit in ranked if fit.spec.id != known), None)
    if other is None or own.score > other.score - (_CLEARLY if own.complete and own.shapes_fit else _MARGIN):
        return []
    evidence = f"{len(other.mapping.pairs)} 个字段与「{other.spec.title}」相符"
    return [issue("LAYER_WRONG", layer=own.spec.title, other=other.spec.title, evidence=evidence)]
