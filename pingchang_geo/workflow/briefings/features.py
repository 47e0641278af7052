"""Features by their name or key, so that scenes survive a new version of the layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pingchang_geo.workflow.atlas import LayerData


def rows_of(data: LayerData, key: str) -> NDArray[np.int64]:
    """Rows whose name, title or key is ``key``; several where names repeat, none where there is no such feature."""
    for texts in _namings(data):
        rows = np.flatnonzero(texts == key)
        if rows.size:
            return rows.astype(np.int64)
    return np.empty(0, dtype=np.int64)


def key_of(data: LayerData, row: int) -> str:
    """Text by which :func:`rows_of` finds a feature again; empty for one that has neither name nor key."""
    for texts in _namings(data):
        if texts[row] and np.count_nonzero(texts == texts[row]) == 1:
            return str(texts[row])
    return next((str(texts[row]) for texts in _namings(data) if texts[row]), "")


def _namings(data: LayerData) -> Iterator[NDArray[np.object_]]:
    """Columns of texts that may name a feature, the most telling first. Numbers given by row are none of them."""
    spec, frame = data.spec, data.frame
    if spec.name_field == "name" or len(spec.key) == 1:
        yield _texts(frame[spec.name_field])
    keys = [name for name in spec.key if name in frame.columns]
    if len(keys) > 1:
        columns = [_texts(frame[name]) for name in keys]
        joined = np.array(["-".join(part for part in row if part) for row in zip(*columns, strict=True)], dtype=object)
        yield joined
        yield np.array([f"{spec.noun} {text}" if text else "" for text in joined], dtype=object)
    elif keys and keys[0] != spec.name_field:
        yield _texts(frame[keys[0]])


def _texts(column: pd.Series[Any]) -> NDArray[np.object_]:
    words = column.astype(object)
    return np.asarray(words.where(words.notna(), "").astype(str), dtype=object)
