"""Whole inspections, from files to the JSON object."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pingchang_geo import carbon, layers
from pingchang_geo.access import operator
from pingchang_geo.issues import Decision, Level
from pingchang_geo.store import LocalStore, Version
from pingchang_geo.workflow.basis import Basis
from pingchang_geo.workflow.inspect import Inspection, inspect, inspection_text
from pingchang_geo.workflow.publish import publish
from tests import factories, layer_frames

FOREST = factories.sample_forest(40)
KEYS = [
    "decision",
    "layer",
    "format",
    "encoding",
    "crs",
    "rows",
    "bounds",
    "area_km2",
    "columns",
    "stock_tc",
    "unique_keys",
    "comparison",
    "issues",
]


def codes(inspection: Inspection, level: Level | None = None) -> list[str]:
    return [issue.code for issue in inspection.issues if level in (None, issue.level)]


def checked(inspection: Inspection) -> Inspection:
    """What holds for every inspection: one JSON object of one shape, readable text, no server path."""
    values = json.loads(json.dumps(inspection.as_dict(), ensure_ascii=False, allow_nan=False))
    assert list(values) == KEYS
    assert set(values["crs"]) == {"epsg", "evidence", "confidence"}
    for issue in values["issues"]:
        assert set(issue) == {"code", "level", "field", "rows", "count", "message", "fix"}
        assert issue["fix"] or issue["level"] != "blocking"
    text = inspection_text(inspection)
    assert "/tmp" not in text + json.dumps(values)
    assert "Traceback" not in text
    assert (inspection.frame is None) is (inspection.decision is Decision.REJECT)
    return inspection


def with_geometry(shapes: np.ndarray) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(FOREST.drop(columns="geometry"), geometry=shapes, crs=4524)


def test_the_file_of_the_acceptance(tmp_path: Path) -> None:
    """GBK, no .cpg, zone 36 known by its eastings only, dialect A."""
    shp = factories.write_shapefile(FOREST, tmp_path, prj=False)
    assert codes(inspect([shp], "forest"), Level.CONFIRM) == ["CRS_INFERRED"]  # eastings never tell the datum
    inspection = checked(inspect([shp], "forest", answers={"CRS_INFERRED": ""}))
    values = inspection.as_dict()
    assert (values["decision"], values["layer"], values["format"]) == ("accept", "forest", "Shapefile")
    assert (values["encoding"], values["crs"]["epsg"], values["rows"]) == ("GB18030", 4524, 40)
    assert values["unique_keys"] == 40
    assert values["columns"]["volume_m3_ha"] == "HUO_LMGQXJ"
    assert values["area_km2"] == pytest.approx(shapely.area(FOREST.geometry.array).sum() / 1e6, rel=3e-4)
    assert codes(inspection) == ["ENCODING_GUESSED", "CRS_INFERRED", "AREA_UNIT_INFERRED", "TOTAL_DIFFERS"]


def test_the_frame_is_what_publish_wants(tmp_path: Path) -> None:
    frame = inspect([factories.write_shapefile(FOREST, tmp_path)], "forest").frame
    assert frame is not None
    spec = layers.get("forest")
    assert list(frame.columns) == [*(field.name for field in spec.source_fields), "geometry"]
    assert frame.crs.to_epsg() == 4490
    assert frame.index.tolist() == list(range(40))
    expected = FOREST.to_crs(4490).geometry.array
    assert shapely.hausdorff_distance(frame.geometry.array, expected).max() < 1e-10
    names = {"220": "马尾松", "350": "柏木", "310": "杉木", "410": "栎类", "490": "其他硬阔", "620": "阔叶混"}
    assert frame["species"].astype(str).tolist() == FOREST["YOU_SHI_SZ"].map(names).tolist()
    assert frame["volume_m3_ha"].tolist() == FOREST["HUO_LMGQXJ"].tolist()


def test_stock_follows_the_formula(tmp_path: Path) -> None:
    """马尾松: B = 0.5034·V + 20.547; one plot of 1 ha with V = 60 → 50.751 t, × CF."""
    square = np.array([shapely.box(36_420_000, 3_490_000, 36_420_100, 3_490_100)])
    one = FOREST.iloc[:1].assign(YOU_SHI_SZ="220", HUO_LMGQXJ=60.0, MIAN_JI=1.0)
    frame = gpd.GeoDataFrame(one.drop(columns="geometry"), geometry=square, crs=4524)
    inspection = inspect([factories.write_shapefile(frame, tmp_path)], "forest")
    fraction = carbon.load().carbon_fraction.value
    assert inspection.stock_tc == pytest.approx(50.751 * fraction, rel=3e-4)


def test_dialect_b_and_volume_from_the_total(tmp_path: Path) -> None:
    frame = factories.dialect_b(FOREST)
    asked = inspect([factories.write_shapefile(frame, tmp_path / "b")], "forest")
    assert codes(asked, Level.CONFIRM) == ["AREA_UNIT_INFERRED"]
    agreed = {"AREA_UNIT_INFERRED": "yes"}
    full = checked(inspect([tmp_path / "b" / "forest.shp"], "forest", answers=agreed))
    assert full.decision is Decision.ACCEPT
    area_ha = shapely.area(FOREST.geometry.array) / 1e4
    assert full.frame["reported_area"].to_numpy() == pytest.approx(area_ha, abs=1e-3)  # 亩 in the file
    only_total = factories.write_shapefile(frame.drop(columns="mei_gq_xj"), tmp_path / "t")
    derived = checked(inspect([only_total], "forest", answers=agreed))
    assert "VOLUME_DERIVED" in codes(derived)
    assert derived.decision is Decision.ACCEPT
    assert derived.stock_tc == pytest.approx(full.stock_tc, rel=1e-3)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet"])
def test_other_formats_give_the_same_frame(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        FOREST.to_parquet(path)
    else:
        FOREST.to_file(path)
    inspection = checked(inspect([path]))
    assert (inspection.decision, inspection.layer) == (Decision.ACCEPT, "forest")
    reference = inspect([factories.write_shapefile(FOREST, tmp_path / "shp")]).frame
    assert inspection.frame is not None
    assert inspection.frame.drop(columns="geometry").equals(reference.drop(columns="geometry"))


def test_the_layer_is_guessed_and_a_wrong_one_recognised(tmp_path: Path) -> None:
    shp = factories.write_shapefile(FOREST, tmp_path / "f")
    assert inspect([shp]).layer == "forest"
    for wrong in ("redline", "scenic", "county"):
        inspection = checked(inspect([shp], wrong))
        assert "LAYER_WRONG" in codes(inspection, Level.BLOCKING)
    red = gpd.GeoDataFrame(
        {"HXMC": ["一号"], "HXLX": ["水源涵养"], "XZQDM": ["511923"], "MJ": [1e4]},
        geometry=[FOREST.geometry.iloc[0]],
        crs=4524,
    )
    path = factories.write_shapefile(red, tmp_path / "r")
    assert inspect([path]).layer == "redline"
    assert "LAYER_WRONG" in codes(inspect([path], "forest"))


def test_a_layer_that_only_has_names_is_asked_about(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"MC": ["甲", "乙"]}, geometry=FOREST.geometry.array[:2], crs=4524)
    path = factories.write_shapefile(frame, tmp_path)
    unsure = checked(inspect([path]))
    assert codes(unsure, Level.CONFIRM) == ["LAYER_UNSURE"]
    answered = checked(inspect([path], answers={"LAYER_UNSURE": "townships"}))
    assert (answered.layer, answered.decision) == ("townships", Decision.ACCEPT)


def test_unknown_layers_and_fields(tmp_path: Path) -> None:
    shp = factories.write_shapefile(FOREST, tmp_path)
    assert codes(checked(inspect([shp], "nope"))) == ["LAYER_UNKNOWN"]
    for mapping in ("xiaoban=NOPE", "nope=XIAO_BAN"):
        assert "FIELD_UNKNOWN" in codes(checked(inspect([shp], "forest", answers={"MAPPING": mapping})), Level.BLOCKING)
    other = FOREST.rename(columns={name: f"F{number}" for number, name in enumerate(FOREST.columns[:-1])})
    unknown = factories.write_shapefile(other, tmp_path / "u")
    assert "FIELDS_NONE" in codes(checked(inspect([unknown], "forest")), Level.BLOCKING)
    assert codes(checked(inspect([unknown]))) == ["ENCODING_GUESSED", "LAYER_NONE"]


def test_a_chosen_column_is_used(tmp_path: Path) -> None:
    frame = FOREST.rename(columns={"HUO_LMGQXJ": "XJ1"})
    path = factories.write_shapefile(frame, tmp_path)
    assert "FIELD_REQUIRED" in codes(inspect([path], "forest"), Level.BLOCKING)
    chosen = checked(inspect([path], "forest", answers={"MAPPING": "volume_m3_ha=XJ1"}))
    assert chosen.decision is Decision.ACCEPT
    assert chosen.as_dict()["columns"]["volume_m3_ha"] == "XJ1"


def test_questions_are_answered(tmp_path: Path) -> None:
    path = factories.write_shapefile(FOREST, tmp_path, epsg=4507, prj=False)
    open_question = checked(inspect([path], "forest"))
    assert (open_question.decision, codes(open_question, Level.CONFIRM)) == (Decision.CONFIRM, ["CRS_MISSING"])
    assert open_question.decision.exit_code == 3
    by_default = checked(inspect([path], "forest", answers={"CRS_MISSING": ""}))
    assert (by_default.decision, by_default.crs.epsg) == (Decision.ACCEPT, 4507)
    by_value = checked(inspect([path], "forest", answers={"CRS_MISSING": "32648"}))
    assert (by_value.decision, by_value.crs.epsg) == (Decision.ACCEPT, 32648)
    nonsense = checked(inspect([path], "forest", answers={"CRS_MISSING": "somewhere"}))
    assert codes(nonsense, Level.CONFIRM) == ["ANSWER_INVALID", "CRS_MISSING"]
    assert "somewhere" in next(one.message for one in nonsense.issues if one.code == "ANSWER_UNCLEAR")
    for words in ("yes", "是"):
        agreed = inspect([path], "forest", answers={"CRS_MISSING": words})
        assert (agreed.decision, agreed.crs.epsg) == (Decision.ACCEPT, 4507)
    refused = inspect([path], "forest", answers={"CRS_MISSING": "no"})
    assert codes(refused, Level.CONFIRM) == ["CRS_MISSING"]


@pytest.mark.parametrize("answer", ["garbage", "4524", "也许", "yess", "TRUE?"])
def test_an_answer_that_says_neither_yes_nor_no_settles_nothing(answer: str, tmp_path: Path) -> None:
    frame = FOREST.copy()
    numbers = ["XIANG", "CUN", "LIN_BAN", "XIAO_BAN"]
    frame.loc[7, numbers] = frame.loc[6, numbers].to_numpy()
    path = factories.write_shapefile(frame, tmp_path)
    left = checked(inspect([path], "forest", answers={"KEY_DUPLICATE": answer}))
    assert codes(left, Level.CONFIRM) == ["KEY_DUPLICATE"]
    told = next(one for one in left.issues if one.code == "ANSWER_UNCLEAR")
    assert answer in told.message
    settled = inspect([path], "forest", answers={"KEY_DUPLICATE": " 是 "})
    assert (settled.decision, "ANSWER_UNCLEAR" in codes(settled)) == (Decision.ACCEPT, False)


def test_swapped_axes_land_where_they_belong_once_confirmed(tmp_path: Path) -> None:
    swapped = with_geometry(shapely.transform(FOREST.geometry.array, lambda points: points[:, ::-1]))
    path = factories.write_shapefile(swapped, tmp_path)
    assert codes(inspect([path], "forest"), Level.CONFIRM) == ["CRS_SWAPPED"]
    for refusal in ("no", "否"):
        refused = inspect([path], "forest", answers={"CRS_SWAPPED": refusal})
        assert (codes(refused, Level.CONFIRM), refused.decision) == (["CRS_SWAPPED"], Decision.CONFIRM)
    frame = inspect([path], "forest", answers={"CRS_SWAPPED": ""}).frame
    assert shapely.hausdorff_distance(frame.geometry.array, FOREST.to_crs(4490).geometry.array).max() < 1e-10


def test_swapped_axes_without_prj_take_one_round_of_answers(tmp_path: Path) -> None:
    """As the page keeps them: a confirmation under the key of what was shown, a number under its code."""
    swapped = with_geometry(shapely.transform(FOREST.geometry.array, lambda points: points[:, ::-1]))
    path = factories.write_shapefile(swapped, tmp_path, prj=False)
    first = inspect([path], "forest")
    swap, system = (one for one in first.issues if one.level is Level.CONFIRM)
    assert (swap.code, system.code) == ("CRS_SWAPPED", "CRS_INFERRED")
    second = checked(inspect([path], "forest", answers={swap.key: "", system.code: "4524"}))
    assert (second.decision, codes(second, Level.CONFIRM)) == (Decision.ACCEPT, [])
    assert "文件声明" not in inspection_text(second)


def test_every_finding_is_reported_at_once(tmp_path: Path) -> None:
    shapes = np.array(FOREST.geometry.array)
    shapes[2] = None
    shapes[5] = shapes[4]
    shapes[8] = shapely.transform(shapes[8], lambda points: points + np.array((200_000, 0)))
    frame = with_geometry(shapes)
    frame.loc[10, "HUO_LMGQXJ"] = -1
    frame.loc[11, "XIAO_BAN"] = frame.loc[12, "XIAO_BAN"]
    frame.loc[13, "YOU_SHI_SZ"] = "999"
    inspection = checked(inspect([factories.write_shapefile(frame, tmp_path)], "forest"))
    assert inspection.decision is Decision.REJECT
    rows = {issue.code: issue.rows for issue in inspection.issues}
    assert rows["GEOMETRY_NULL"] == (3,)
    assert rows["DUPLICATE_GEOMETRY"] == (6,)
    assert rows["OUTSIDE_SOME"] == (9,)
    assert rows["VALUE_NEGATIVE"] == (11,)
    assert rows["KEY_DUPLICATE"] == (12, 13)
    assert rows["CODE_UNKNOWN"] == (14,)
    assert inspection.checked is not None
    assert inspection.checked.index[0] == 1


@pytest.mark.parametrize(
    ("name", "content"), [("a.shp", b""), ("a.zip", b"PK\x03\x04"), ("a.geojson", b"{}"), ("a.txt", b"x"), ("a", b"")]
)
def test_what_is_no_data_is_rejected_with_one_object(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    inspection = checked(inspect([path], "forest"))
    assert inspection.decision is Decision.REJECT
    assert len(inspection.issues) == 1


def test_no_file_at_all(tmp_path: Path) -> None:
    assert codes(checked(inspect([tmp_path / "none.zip"], "forest"))) == ["FILE_MISSING"]
    assert codes(checked(inspect([], "forest"))) == ["FILE_MISSING"]


def test_no_rows_and_no_geometry(tmp_path: Path) -> None:
    assert "ROWS_NONE" in codes(checked(inspect([factories.write_shapefile(FOREST[:0], tmp_path / "e")], "forest")))
    path = tmp_path / "n.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":{"XB":"1"}}]}'
    )
    assert "GEOMETRY_NULL" in codes(checked(inspect([path], "forest")), Level.BLOCKING)


def test_text_that_looks_like_a_formula_is_kept_as_it_came(tmp_path: Path) -> None:
    frame = FOREST.assign(CUN="=HYPERLINK(1)")
    inspection = checked(inspect([factories.write_shapefile(frame, tmp_path)], "forest"))
    assert inspection.frame["village"].iloc[0] == "=HYPERLINK(1)"


def test_steps_are_told(tmp_path: Path) -> None:
    told: list[str] = []
    inspect([factories.write_shapefile(FOREST, tmp_path)], "forest", progress=told.append)
    assert told[0] == "读取文件"
    assert len(told) == len(set(told)) == 6


def test_an_unforeseen_fault_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr("pingchang_geo.workflow.inspect.validate", broken)
    inspection = checked(inspect([factories.write_shapefile(FOREST, tmp_path)], "forest"))
    assert codes(inspection) == ["INSPECT_FAILED"]
    assert "surprise" not in inspection_text(inspection)


def test_new_content_beside_the_current_version(tmp_path: Path) -> None:
    """Half of the plots are gone and the rest has moved by 30 m: both are asked about, and counted."""
    current = inspect([factories.write_shapefile(FOREST, tmp_path / "old")], "forest").frame
    part = FOREST.iloc[:20].copy()
    part.geometry = part.geometry.translate(xoff=30.0)
    inspection = inspect([factories.write_shapefile(part, tmp_path / "new")], "forest", current=lambda _: current)
    assert {"MASS_DELETION", "UNIFORM_SHIFT"} <= set(codes(inspection, Level.CONFIRM))
    shift = next(one for one in inspection.issues if one.code == "UNIFORM_SHIFT")
    assert "向东 30.0 米" in shift.message or "向东 29.9 米" in shift.message
    fates = inspection.as_dict()["comparison"]
    assert (fates["removed"], fates["changed"], fates["added"], fates["moved"]) == (20, 20, 0, 20)


def test_the_current_content_again_changes_nothing(tmp_path: Path) -> None:
    path = factories.write_shapefile(FOREST, tmp_path)
    current = inspect([path], "forest").frame
    inspection = inspect([path], "forest", current=lambda _: current)
    assert inspection.decision is Decision.ACCEPT
    assert "NOTHING_CHANGED" in codes(inspection)


@pytest.mark.parametrize("names", [("1", "2"), ("y", "t"), ("ok", "是"), ("0", "no")])
def test_data_sets_may_have_any_name(names: tuple[str, str], tmp_path: Path) -> None:
    """What says yes or no elsewhere is a name here; the second set is the larger one."""
    for number, name in enumerate(names, start=1):
        frame = FOREST.iloc[: 20 * number]
        factories.write_shapefile(frame, tmp_path, name=name)
    files = sorted(path for name in names for path in tmp_path.glob(f"{name}.*"))
    asked = checked(inspect(files, "forest"))
    assert (asked.dataset, codes(asked, Level.CONFIRM)) == (names[1], ["DATASET_SEVERAL"])
    for code in ("DATASET_SEVERAL", "DATASET"):
        smaller = checked(inspect(files, "forest", answers={code: names[0]}))
        assert (smaller.dataset, smaller.rows, smaller.decision) == (names[0], 20, Decision.ACCEPT)
    larger = checked(inspect(files, "forest", answers={"DATASET_SEVERAL": ""}))
    assert (larger.dataset, larger.decision) == (names[1], Decision.ACCEPT)
    for word in ("yes", "否"):
        left = inspect(files, "forest", answers={"DATASET_SEVERAL": word})
        assert codes(left, Level.CONFIRM) == ["DATASET_UNKNOWN", "DATASET_SEVERAL"]
        assert "ANSWER_UNCLEAR" not in codes(left)


def test_a_yes_about_the_only_data_set_is_no_name(tmp_path: Path) -> None:
    path = factories.write_shapefile(FOREST, tmp_path)
    assert inspect([path], "forest", answers={"DATASET_SEVERAL": "yes"}).decision is Decision.ACCEPT
    assert "DATASET_UNKNOWN" in codes(inspect([path], "forest", answers={"DATASET_SEVERAL": "other"}), Level.CONFIRM)


@pytest.mark.parametrize("column", ["蓄积, 每公顷", "XJ1 ", "a=b,c"])
def test_columns_may_hold_commas_and_blanks(column: str, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    FOREST.rename(columns={"HUO_LMGQXJ": column}).to_file(path, driver="GeoJSON")
    for said in (
        {"mapping": {"volume_m3_ha": column}},
        {"mapping": {"volume_m3_ha": column.strip()}},
        {"answers": {"MAPPING": f"xiaoban=XIAO_BAN, volume_m3_ha={column}"}},
        {"answers": {"MAPPING": f"volume_m3_ha = {column.strip()},village="}},
    ):
        found = checked(inspect([path], "forest", **said))
        assert found.as_dict()["columns"]["volume_m3_ha"] == column
        assert "FIELD_UNKNOWN" not in codes(found)
    assert "village" not in found.as_dict()["columns"]


def test_the_exact_name_comes_before_the_one_with_blanks(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    FOREST.assign(**{"XJ1 ": 1.0, "XJ1": 2.0}).to_file(path, driver="GeoJSON")
    for column in ("XJ1", "XJ1 "):
        found = inspect([path], "forest", mapping={"volume_m3_ha": column})
        assert found.as_dict()["columns"]["volume_m3_ha"] == column


def test_an_answer_to_one_finding_is_none_to_another(tmp_path: Path) -> None:
    """The same code about another column, another count or another layer is another question."""
    wild = FOREST.assign(HUO_LMGQXJ=5000.0, OTHER=5000.0)
    path = factories.write_shapefile(wild, tmp_path)
    (asked,) = (one for one in inspect([path], "forest").issues if one.code == "VALUE_LIMITS")
    told = {asked.key: ""}
    assert inspect([path], "forest", answers=told).decision is Decision.ACCEPT
    other = inspect([path], "forest", answers=told, mapping={"volume_m3_ha": "OTHER"})
    assert codes(other, Level.CONFIRM) == ["VALUE_LIMITS"]
    fewer = factories.write_shapefile(wild.iloc[1:], tmp_path / "fewer")
    assert codes(inspect([fewer], "forest", answers=told), Level.CONFIRM) == ["VALUE_LIMITS"]
    by_code = inspect([path], "forest", answers={"VALUE_LIMITS": ""}, mapping={"volume_m3_ha": "OTHER"})
    assert by_code.decision is Decision.ACCEPT


def test_the_version_compared_with_is_named(tmp_path: Path, empty_store: LocalStore) -> None:
    """Whatever is published while files are inspected: content and name are those of the snapshot taken before."""
    path = factories.write_shapefile(FOREST, tmp_path)
    assert inspect([path], "forest").base is None
    frame = inspect([path], "forest").frame
    first = put(empty_store, frame)
    basis = Basis.now(empty_store)

    def meanwhile(step: str) -> None:
        if step == "与当前版本比较":
            put(empty_store, layer_frames.forest())

    found = inspect([path], "forest", current=basis.content, base=basis.name, progress=meanwhile)
    assert empty_store.snapshot().versions["forest"].number == 2
    assert found.base == first.name
    assert "NOTHING_CHANGED" in codes(found)


def put(store: LocalStore, frame: gpd.GeoDataFrame) -> Version:
    base = Basis.now(store).name("forest")
    source, who = layer_frames.OFFICIAL, operator("李四")
    return publish(store, "forest", frame, provenance=source, actor=who, note="", base=base)
