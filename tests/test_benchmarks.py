"""The harness's arithmetic and page on made-up numbers; nothing is timed here."""

import numpy as np
import pytest
import shapely

from benchmarks import cold, compute, data
from benchmarks.figures import Figure, Result, at_least, at_most, compared, number, ratio
from benchmarks.report import Setting, render
from pingchang_geo.overlay import Pairs, overlaps

SETTING = Setting("2026-11-22", "two cores", (("Python", "3.11"),), 0.1, 0.2, 12.4, 100_000, 1_000_000)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.2144, "0.214"),
        (3.416, "3.42"),
        (43.06, "43.1"),
        (1280.4, "1,280"),
        (2.9e-11, "2.9e-11"),
    ],
)
def test_number_shows_three_significant_digits(value: float, text: str) -> None:
    assert number(value) == text


def test_figure_keeps_all_repetitions() -> None:
    figure = Figure("drawn", "s", (3.0, 5.0, 4.0, 9.0))
    assert (figure.n, figure.median, figure.low, figure.high) == (4, 4.5, 3.0, 9.0)
    assert figure.text() == "4.50 s (3.00–9.00)"
    assert Figure("size", "MB", (7.3,)).text() == "7.30 MB"


def test_a_figure_without_measurements_is_an_error() -> None:
    with pytest.raises(ValueError, match="drawn"):
        Figure("drawn", "s", ())


def test_limits_belong_to_what_meets_them() -> None:
    assert at_most("time", 15.0, 15, "s").met
    assert not at_most("time", 15.01, 15, "s").met
    assert at_least("faster", 4.0, 4, "×").met
    assert not at_least("faster", 3.99, 4, "×").met
    check = at_least("theirs ÷ ours", 10.63, 4, "×")
    assert (check.target, check.reached) == ("theirs ÷ ours ≥ 4×", "10.6×")


def test_ratio_is_of_medians() -> None:
    assert ratio(Figure("a", "s", (6.0, 2.0, 100.0)), Figure("b", "s", (3.0, 4.0, 1.0))) == 2.0


def test_page_names_misses_and_keeps_every_figure() -> None:
    slow = Result(
        "cold",
        "Cold navigation",
        "How it is measured.",
        (Figure("a | b", "s", (3.0, 5.0)),),
        (
            at_most("ours ÷ empty", 1.7, 1.5, "×"),
            at_most("many ÷ few", 1.1, 2, "×"),
            compared("theirs ÷ ours", 8.0, "×"),
        ),
        ("a remark",),
    )
    text = render(SETTING, [slow])
    assert "| Cold navigation | ours ÷ empty ≤ 1.5× | 1.70× | **missed** |" in text
    assert "| Cold navigation | many ÷ few ≤ 2× | 1.10× | met |" in text
    assert "- **Cold navigation**: ours ÷ empty ≤ 1.5×, reached 1.70×." in text
    assert "| Cold navigation | theirs ÷ ours | 8.00× | for comparison |" in text
    assert text.count("- **Cold navigation**") == 1
    assert "- Cold navigation: a remark" in text
    assert r"| Cold navigation | a \| b | 2 | 4.00 s (3.00–5.00) |" in text
    assert "How it is measured." in text
    assert "No target was missed" not in text
    assert "2026-11-22" in text and "two cores" in text and "100,000, and 1,000,000" in text


def test_page_without_misses_says_so() -> None:
    fine = Result("tiles", "Tiles", "m", (Figure("t", "s", (1.0,)),), (at_most("time", 1.0, 15, "s"),))
    assert "No target was missed in this run." in render(SETTING, [fine])


def test_difference_counts_a_missing_pair_as_nothing_shared() -> None:
    one = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([10.0, 4.0]))
    # the same pair in two pieces, one pair missing, one of its own
    two = Pairs(np.array([0, 0, 2]), np.array([0, 0, 1]), np.array([6.0, 4.0, 0.5]))
    assert compute.difference_m2(one, two, 3) == 4.0
    assert compute.difference_m2(one, one, 3) == 0.0


def test_overlay_and_our_join_agree_on_hand_made_plots() -> None:
    plots = np.array([shapely.box(x, 0, x + 2, 2) for x in (0, 1, 4)], dtype=object)
    areas = np.array([shapely.box(-1, -1, 2, 3), shapely.box(2, -1, 7, 3)], dtype=object)
    mine = overlaps(plots, areas)
    assert dict(zip(zip(mine.left.tolist(), mine.right.tolist(), strict=True), mine.area_m2, strict=True)) == {
        (0, 0): 4.0,
        (1, 0): 2.0,
        (1, 1): 2.0,
        (2, 1): 4.0,
    }
    assert compute.difference_m2(mine, compute._geopandas(plots, areas), 2) == 0.0


def test_zones_fill_their_box_without_gaps_or_overlaps() -> None:
    found = data.zones(12)
    assert len(found) == 12
    assert shapely.is_valid(found).all()
    assert shapely.area(found).sum() == pytest.approx(shapely.area(shapely.union_all(found)), rel=1e-9)


def test_cold_results_compare_medians_and_name_other_hosts() -> None:
    sizes = {"plots": 100, "many_plots": 1000, "peer_small": 5, "peer_large": 20}
    pages = cold.variants({"app": "http://a", "many": "http://b", "peers": "http://c"}, sizes, 2, 1)
    seconds = {page.key: [30.0] for page in pages} | {"empty": [2.0, 4.0], "ours": [3.0, 6.0], "many": [9.0, 9.0]}
    heaps = {page.key: [30.0] * len(seconds[page.key]) for page in pages}
    own, peers = cold._results(pages, seconds, heaps, {page.key: set() for page in pages} | {"ours": {"far.example"}})
    assert [(check.reached, check.met) for check in own.checks] == [("1.50×", True), ("2.00×", True)]
    assert [(check.reached, check.met) for check in peers.checks] == [("6.67×", None)] * 3
    assert own.remarks == ("森林碳汇, 100 plots asked other hosts (far.example); they do not resolve here.",)
    assert {figure.label for figure in peers.figures if figure.unit == "s"} == {
        "folium.GeoJson, 5 plots: drawn",
        "folium.GeoJson, 20 plots: drawn",
        "pydeck GeoJsonLayer, 20 plots: drawn",
    }
