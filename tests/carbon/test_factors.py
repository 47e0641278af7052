"""Parameter sets: what is shipped, what a county adds, and what is said of a wrong file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pingchang_geo import carbon
from pingchang_geo.carbon.factors import INPUTS, Coefficient, ExpansionFactor
from pingchang_geo.errors import FactorError
from pingchang_geo.settings import settings
from pingchang_geo.workflow import derive

HEAD = """
[[set]]
id = "county"
label = "平昌县参数"
method = "continuous"
year = 2024
formula = "B = a·V + b"
note = ""
based_on = "continuous-1"
"""
CYPRESS = """
[[coefficient]]
set = "county"
stand_type = "柏木"
species = ["柏木"]
a_t_m3 = 0.7
b_t_ha = 10.0
source = "平昌县样地"
year = 2024
read_in = "平昌县林业局调查报告"
verified = true
"""
WIDTH = """
[[uncertainty]]
id = "volume"
label = "蓄积"
half_width_pct = 8.0
scope = "plot"
source = "样地"
read_in = ""
verified = false
"""


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make a file of this text the county's own."""

    def using(text: str, chosen: str = "") -> None:
        path = tmp_path / "自备.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("PINGCHANG_CARBON_FACTORS", str(path))
        monkeypatch.setenv("PINGCHANG_CARBON_SET", chosen)
        settings.cache_clear()

    yield using
    monkeypatch.undo()
    settings.cache_clear()


Use = Callable[..., None]


def test_shipped_sets() -> None:
    assert [one.id for one in carbon.sets()] == ["continuous-1", "continuous-2001", "ipcc-1"]
    assert carbon.load() is carbon.sets()[0]
    for one in carbon.sets():
        kind = Coefficient if one.method == "continuous" else ExpansionFactor
        assert all(isinstance(row, kind) for row in one.coefficients)
        assert {row.id for row in one.uncertainties} == set(INPUTS)
        assert [row.label for row in one.per_ha] == ["竹林", "经济林", "灌木林"]
        assert not one.own


def test_what_is_verified_names_what_was_read() -> None:
    default, older, ipcc = carbon.sets()
    for one in carbon.sets():
        cited = (*one.coefficients, *one.per_ha, one.carbon_fraction, *one.uncertainties, *one.benchmarks)
        assert all(row.source for row in cited)
        assert all(row.read_in for row in cited if row.verified)
        # Half widths of 95 % intervals and values per hectare were read nowhere.
        assert not any(row.verified for row in (*one.per_ha, *one.uncertainties))
    assert all(row.verified for row in default.coefficients)
    assert {row.stand_type for row in older.coefficients if not row.verified} == {"马尾松", "杉木"}
    assert not any(row.verified for row in ipcc.coefficients)


def test_words_for_what_is_unverified() -> None:
    default, older, _ = carbon.sets()
    assert default.unverified_values == ("单位面积生物量：竹林、经济林、灌木林",)
    assert older.unverified_values[0] == "换算参数：马尾松、杉木"
    assert older.unverified[-1].startswith("不确定度：蓄积、")


def test_benchmarks_carry_their_flag() -> None:
    marks = {one.id: (one.tco2_mu_a, one.verified) for one in carbon.load().benchmarks}
    # 0.92 tC/ha/a · 44/12 / 15 = 0.225 ; 154.8 / (7975 / 45.8) · 44/12 / 15 = 0.217
    assert marks["jilin_2009_2014"] == (pytest.approx(0.92 * 44 / 12 / 15, abs=5e-4), True)
    assert marks["china_2009_2018"] == (pytest.approx(154.8 / (7975 / 45.8) * 44 / 12 / 15, abs=5e-4), True)
    assert marks["ipcc_fast_plantation"][1] is False


def test_a_set_that_rests_on_another_takes_what_it_does_not_replace() -> None:
    default, older, _ = carbon.sets()
    replaced = {"马尾松", "杉木"}
    assert {c for c in default.coefficients if c.stand_type not in replaced} == {
        c for c in older.coefficients if c.stand_type not in replaced
    }
    assert older.by_species["马尾松"].a_t_m3 == 0.5101


