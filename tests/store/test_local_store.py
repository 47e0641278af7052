"""The embedded store: nothing is overwritten, the second publisher is told, an interrupted publish leaves no trace."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from pingchang_geo.errors import ConflictError, StoreError
from pingchang_geo.store import LocalStore, Snapshot, Version
from pingchang_geo.store.local import encode
from tests import layer_frames


def nothing(*_: Any) -> None:
    """Derive nothing."""


def put(store: LocalStore, frame: gpd.GeoDataFrame, base: str | None, note: str = "") -> Version:
    return store.publish(
        "forest",
        frame,
        provenance=layer_frames.OFFICIAL,
        publisher="张三",
        note=note,
        base=base,
        prepare=nothing,
    )


def test_first_and_second_version(empty_store: LocalStore) -> None:
    first = put(empty_store, layer_frames.forest(), None)
    second = put(empty_store, layer_frames.forest(volume=80), first.name, "更新蓄积")
    assert (first.number, second.number) == (1, 2)
    assert empty_store.snapshot().versions["forest"] == second
    assert [v.number for v in empty_store.versions("forest")] == [2, 1]
    # the old content is still there, untouched
    assert empty_store.read(first)["volume_m3_ha"][0] == 60
    assert empty_store.read(second)["volume_m3_ha"][0] == 80
    assert second.parent == first.name


def test_content_survives(empty_store: LocalStore) -> None:
    frame = layer_frames.forest()
    back = empty_store.read(put(empty_store, frame, None))
    assert back.crs.to_epsg() == 4490
    assert list(back["species"].cat.categories) == list(frame["species"].cat.categories)
    assert back.geometry.geom_equals_exact(frame.geometry, 0).all()
    assert back.drop(columns="geometry").equals(frame.drop(columns="geometry"))


def test_the_same_content_twice_is_one_version(empty_store: LocalStore) -> None:
    first = put(empty_store, layer_frames.forest(), None)
    assert put(empty_store, layer_frames.forest(), None) == first
    assert len(empty_store.versions("forest")) == 1
    assert encode(layer_frames.forest()) == encode(layer_frames.forest())


def test_the_second_of_two_publishers_is_told_who_was_first(empty_store: LocalStore) -> None:
    first = put(empty_store, layer_frames.forest(), None)
    put(empty_store, layer_frames.forest(volume=70), first.name, "补充调查")
    with pytest.raises(ConflictError, match=r"张三.*补充调查"):
        put(empty_store, layer_frames.forest(volume=90), first.name)
    assert empty_store.snapshot().versions["forest"].number == 2


def test_columns_without_geometry(empty_store: LocalStore) -> None:
    version = put(empty_store, layer_frames.forest(), None)
    assert list(empty_store.read(version, ["species", "absent"]).columns) == ["species"]


def test_wrong_crs_is_refused(empty_store: LocalStore) -> None:
    with pytest.raises(StoreError, match="4490"):
        put(empty_store, layer_frames.forest().to_crs(4545), None)


def test_a_failing_derivation_changes_nothing(empty_store: LocalStore) -> None:
    first = put(empty_store, layer_frames.forest(), None)

    def fail(version: Version, after: Snapshot, frame: gpd.GeoDataFrame) -> None:
        raise OSError("disk")

    with pytest.raises(StoreError, match="未受影响"):
        empty_store.publish(
            "forest",
            layer_frames.forest(volume=70),
            provenance=layer_frames.OFFICIAL,
            publisher="张三",
            note="",
            base=first.name,
            prepare=fail,
        )
    assert empty_store.snapshot().versions["forest"] == first
    assert not empty_store.sweep()  # its space was given back at once
    assert empty_store.read(first) is not None


def test_full_disk_is_seen_beforehand(empty_store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(empty_store.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(StoreError, match="磁盘空间不足"):
        put(empty_store, layer_frames.forest(), None)
    assert not empty_store.snapshot().versions


_KILLED = """
import os, signal, sys
from pathlib import Path
from pingchang_geo.store import LocalStore
from tests import layer_frames
store = LocalStore(Path(sys.argv[1]))
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "switch":
    store._catalogue.switch = die
base = store.snapshot().versions["forest"].name
prepare = die if sys.argv[2] == "prepare" else lambda *_: None
frame = layer_frames.forest(volume=70)
store.publish("forest", frame, provenance=layer_frames.OFFICIAL, publisher="x", note="", base=base, prepare=prepare)
"""


@pytest.mark.parametrize("step", ["prepare", "switch"])
def test_killed_while_publishing(empty_store: LocalStore, step: str) -> None:
    first = put(empty_store, layer_frames.forest(), None)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(empty_store.root), step],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
    after = LocalStore(empty_store.root)
    assert after.snapshot().versions["forest"] == first
    assert after.sweep()
    assert after.audit_intact()
    assert put(after, layer_frames.forest(volume=70), first.name).number == 2


def test_the_log_is_a_chain(empty_store: LocalStore) -> None:
    put(empty_store, layer_frames.forest(), None, "甲\n乙")
    empty_store.log("李四", "refuse", layer="forest", issues=["CRS_MISSING"])
    assert [entry.action for entry in empty_store.audit()] == ["publish", "refuse"]
    assert empty_store.audit_intact()
    with sqlite3.connect(empty_store.root / "catalogue.sqlite") as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append only"):
            connection.execute("UPDATE audit SET actor = 'x'")
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET actor = '王五' WHERE seq = 1")
    connection.close()
    assert not empty_store.audit_intact()


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="PINGCHANG_DATA_DIR"):
        LocalStore(tmp_path / "file" / "data")


def test_a_data_folder_of_ours_is_closed_to_other_users(tmp_path: Path) -> None:
    LocalStore(tmp_path / "deep" / "data")
    assert (tmp_path / "deep" / "data").stat().st_mode & 0o027 == 0
    (tmp_path / "given").mkdir(mode=0o755)
    LocalStore(tmp_path / "given")
    assert (tmp_path / "given").stat().st_mode & 0o777 == 0o755  # the operator's own choice
