"""Columns as Arrow arrays in the few types that the rest knows: dictionary text and numbers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

#: Damaged WKB, and arcs (NotImplementedError), which GEOS knows but shapely does not.
_UNREADABLE: Final = (shapely.errors.GEOSException, TypeError, ValueError, NotImplementedError)


def plain(array: Any) -> Any | None:
    """An Arrow array as dictionary text or number; None for what cannot be shown in a table (blobs, nested)."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = pa.DictionaryArray.from_arrays(array.indices, _decodable(array.dictionary))
        if _distinct_text(array):
            return array
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return array
    if pa.types.is_null(kind) or pa.types.is_boolean(kind) or pa.types.is_temporal(kind) or pa.types.is_decimal(kind):
        array = array.cast(pa.string())
    elif not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    return _decodable(array).cast(pa.string()).dictionary_encode()


def _decodable(array: Any) -> Any:
    """Text that is UTF-8 throughout: Arrow takes a writer's word for it, and whoever reads the text stumbles."""
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return array
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        stored = array.cast(pa.large_binary() if pa.types.is_large_string(array.type) else pa.binary())
        texts = [None if value is None else value.decode("utf-8", "replace") for value in stored.to_pylist()]
        return pa.array(texts, type=array.type)
    return array


def _distinct_text(array: Any) -> bool:
    """Whether a dictionary array is what we want already, so that it need not be spread out and gathered again."""
    values = array.dictionary
    return bool(pa.types.is_string(values.type) and not values.null_count and len(values.unique()) == len(values))


def column(values: Sequence[Any]) -> Any | None:
    """Python values as dictionary text or number; mixed types become text, blobs and nested values None."""
    try:
        return plain(pa.array(values))
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeEncodeError):
        pass
    if any(isinstance(value, bytes | dict | list) for value in values):
        return None
    return plain(pa.array([None if value is None else text(value) for value in values], type=pa.string()))


def text(value: Any) -> str:
    """A value as text that can be stored: half a surrogate pair (a cut-off emoji in JSON) is replaced."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _one(wkb: bytes | None) -> Any | None:
    try:
        return shapely.from_wkb(wkb)
    except _UNREADABLE:
        return None


def from_wkb(wkb: Sequence[bytes | None]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Geometries (2D) of WKB values and the positions that could not be read; None stays None."""
    array = np.empty(len(wkb), dtype=object)
    array[:] = wkb
    missing = np.array([value is None for value in wkb], dtype=bool)
    try:
        geometry = np.asarray(shapely.from_wkb(array))
    except _UNREADABLE:
        geometry = np.array([_one(value) for value in wkb], dtype=object)
    broken = np.flatnonzero(shapely.is_missing(geometry) & ~missing)
    return shapely.force_2d(geometry), broken
