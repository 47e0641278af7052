"""Uploaded boundary files: read under harmless names, gone afterwards."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from pingchang_geo.settings import Settings
from pingchang_geo.workflow.boundaries.upload import read_uploaded

TEXT = b"107.10, 31.55\n107.11, 31.55\n107.11, 31.56\n107.10, 31.56\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go during the test."""
    own = tmp_path / "deep" / "temporary"
    own.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    return own


@pytest.mark.parametrize("name", ["边界.txt", "../../../outside.txt", "C:\\temp\\..\\边界.txt", "/etc/a.txt"])
def test_a_name_leads_nowhere_and_nothing_is_kept(folder: Path, name: str) -> None:
    found = read_uploaded([(name, TEXT)], Settings(), county=None, answers={})
    assert found.polygon is not None and found.area_ha == pytest.approx(105.2, abs=0.2)
    assert list(folder.parents[1].rglob("*.txt")) == []
    assert list(folder.iterdir()) == []


def test_answers_reach_the_reading(folder: Path) -> None:
    swapped = b"31.55, 107.10\n31.55, 107.11\n31.56, 107.11\n31.56, 107.10\n"
    asked = read_uploaded([("a.txt", swapped)], Settings(), county=None, answers={})
    assert [one.code for one in asked.questions] == ["SITE_SWAPPED"]
    told = read_uploaded([("a.txt", swapped)], Settings(), county=None, answers={"SITE_SWAPPED": ""})
    assert not told.questions and told.polygon is not None


def test_what_is_no_boundary_is_refused_with_a_reason(folder: Path) -> None:
    found = read_uploaded([("a.zip", b"PK\x03\x04 not really")], Settings(), county=None, answers={})
    assert found.polygon is None
    assert found.issues and all(one.message and one.fix for one in found.issues)
    assert list(folder.iterdir()) == []
