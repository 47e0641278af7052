"""Bytes of tiles and columns, there and back."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pingchang_geo.tiles import decode_column, decode_tile, encode_column, encode_tile


def test_planes_are_low_middle_high():
    rows = np.zeros((256, 256), dtype=np.uint32)
    rows[0, 0], rows[0, 1], rows[255, 255] = 1, 0x030201, 256
    raw = gzip.decompress(encode_tile(rows))
    assert len(raw) == 3 * 65536
    assert raw[:2] == b"\x01\x01" and raw[65536 : 65536 + 2] == b"\x00\x02"
    assert raw[131072 : 131072 + 2] == b"\x00\x03"
    assert (raw[65535], raw[131071], raw[196607]) == (0, 1, 0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 2**24))
def test_tiles_survive_the_round_trip(seed, limit):
    rows = np.random.default_rng(seed).integers(0, limit, (256, 256), dtype=np.uint32)
    data = encode_tile(rows)
    assert np.array_equal(decode_tile(data), rows)
    assert encode_tile(rows.copy(order="F")) == data


def test_tiles_refuse_other_shapes_and_four_byte_numbers():
    with pytest.raises(ValueError, match="256 x 256"):
        encode_tile(np.zeros((10, 256), dtype=np.uint32))
    with pytest.raises(ValueError, match="three byte planes"):
        encode_tile(np.full((256, 256), 2**24, dtype=np.uint32))


@given(arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32, allow_infinity=False)))
def test_numbers_survive_the_round_trip(values):
    data = encode_column(values.astype(np.float64), "number")
    assert np.array_equal(decode_column(data, "number"), values, equal_nan=True)
    assert len(gzip.decompress(data)) == 4 * len(values)


def test_numbers_that_pandas_calls_missing_become_nan():
    for series in (pd.Series([1.5, None]), pd.array([1.5, None], dtype="Float64")):
        assert np.array_equal(decode_column(encode_column(series, "number"), "number"), [1.5, np.nan], equal_nan=True)
    assert decode_column(encode_column(pd.Series([7, None], dtype="Int64"), "number"), "number")[0] == 7


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(-1, n - 1), max_size=30))))
def test_codes_survive_the_round_trip(case):
    n_values, codes = case
    data = encode_column(codes, "category", n_values=n_values)
    assert decode_column(data, "category", n_values=n_values).tolist() == codes
    assert len(gzip.decompress(data)) == len(codes) * (1 if n_values <= 255 else 2)


def test_missing_codes_are_all_ones():
    assert gzip.decompress(encode_column([0, -1, np.nan], "category", n_values=2)) == b"\x00\xff\xff"
    assert gzip.decompress(encode_column([300, -1], "category", n_values=301)) == b"\x2c\x01\xff\xff"
    categorical = pd.Series(["柏木", None, "栎类"], dtype="category")
    assert gzip.decompress(encode_column(categorical.cat.codes, "category", n_values=2))[1] == 0xFF


def test_codes_outside_the_dictionary_are_refused():
    with pytest.raises(ValueError, match="dictionary of 2"):
        encode_column([2], "category", n_values=2)
    with pytest.raises(ValueError, match="two bytes"):
        encode_column([0], "category", n_values=65536)


def test_columns_are_the_same_bytes_every_time():
    assert encode_column([1.0, 2.0], "number") == encode_column(np.array([1.0, 2.0]), "number")
