"""Every record that an issue is about, one line each: what the analyst takes back to the desktop to mend."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingchang_geo import layers
from pingchang_geo.issues import Issue
from pingchang_geo.specs import LayerSpec
from pingchang_geo.workflow.inspection import Inspection

#: Columns of :func:`marked_rows`.
NUMBER, RECORD, KEY, VALUE, LON, LAT = "number", "record", "key", "value", "lon", "lat"
#: A sheet of a spreadsheet holds a million rows; more faults than that are no list to work through.
MOST_ROWS: Final = 1_000_000


def marked_rows(found: Inspection) -> pd.DataFrame | None:
    """Records of all issues, in the order of the issues as :meth:`Inspection.as_dict` lists them.

    Returns:
        One row an issue and record, at most :data:`MOST_ROWS`: ``number`` of the issue (from 0), ``record`` (1-based),
        the feature's ``key`` and the ``value`` of the issue's field as text (None without), and the centre of its box
        in degrees (EPSG:4490; NaN without geometry). None where no issue names a record.
    """
    parts = [
        pd.DataFrame({NUMBER: number, RECORD: np.asarray(one.every_row or one.rows, dtype=np.int64), VALUE: values})
        for number, one in enumerate(found.ordered_issues)
        if one.rows
        for values in [_values(found.checked, one)]
    ]
    if not parts:
        return None
    table = pd.concat(parts, ignore_index=True).head(MOST_ROWS)
    if found.checked is None or found.layer is None:
        return table.assign(**{KEY: None, LON: np.nan, LAT: np.nan})
    known = found.checked.reindex(pd.Index(table[RECORD].unique()))
    box = shapely.bounds(known.geometry.to_numpy())
    about = pd.DataFrame(
        {KEY: _keys(layers.get(found.layer), known), LON: box[:, ::2].mean(axis=1), LAT: box[:, 1::2].mean(axis=1)},
        index=known.index,
    )
    return table.join(about, on=RECORD)


def _values(frame: gpd.GeoDataFrame | None, one: Issue) -> Any:
    """The field's value in each record of an issue, as text."""
    if frame is None or one.field is None or one.field not in frame.columns:
        return None
    column = frame[one.field].reindex(one.every_row or one.rows)
    return column.astype(object).where(column.notna(), None).map(_text, na_action="ignore").to_numpy()


def _text(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _keys(spec: LayerSpec, frame: gpd.GeoDataFrame) -> pd.Series[Any]:
    """The parts of each feature's key, or its name, joined by hyphens."""
    names = [name for name in (*spec.key, spec.name_field) if name in frame.columns and frame[name].notna().any()]
    parts = [frame[name].astype(object).where(frame[name].notna(), "") for name in dict.fromkeys(names)]
    if not parts:
        return pd.Series([None] * len(frame), index=frame.index, dtype=object)
    joined = parts[0].astype(str)
    for part in parts[1:]:
        joined = joined + "-" + part.astype(str)
    return joined.str.strip("-")