def test_the_countys_own_set(use: Use) -> None:
    use(HEAD + CYPRESS, "county")
    own = carbon.load()
    assert [one.id for one in carbon.sets()][-1] == "county"
    assert (own.id, own.own, own.year) == ("county", True, 2024)
    assert own.by_species["柏木"].a_t_m3 == 0.7
    assert own.by_species["栎类"] == carbon.load("continuous-1").by_species["栎类"]
    assert carbon.stock_tc_ha(["柏木"], [100.0], own)[0] == pytest.approx((70 + 10) * 0.47)


def test_a_set_of_its_own_without_a_base_has_the_shared_rows(use: Use) -> None:
    use(HEAD.replace('based_on = "continuous-1"', "max_volume_m3_ha = 400.0") + CYPRESS)
    assert carbon.load().id == "continuous-1"
    own = carbon.load("county")
    assert [one.stand_type for one in own.coefficients] == ["柏木"]
    assert own.max_volume_m3_ha == 400.0
    assert own.carbon_fraction == carbon.load().carbon_fraction
    assert own.per_ha == carbon.load().per_ha
    assert own.uncertainties == carbon.load().uncertainties


def test_a_species_goes_to_the_row_that_names_it(use: Use) -> None:
    poplar = CYPRESS.replace('stand_type = "柏木"', 'stand_type = "杨树"').replace('["柏木"]', '["杨树", "竹林"]')
    use(HEAD + poplar, "county")
    own = carbon.load()
    assert own.by_species["杨树"].stand_type == "杨树"
    assert own.by_species["其他软阔"].stand_type == "软阔（杨、桤等）"
    assert carbon.biomass_t_ha(["竹林"], [10.0], own)[0] == pytest.approx(17.0)
    # Bamboo land without a volume still goes by area.
    assert carbon.biomass_t_ha(["竹林"], [0.0], own, land_class=["竹林地"])[0] == 68.48


def test_an_uncertainty_of_its_own_replaces_the_inputs(use: Use) -> None:
    use(HEAD + CYPRESS + WIDTH, "county")
    (volume,) = carbon.load().uncertainty("volume")
    assert (volume.half_width_pct, volume.scope) == (8.0, "plot")
    assert carbon.load().uncertainty("expansion") == carbon.load("continuous-1").uncertainty("expansion")


def test_derived_data_follow_every_parameter(use: Use) -> None:
    prints = {derive.fingerprint()}
    for text in (HEAD + CYPRESS, HEAD + CYPRESS.replace("0.7", "0.71"), HEAD + CYPRESS + WIDTH):
        use(text, "county")
        carbon.factors.read.cache_clear()
        prints.add(derive.fingerprint())
    assert len(prints) == 4
    carbon.factors.read.cache_clear()


