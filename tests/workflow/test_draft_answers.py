"""Answers of an analyst: which hold on, and which are about something else by now."""

from typing import Any

from pingchang_geo.workflow.uploads import answers
from pingchang_geo.workflow.uploads.drafts import Draft

CONFIRMED = {"VALUE_LIMITS:aa": "", "KEY_DUPLICATE:bb": ""}
DRAFT = Draft("0123456789ab", "张三", "2025-01-01T00:00:00Z", ("a.zip",), "forest", CONFIRMED, {"xiaoban": "XB"})


def finding(code: str, key: str = "", level: str = "confirm") -> dict[str, Any]:
    return {"code": code, "key": f"{code}:{key}", "level": level}


def found(*issues: dict[str, Any]) -> dict[str, Any]:
    return {"issues": list(issues), "crs": {"epsg": 4524}, "encoding": "GB18030"}


def test_a_confirmation_is_kept_for_its_finding() -> None:
    one, other = finding("VALUE_LIMITS", "cc"), finding("VALUE_LIMITS", "dd")
    done = answers.answered(DRAFT, found(one, other), [(one, "")])
    assert done.answers == {**CONFIRMED, "VALUE_LIMITS:cc": ""}
    assert (done.mapping, done.layer, done.revision) == (DRAFT.mapping, "forest", DRAFT.revision)


def test_what_decides_the_rest_is_asked_alone() -> None:
    rest = [finding("KEY_DUPLICATE"), finding("OUTSIDE_SOME", level="warning")]
    assert answers.asked(found(*rest)) == rest[:1]
    layer, data_set = finding("LAYER_UNSURE"), finding("DATASET_SEVERAL")
    assert answers.asked(found(*rest, layer)) == [layer]
    assert answers.asked(found(*rest, layer, data_set)) == [data_set]


def test_another_layer_keeps_only_how_the_file_is_read() -> None:
    draft = answers.answered(DRAFT, found(), [(finding("CRS_MISSING"), "4524"), (finding("GCJ_SUSPECTED"), "correct")])
    chosen = answers.answered(draft, found(), [(finding("LAYER_UNSURE"), "redline")])
    assert (chosen.layer, chosen.answers, chosen.mapping) == ("redline", {"CRS_MISSING": "4524"}, {})


def test_another_data_set_keeps_nothing() -> None:
    chosen = answers.answered(DRAFT, found(), [(finding("DATASET_SEVERAL"), "1")])
    assert (chosen.answers, chosen.mapping, chosen.layer) == ({"DATASET_SEVERAL": "1"}, {}, "forest")


def test_a_correction_is_about_the_system_it_was_seen_in() -> None:
    given = [(finding("CRS_MISSING"), "4524"), (finding("GCJ_SUSPECTED"), "correct")]
    same = answers.answered(DRAFT, found(), given)
    assert same.answers["GCJ_SUSPECTED"] == "correct"
    other = answers.answered(same, found(), [(finding("CRS_MISSING"), "4545"), given[1]])
    assert (other.answers["CRS_MISSING"], "GCJ_SUSPECTED" in other.answers) == ("4545", False)


def test_another_encoding_names_the_columns_anew() -> None:
    assert answers.answered(DRAFT, found(), [(finding("ENCODING_UNSURE"), "GB18030")]).mapping == DRAFT.mapping
    assert answers.answered(DRAFT, found(), [(finding("ENCODING_UNSURE"), "BIG5")]).mapping == {}
