import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pingchang_geo.errors import FilterError
from pingchang_geo.filters import Between, Filter, OneOf

SPECIES = ("马尾松", "柏木", "栎类")


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "species": pd.Categorical(["马尾松", "柏木", None, "栎类"], categories=SPECIES),
            "volume_m3_ha": [0.0, 50.0, 80.0, np.nan],
        }
    )


def test_clauses_hold_together() -> None:
    chosen = Filter((OneOf("species", ("马尾松", "柏木")), Between("volume_m3_ha", 10, None)))
    assert chosen.mask(frame()).tolist() == [False, True, False, False]
    assert chosen.rule(frame()) == [{"field": "species", "codes": [0, 1]}, {"field": "volume_m3_ha", "min": 10.0}]


def test_both_ends_included_and_missing_dropped() -> None:
    assert Filter((Between("volume_m3_ha", 0, 80),)).mask(frame()).tolist() == [True, True, True, False]


def test_empty_filter_keeps_everything() -> None:
    assert not Filter()
    assert Filter().mask(frame()).all()


def test_unknown_field_is_named() -> None:
    with pytest.raises(FilterError, match="canopy"):
        Filter((Between("canopy", 0, 1),)).mask(frame())


def test_replacing() -> None:
    first = Filter((OneOf("species", ("柏木",)),))
    assert first.replacing("species", None) == Filter()
    assert first.replacing("species", OneOf("species", ("栎类",))) == Filter((OneOf("species", ("栎类",)),))


@pytest.mark.parametrize("text", ["5", "..", "a..b", "nan..3", "1..inf", ""])
def test_bad_ranges_are_reported(text: str) -> None:
    chosen, bad = Filter.decode({"volume_m3_ha": text, "utm": "x"}, {"volume_m3_ha": True})
    assert (chosen, bad) == (Filter(), ["volume_m3_ha"])


@given(
    st.lists(st.sampled_from(SPECIES), min_size=1, unique=True),
    st.none() | st.floats(0, 1e6, width=32),
    st.none() | st.floats(0, 1e6, width=32),
)
def test_query_parameters_round_trip(names: list[str], low: float | None, high: float | None) -> None:
    between = () if low is None and high is None else (Between("volume_m3_ha", low, high),)
    chosen = Filter((OneOf("species", tuple(names)), *between))
    back, bad = Filter.decode(chosen.encode(), {"species": False, "volume_m3_ha": True})
    assert bad == []
    assert back.mask(frame()).tolist() == chosen.mask(frame()).tolist()
    assert back.rule(frame()) == chosen.rule(frame())


@given(st.lists(st.text(min_size=1), min_size=1, unique=True))
def test_whatever_a_value_holds_comes_back(values: list[str]) -> None:
    chosen = Filter((OneOf("species", tuple(values)),))
    assert Filter.decode(chosen.encode(), {"species": False}) == (chosen, [])
