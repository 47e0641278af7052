"""Class limits: hand-computed cases and what must hold for any values."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo import classify
from pingchang_geo.classify import Method

NUMBERS = st.lists(st.floats(min_value=-1e6, max_value=1e6, allow_nan=False, width=32), min_size=1, max_size=60)


def test_equal_interval():
    assert classify.breaks([0.0, 3.0, 12.0], Method.EQUAL, 3) == (0, 4, 8, 12)


def test_quantiles_share_the_values_out():
    limits = classify.breaks(np.arange(1, 101), Method.QUANTILE, 4)
    assert limits == pytest.approx((1, 25.75, 50.5, 75.25, 100))
    assert classify.counts(np.arange(1, 101), limits) == (25, 25, 25, 25)


def test_natural_breaks_find_the_gaps():
    values = [1, 2, 3, 100, 101, 102, 500, 501]
    assert classify.breaks(values, Method.NATURAL, 3) == (1, 100, 500, 501)


def test_round_breaks_are_equal_round_steps():
    values = np.linspace(3, 57, 200)
    assert classify.round_breaks(values) == (0, 10, 20, 30, 40, 50, 60)


def test_round_breaks_of_a_skewed_quantity_keep_classes_filled():
    values = np.exp(np.linspace(0, 9, 1000))
    shares = np.array(classify.counts(values, classify.round_breaks(values))) / 1000
    assert shares.max() < 0.4
    assert shares.min() > 0.05


def test_preferred_limits_are_taken_and_widened():
    assert classify.breaks([0.1, 0.9], preferred=(0, 0.5, 1)) == (0, 0.5, 1)
    assert classify.breaks([0.1, 1.5], preferred=(0, 0.5, 1)) == (0, 0.5, 1.5)


def test_classes_are_half_open_and_the_last_is_closed():
    assert list(classify.class_of([0, 9.5, 10, 20, 20.5, np.nan], (0, 10, 20))) == [0, 0, 1, 1, -1, -1]
    assert classify.counts(pd.Series([0.0, 10.0, 20.0, np.nan]), (0, 10, 20)) == (1, 2)


def test_values_are_compared_as_float32():
    # 0.7 becomes 0.69999999 as Float32; so does the limit, and the value belongs to the upper class.
    assert list(classify.class_of([0.1, 0.7], (0.0, 0.1, 0.7, 1.0))) == [1, 2]


def test_labels_take_the_decimals_they_need():
    assert classify.labels((0, 10, 20)) == ("0–10", "10–20")
    assert classify.labels((0, 0.25, 0.5)) == ("0.00–0.25", "0.25–0.50")
    assert classify.labels((0, 100), factor=15) == ("0–1,500",)


def test_nothing_and_one_value():
    assert classify.breaks([np.nan]) == (0.0, 1.0)
    assert classify.counts([np.nan], (0.0, 1.0)) == (0,)
    for method in Method:
        limits = classify.breaks([7.0, 7.0], method)
        assert sum(classify.counts([7.0, 7.0], limits)) == 2


@given(NUMBERS, st.sampled_from(list(Method)), st.integers(2, 7))
def test_limits_increase_and_cover_every_value(values, method, classes):
    limits = classify.breaks(values, method, classes)
    assert all(a < b for a, b in itertools.pairwise(limits))
    assert sum(classify.counts(values, limits)) == len(values)
    assert len(classify.labels(limits)) == len(limits) - 1
    assert len(limits) <= max(classes, classify.DEFAULT_CLASSES) + 1


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_nice_step_is_at_most_doubled(at_least):
    step = classify.nice_step(at_least)
    assert at_least * (1 - 1e-9) <= step <= at_least * 2 * (1 + 1e-9)
