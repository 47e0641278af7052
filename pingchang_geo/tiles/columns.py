"""One attribute of all rows as bytes for the browser."""

import gzip
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

ColumnKind = Literal["number", "category"]

MISSING_U1 = 0xFF
MISSING_U2 = 0xFFFF
GZIP_LEVEL = 6


def _code_dtype(n_values: int) -> tuple[str, int]:
    """Return dtype and missing code for a dictionary of so many values; ``web/src/columns.js`` has the same
    rule."""
    if n_values <= MISSING_U1:
        return "<u1", MISSING_U1
    if n_values <= MISSING_U2:
        return "<u2", MISSING_U2
    raise ValueError(f"{n_values} categories do not fit two bytes")


def encode_column(values: ArrayLike, kind: ColumnKind, *, n_values: int = 0) -> bytes:
    """Encode a column (n,) in row order, gzipped, the same bytes every time.

    ``number``: numbers (array or pandas Series) become Float32, missing ones NaN. ``category``: ``values``
    are codes into a dictionary of ``n_values`` words, missing ones negative (as pandas gives them) or NaN;
    they become Uint8 (missing 0xFF) up to 255 words and Uint16 (missing 0xFFFF) above. Raises ValueError for
    a code outside the dictionary or too many words.
    """
    numbers = _as_float64(values)
    if kind == "number":
        with np.errstate(over="ignore"):
            return gzip.compress(numbers.astype("<f4").tobytes(), GZIP_LEVEL, mtime=0)
    dtype, missing_code = _code_dtype(n_values)
    missing = np.isnan(numbers) | (numbers < 0)
    if (numbers[~missing] >= n_values).any():
        raise ValueError(f"a code is outside the dictionary of {n_values} values")
    codes = np.where(missing, missing_code, numbers).astype(dtype)
    return gzip.compress(codes.tobytes(), GZIP_LEVEL, mtime=0)


def decode_column(data: bytes, kind: ColumnKind, *, n_values: int = 0) -> NDArray[Any]:
    """Decode what ``encode_column`` made: float32 with NaN, or int32 codes with -1 for missing."""
    raw = gzip.decompress(data)
    if kind == "number":
        return np.frombuffer(raw, dtype="<f4")
    dtype, missing_code = _code_dtype(n_values)
    codes = np.frombuffer(raw, dtype=dtype).astype(np.int32)
    codes[codes == missing_code] = -1
    return codes


def _as_float64(values: ArrayLike) -> NDArray[np.float64]:
    """Missing values of any pandas dtype become NaN."""
    to_numpy = getattr(values, "to_numpy", None)
    if to_numpy is not None:
        return np.asarray(to_numpy(dtype="float64", na_value=np.nan))
    return np.asarray(values, dtype=np.float64)