WRONG = {
    "no such set": (HEAD + CYPRESS, "fang-1990", ["fang-1990", "county（平昌县参数）"]),
    "no TOML": ("[[set", "", ["自备.toml", "TOML"]),
    "no set": ("", "", ["[[set]]"]),
    "unknown table": (HEAD + CYPRESS + "[[coeficient]]\na = 1", "", ["coeficient"]),
    "unknown key": (HEAD + CYPRESS + 'nota = "x"', "", ["[[coefficient]] 第 1 项（柏木）", "nota"]),
    "missing key": (HEAD + CYPRESS.replace("a_t_m3 = 0.7", ""), "", ["（柏木）", "a_t_m3", "缺少"]),
    "negative a": (HEAD + CYPRESS.replace("0.7", "-0.7"), "", ["（柏木）", "“a_t_m3”应为大于 0"]),
    "a is zero": (HEAD + CYPRESS.replace("0.7", "0"), "", ["“a_t_m3”"]),
    "a is text": (HEAD + CYPRESS.replace("0.7", '"0.7"'), "", ["“a_t_m3”"]),
    "a is no number": (HEAD + CYPRESS.replace("0.7", "nan"), "", ["“a_t_m3”"]),
    "negative b": (HEAD + CYPRESS.replace("10.0", "-1.0"), "", ["“b_t_ha”"]),
    "flag": (HEAD + CYPRESS.replace("verified = true", 'verified = "yes"'), "", ["“verified”应为 true 或 false"]),
    "empty species": (HEAD + CYPRESS.replace('["柏木"]', "[]"), "", ["“species”"]),
    "species twice in a row": (HEAD + CYPRESS.replace('["柏木"]', '["柏木", "柏木"]'), "", ["“species”", "重复：柏木"]),
    "species twice": (
        HEAD + CYPRESS + CYPRESS.replace('stand_type = "柏木"', 'stand_type = "柏"'),
        "",
        ["“county”", "树种重复：柏木"],
    ),
    "stand type twice": (HEAD + CYPRESS + CYPRESS.replace('["柏木"]', '["杉木"]'), "", ["林分类型重复：柏木"]),
    "row of nobody": (HEAD + CYPRESS.replace('set = "county"', 'set = "other"'), "", ["other"]),
    "row without a set": (HEAD + CYPRESS.replace('set = "county"', ""), "", ["（柏木）", "“set”"]),
    "fraction": (
        HEAD + CYPRESS + '[[carbon_fraction]]\nvalue = 47\nsource = "x"\nread_in = ""\nverified = false',
        "",
        ["[[carbon_fraction]]", "“value”", "0.3", "0.7"],
    ),
    "method": (HEAD.replace('continuous"\nyear', 'bcef"\nyear') + CYPRESS, "", ["“method”", "continuous、ipcc"]),
    "method of the base": (HEAD.replace('"continuous-1"', '"ipcc-1"') + CYPRESS, "", ["方法不同"]),
    "base": (HEAD.replace('"continuous-1"', '"continuous-9"') + CYPRESS, "", ["continuous-9"]),
    "wrong kind of row": (
        HEAD.replace('continuous"\nyear', 'ipcc"\nyear').replace('based_on = "continuous-1"', "") + CYPRESS,
        "",
        ["ipcc", "[[expansion_factor]]"],
    ),
    "id taken": (HEAD.replace('"county"', '"ipcc-1"') + CYPRESS.replace('"county"', '"ipcc-1"'), "", ["“ipcc-1”重复"]),
    "default set": ('default_set = "county"\n' + HEAD + CYPRESS, "", ["default_set", "carbon_set"]),
    "width": (HEAD + CYPRESS + WIDTH.replace("8.0", "140"), "", ["[[uncertainty]]", "“half_width_pct”"]),
    "input": (HEAD + CYPRESS + WIDTH.replace('"volume"', '"area"'), "", ["“id”", "volume"]),
    "scope": (HEAD + CYPRESS + WIDTH.replace('"volume"', '"carbon_fraction"'), "", ["“scope”", "逐小班"]),
    "scope twice": (HEAD + CYPRESS + WIDTH + WIDTH, "", ["条目重复：volume plot"]),
    "table, not array": (HEAD + CYPRESS + "[uncertainty]\nid = 1", "", ["[[uncertainty]]"]),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_wrong_file_is_named_with_entry_and_key(use: Use, case: str) -> None:
    text, chosen, expected = WRONG[case]
    use(text, chosen)
    with pytest.raises(FactorError) as caught:
        carbon.load()
    for words in expected:
        assert words in str(caught.value)
    assert caught.value.fix
    assert "/" not in caught.value.message


def test_an_empty_setting_is_none(monkeypatch: pytest.MonkeyPatch, use: Use) -> None:
    use(HEAD + CYPRESS)
    monkeypatch.setenv("PINGCHANG_CARBON_FACTORS", "")
    settings.cache_clear()
    assert not any(one.own for one in carbon.sets())


def test_a_missing_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, use: Use) -> None:
    use(HEAD + CYPRESS)
    monkeypatch.setenv("PINGCHANG_CARBON_FACTORS", str(tmp_path / "没有.toml"))
    settings.cache_clear()
    with pytest.raises(FactorError, match=r"读不到碳参数文件 没有\.toml"):
        carbon.sets()


def test_a_stock_is_flagged_by_the_parameters_it_rests_on() -> None:
    factors = carbon.load("continuous-1")
    at = {pool.label: i for i, pool in enumerate(factors.pools)}
    assert factors.flagged(()) == ()
    pine = dict(factors.flagged({at["马尾松"]}))
    assert pine == {"待核": "不确定度：蓄积、换算参数、含碳率", "转引": "换算参数：马尾松；含碳率：0.47"}
    bamboo = dict(factors.flagged({at["竹林"]}))
    assert bamboo == {"待核": "单位面积生物量：竹林；不确定度：含碳率、单位面积生物量", "转引": "含碳率：0.47"}
    ipcc = carbon.load("ipcc-1")
    (only,) = ipcc.flagged({0})  # its stand types bring their own carbon fraction
    assert only[0] == "待核" and "含碳率：" not in only[1]
