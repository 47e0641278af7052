"""Columns of files against fields, in every dialect."""

import pytest

from pingchang_geo import fieldmap, layers
from pingchang_geo.fieldmap import map_columns

FOREST = layers.get("forest")
DIALECT_A = (
    "XIANG CUN LIN_BAN XIAO_BAN XI_BAN MIAN_JI DI_LEI YOU_SHI_SZ QI_YUAN LING_ZU PINGJUN_NL PINGJUN_XJ HUO_LMGQXJ"
)
DIALECT_B = "xbmj di_lei you_shi_sz qi_yuan pingjun_nl ling_zu yu_bi_du mei_gq_xj huo_lm_xj sheng_wu_l tan_chu_l"
DIALECT_C = "YSSZ QY YBD PJNL LING_ZU PJSG PJXJ GQXJ ZTBXJ ZTBMJ"


def test_dialect_a_mean_diameter_is_not_volume() -> None:
    columns = map_columns(FOREST, DIALECT_A.split()).columns
    assert columns["dbh_cm"] == "PINGJUN_XJ"
    assert columns["volume_m3_ha"] == "HUO_LMGQXJ"
    assert columns["reported_area"] == "MIAN_JI"
    assert len(columns) == 13


def test_dialect_b_tells_total_from_per_hectare() -> None:
    columns = map_columns(FOREST, DIALECT_B.split()).columns
    assert columns["volume_m3_ha"] == "mei_gq_xj"
    assert columns["volume_m3"] == "huo_lm_xj"
    assert columns["reported_stock_tc"] == "tan_chu_l"


def test_dialect_c() -> None:
    columns = map_columns(FOREST, DIALECT_C.split()).columns
    assert {name: columns[name] for name in ("species", "origin", "canopy", "volume_m3_ha", "volume_m3")} == {
        "species": "YSSZ",
        "origin": "QY",
        "canopy": "YBD",
        "volume_m3_ha": "GQXJ",
        "volume_m3": "ZTBXJ",
    }


@pytest.mark.parametrize(
    ("column", "name", "sure"),
    [
        ("Xiao_Ban", "xiaoban", True),
        (" XIAO_BAN ", "xiaoban", True),
        ("ＸＩＡＯ＿ＢＡＮ", "xiaoban", True),
        ("XIAOBAN", "xiaoban", True),
        ("小班号", "xiaoban", True),
        ("小班", "xiaoban", True),
        ("优势树种", "species", True),
        ("优势树种（组）", "species", True),
        ("每公顷蓄积(m3)", "volume_m3_ha", True),
        ("volume_m3_ha", "volume_m3_ha", True),
        ("XIAO_BAN_1", "xiaoban", False),
        ("优势树种组成", "species", False),
        ("reported_s", "reported_stock_tc", True),
    ],
)
def test_spellings(column: str, name: str, sure: bool) -> None:
    mapping = map_columns(FOREST, [column])
    assert mapping.columns == {name: column}
    assert (name not in mapping.unsure) is sure


def test_what_nothing_claims_is_listed() -> None:
    mapping = map_columns(FOREST, ["SHENG", "BEIZHU", "LIN_BAN"])
    assert mapping.unmapped == ("SHENG", "BEIZHU")
    assert "xiaoban" in mapping.missing
    assert "linban" not in mapping.missing


def test_rivals_are_named_and_the_first_alias_wins() -> None:
    mapping = map_columns(FOREST, ["XB", "XIAO_BAN"])
    issues = fieldmap.mapping_issues(FOREST, mapping, {})
    assert mapping.columns["xiaoban"] in ("XB", "XIAO_BAN")
    assert "FIELD_AMBIGUOUS" in [issue.code for issue in issues]


def test_words_in_a_number_field_are_doubted() -> None:
    mapping = map_columns(FOREST, ["GQXJ"], {"GQXJ": ["高", "低", "12"]})
    assert mapping.unsure == ("volume_m3_ha",)
    issue = fieldmap.mapping_issues(FOREST, mapping, {"GQXJ": ["高", "低"]})[-1]
    assert issue.code == "FIELD_UNSURE"
    assert "高、低" in issue.message


def test_the_analyst_chooses() -> None:
    mapping = map_columns(FOREST, ["A", "XB", "XIAO_BAN"], chosen={"xiaoban": "A", "species": ""})
    assert mapping.columns == {"xiaoban": "A"}
    assert "species" in mapping.missing
    assert mapping.pairs["xiaoban"].confidence == 1.0


def test_a_column_serves_one_field_only() -> None:
    for dialect in (DIALECT_A, DIALECT_B, DIALECT_C):
        columns = list(map_columns(FOREST, dialect.split()).columns.values())
        assert len(columns) == len(set(columns))


@pytest.mark.parametrize("spec", layers.all_specs(), ids=lambda spec: spec.id)
def test_every_declared_name_finds_its_field(spec: layers.LayerSpec) -> None:
    for field in spec.source_fields:
        for name in (field.name, *field.aliases):
            for spelling in (name, name.lower()):
                found = map_columns(spec, [spelling]).columns
                assert list(found.values()) == [spelling], f"{spec.id}.{field.name}: {spelling}"


def test_fingerprint_ignores_order_and_case() -> None:
    assert fieldmap.fingerprint(["A", "b"]) == fieldmap.fingerprint(["B", "a"])
    assert fieldmap.fingerprint(["A"]) != fieldmap.fingerprint(["A", "B"])


def test_missing_required_fields_say_what_they_may_be_called() -> None:
    issues = fieldmap.mapping_issues(FOREST, map_columns(FOREST, ["LIN_BAN"]), {})
    volume = next(issue for issue in issues if issue.field == "volume_m3_ha")
    assert volume.code == "FIELD_REQUIRED"
    assert "HUO_LMGQXJ" in volume.fix


def test_names_cut_by_a_dbf() -> None:
    """UTF-8 leaves three Chinese characters of a name, GBK five; what could be several fields is not sure of any."""
    cut = map_columns(FOREST, ["优势树", "每公顷蓄积", "小班号"])
    assert {name: match.column for name, match in cut.pairs.items() if name not in cut.unsure} == {
        "species": "优势树",
        "volume_m3_ha": "每公顷蓄积",
        "xiaoban": "小班号",
    }
    shared = map_columns(FOREST, ["优势树", "每公顷", "小班号"])
    assert shared.columns["volume_m3_ha"] == "每公顷"  # the required one of those it could be
    assert shared.unsure == ("volume_m3_ha",)


def test_what_a_column_holds_decides_between_fields_of_one_name() -> None:
    """In the asset inventory LZ is the forest use; LING_ZU beside it is the age group."""
    samples = {"LZ": ["111", "231", "255"], "LING_ZU": ["1", "2", "3"]}
    columns = map_columns(FOREST, ["LZ", "LING_ZU"], samples).columns
    assert columns == {"forest_use": "LZ", "age_group": "LING_ZU"}


def test_a_missing_number_is_a_question_a_missing_quantity_is_not() -> None:
    mapping = map_columns(FOREST, ["YSSZ"])
    found = {issue.field: issue.code for issue in fieldmap.mapping_issues(FOREST, mapping, {})}
    assert found == {"xiaoban": "KEY_COLUMN_MISSING", "volume_m3_ha": "FIELD_REQUIRED"}
