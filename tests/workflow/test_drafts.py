"""Drafts: kept on disk, worked on by a process of their own, published once."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from pingchang_geo.access import operator
from pingchang_geo.errors import PingchangError
from pingchang_geo.settings import PROJECT_ROOT, Settings
from pingchang_geo.store import LocalStore, locks
from pingchang_geo.workflow import start
from pingchang_geo.workflow.publish import publish
from pingchang_geo.workflow.uploads import drafting, jobs, listing
from pingchang_geo.workflow.uploads.drafts import CHECKED, FATES, Draft, Drafts, safe_name
from tests import factories, layer_frames

FOREST = factories.sample_forest(30)
SAID = {"kind": "official", "source": "平昌县林业局", "as_of": "2024-12-31", "note": "年度更新"}
WHO = operator("张三")


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path / "data")


@pytest.fixture
def here(empty_store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> LocalStore:
    """The process's store is the test's, without the reference layers."""
    monkeypatch.setattr(start, "open_store", lambda: empty_store)
    return empty_store


def uploaded(drafts: Drafts, tmp_path: Path, frame: Any = FOREST, layer: str | None = "forest") -> Draft:
    shp = factories.write_shapefile(frame, tmp_path / f"shp{len(frame)}")
    packed = factories.zip_shapefile(shp, tmp_path / f"小班{len(frame)}.zip")
    with packed.open("rb") as stream:
        return drafts.create([(packed.name, stream)], WHO, layer, 100)


def inspected(drafts: Drafts, draft: Draft, store: LocalStore) -> Draft:
    done = drafting.inspect_draft(drafts, draft, store, Settings(), lambda _: None)
    drafts.save(done)
    return done


def wait(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("not in time")


def test_a_draft_survives_and_can_be_discarded(drafts: Drafts, tmp_path: Path) -> None:
    draft = uploaded(drafts, tmp_path)
    assert drafts.get(draft.id) == draft
    assert drafts.open_drafts() == [draft]
    assert [path.name for path in drafts.paths(draft)] == ["小班30.zip"]
    drafts.discard(draft.id, WHO)
    assert drafts.get(draft.id) is None
    assert drafts.get("../../etc") is None


def test_too_much_and_twice_the_same_name_leave_nothing(drafts: Drafts, tmp_path: Path) -> None:
    with pytest.raises(PingchangError, match="超过 1 MB"):
        drafts.create([("a.zip", io.BytesIO(b"x" * (2 << 20)))], WHO, None, 1)
    with pytest.raises(PingchangError, match="同名"):
        drafts.create([("a.shp", io.BytesIO(b"x")), ("A.SHP", io.BytesIO(b"y"))], WHO, None, 1)
    with pytest.raises(PingchangError, match="没有收到文件"):
        drafts.create([], WHO, None, 1)
    assert drafts.open_drafts() == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../a.shp", "a.shp"),
        ("C:\\x\\林地.shp", "林地.shp"),
        ("a\x00b.zip", "a_b.zip"),
        ("..", "文件"),
        ("", "文件"),
    ],
)
def test_names_cannot_leave_the_folder(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_long_names_keep_their_ending() -> None:
    name = safe_name("长" * 300 + ".zip")
    assert len(name) <= 120
    assert name.endswith(".zip")


def test_inspection_and_faults_are_kept(drafts: Drafts, tmp_path: Path, here: LocalStore) -> None:
    twice = FOREST.copy()
    twice.loc[1, ["CUN", "LIN_BAN", "XIAO_BAN"]] = twice.loc[0, ["CUN", "LIN_BAN", "XIAO_BAN"]].to_numpy()
    done = inspected(drafts, uploaded(drafts, tmp_path, twice), here)
    found = drafts.inspection(done)
    assert found is not None
    assert (found["decision"], found["layer"], found["rows"]) == ("confirm", "forest", 30)
    assert {"1", "2"} <= set(found["places"])
    faulty = drafts.features(done, CHECKED)
    assert faulty is not None
    assert faulty.set_index("record").loc[2, drafting.CODES] == "KEY_DUPLICATE"
    with pytest.raises(PingchangError, match="还不能发布"):
        drafting.publish_draft(drafts, done, here, SAID, actor=WHO, say=lambda _: None)


def test_published_once_and_compared_afterwards(drafts: Drafts, tmp_path: Path, here: LocalStore) -> None:
    done = inspected(drafts, uploaded(drafts, tmp_path), here)
    assert drafts.comparison(done) is None  # nothing to compare with
    first = drafting.publish_draft(drafts, done, here, SAID, actor=WHO, say=lambda _: None)
    assert first.published == here.snapshot().versions["forest"].name
    assert drafting.publish_draft(drafts, done, here, SAID, actor=WHO, say=lambda _: None).published == first.published
    richer = FOREST.assign(HUO_LMGQXJ=FOREST.HUO_LMGQXJ + 1).iloc[2:]
    again = inspected(drafts, uploaded(drafts, tmp_path, richer), here)
    found = drafts.comparison(again)
    assert found is not None
    assert {row["status"]: row["count"] for row in found["summary"]} == {"未变": 0, "变更": 28, "新增": 0, "减少": 2}
    fates = drafts.features(again, FATES)
    assert fates is not None
    assert fates[drafting.FATE].value_counts().to_dict() == {"变更": 28, "减少": 2}


def test_many_changes_merge_into_one_shape_a_fate() -> None:
    squares = [layer_frames.square(i % 10, i // 10) for i in range(100)]
    fates = gpd.GeoDataFrame({drafting.FATE: ["新增"] * 50 + ["减少"] * 50}, geometry=squares, crs=4490)
    assert drafting.dissolved(fates, 100) is fates
    merged = drafting.dissolved(fates, 99).set_index(drafting.FATE)
    assert len(merged) == 2
    expected = shapely.union_all(squares[:50])
    assert merged.loc["新增"].geometry.symmetric_difference(expected).area < 1e-3 * expected.area


def test_somebody_published_in_between(drafts: Drafts, tmp_path: Path, here: LocalStore) -> None:
    done = inspected(drafts, uploaded(drafts, tmp_path), here)
    publish(
        here,
        "forest",
        layer_frames.forest(),
        provenance=layer_frames.OFFICIAL,
        actor=operator("李四"),
        note="抢先",
        base=None,
    )
    with pytest.raises(PingchangError, match="李四"):
        drafting.publish_draft(drafts, done, here, SAID, actor=WHO, say=lambda _: None)


def test_a_process_of_its_own(drafts: Drafts, tmp_path: Path) -> None:
    draft = uploaded(drafts, tmp_path)
    chosen = Settings(data_dir=tmp_path / "data")
    assert drafts.start(draft, "inspect", chosen, WHO)
    assert drafts.working(draft)
    assert not drafts.start(draft, "inspect", chosen, WHO)  # one at a time
    wait(lambda: not drafts.working(draft))
    done = drafts.get(draft.id)
    assert done is not None and done.stage == "inspected", (drafts.folder(draft.id) / "log.txt").read_text()
    assert drafts.progress(draft)[0] == "读取文件"
    assert drafts.start(done, "publish", chosen, WHO, json.dumps(SAID))
    wait(lambda: not drafts.working(draft))
    published = drafts.get(draft.id)
    assert published is not None and published.stage == "published"
    assert LocalStore(tmp_path / "data").snapshot().versions["forest"].name == published.published


def test_a_killed_process_leaves_a_draft_that_can_be_tried_again(drafts: Drafts, tmp_path: Path) -> None:
    draft = uploaded(drafts, tmp_path)
    chosen = Settings(data_dir=tmp_path / "data")
    drafts.start(draft, "inspect", chosen, WHO)
    wait(lambda: bool(drafts.progress(draft)))
    os.kill(pid_of(drafts, draft), signal.SIGKILL)
    wait(lambda: (drafts.get(draft.id) or draft).stage == "failed")
    killed = drafts.get(draft.id)
    assert killed is not None and "被系统中止（多为内存不足）" in killed.error
    wait(lambda: bool(LocalStore(tmp_path / "data").audit()))
    line = LocalStore(tmp_path / "data").audit()[-1]
    assert (line.actor, line.action, line.detail["draft"]) == ("张三", "refuse", draft.id)
    assert drafts.start(killed, "inspect", chosen, WHO)
    wait(lambda: not drafts.working(draft))
    done = drafts.get(draft.id)
    assert done is not None and (done.stage, done.error) == ("inspected", "")


def pid_of(drafts: Drafts, draft: Draft) -> int:
    """The process at work on a draft."""
    return int((drafts.folder(draft.id) / jobs.LOCK).read_text().split()[1])


def test_a_confirmed_mapping_is_remembered(drafts: Drafts, tmp_path: Path) -> None:
    """A column that nobody could know is said once; the next file with the same columns needs no word."""
    odd = FOREST.rename(columns={"HUO_LMGQXJ": "XJ_2024"})
    chosen = Settings(data_dir=tmp_path / "data")
    LocalStore(tmp_path / "data")

    def done(draft: Draft, *arguments: str) -> Draft:
        drafts.start(draft, *arguments[:1], chosen, WHO, *arguments[1:])
        wait(lambda: not drafts.working(draft))
        found = drafts.get(draft.id)
        assert found is not None
        return found

    first = done(uploaded(drafts, tmp_path, odd), "inspect")
    assert "FIELD_REQUIRED" in [one["code"] for one in (drafts.inspection(first) or {})["issues"]]
    told = replace(first, mapping={"volume_m3_ha": "XJ_2024"})
    ready = done(told, "inspect")
    assert (drafts.inspection(ready) or {})["decision"] == "accept"
    assert done(ready, "publish", json.dumps(SAID)).stage == "published"
    later = done(uploaded(drafts, tmp_path, odd.iloc[:29]), "inspect")
    assert (drafts.inspection(later) or {})["columns"]["volume_m3_ha"] == "XJ_2024"


def test_every_row_of_an_issue_is_listed(drafts: Drafts, tmp_path: Path, here: LocalStore) -> None:
    """All rows, not the first twenty that the sentence and the JSON name; with key, value and place."""
    frame = factories.sample_forest(60).assign(PINGJUN_NL=700)
    frame.loc[[3, 5], "PINGJUN_XJ"] = 999.0
    done = inspected(drafts, uploaded(drafts, tmp_path, frame), here)
    found, rows = drafts.inspection(done), drafts.rows(done)
    assert found is not None
    assert rows is not None
    by_field = {one["field"]: number for number, one in enumerate(found["issues"]) if one["code"] == "VALUE_LIMITS"}
    ages, widths = (rows[rows[listing.NUMBER] == by_field[name]] for name in ("mean_age_a", "dbh_cm"))
    assert len(found["issues"][by_field["mean_age_a"]]["rows"]) == 20
    assert ages[listing.RECORD].tolist() == list(range(1, 61))
    assert widths[listing.RECORD].tolist() == [4, 6]
    assert widths[listing.VALUE].tolist() == ["999", "999"]
    assert widths[listing.KEY].tolist() == ["驷马镇-村1-0001-0004", "驷马镇-村1-0001-0006"]
    centre = frame.to_crs(4490).geometry.iloc[3].bounds
    assert widths[listing.LON].iloc[0] == pytest.approx((centre[0] + centre[2]) / 2)
    assert widths[listing.LAT].iloc[0] == pytest.approx((centre[1] + centre[3]) / 2)


def test_rows_of_a_file_that_is_refused_have_no_place(drafts: Drafts, tmp_path: Path, here: LocalStore) -> None:
    frame = FOREST.copy()
    frame.geometry = [None if number == 6 else shape for number, shape in enumerate(frame.geometry)]
    done = inspected(drafts, uploaded(drafts, tmp_path, frame), here)
    rows = drafts.rows(done)
    assert rows is not None
    lost = rows[rows[listing.RECORD] == 7]
    assert lost[listing.LON].isna().all()
    assert set(lost[listing.KEY]) == {"白衣镇-村1-0001-0007"}


def test_only_what_was_looked_at_is_published(drafts: Drafts, tmp_path: Path, here: LocalStore) -> None:
    """Another inspection has been made since: its content was never seen."""
    seen = inspected(drafts, uploaded(drafts, tmp_path), here)
    assert (drafts.inspection(seen) or {})["content"] == seen.content != ""
    other = drafting.inspect_draft(drafts, replace(seen, mapping={"mean_age_a": ""}), here, Settings(), lambda _: None)
    assert other.content not in ("", seen.content)
    with pytest.raises(PingchangError, match="您查看之后已改变，没有发布"):
        drafting.publish_draft(drafts, seen, here, SAID, actor=WHO, say=lambda _: None)
    assert here.snapshot().versions == {}
    again = inspected(drafts, seen, here)
    assert drafting.publish_draft(drafts, again, here, SAID, actor=WHO, say=lambda _: None).stage == "published"


def test_who_has_not_seen_the_draft_as_it_is_changes_nothing(drafts: Drafts, tmp_path: Path) -> None:
    """Two windows: what one of them asks of the old state is neither kept nor done."""
    old = uploaded(drafts, tmp_path)
    chosen = Settings(data_dir=tmp_path / "data")
    assert drafts.start(replace(old, answers={"CRS_MISSING": "4524"}), "inspect", chosen, WHO)
    assert not drafts.start(replace(old, answers={}), "inspect", chosen, WHO)  # at work
    wait(lambda: not drafts.working(old))
    now = drafts.get(old.id)
    assert now is not None and (now.stage, now.answers, now.revision) == ("inspected", {"CRS_MISSING": "4524"}, 1)
    for action, said in (("inspect", ()), ("publish", (json.dumps(SAID),))):
        with pytest.raises(PingchangError, match="已在别处改动或放弃"):
            drafts.start(old, action, chosen, WHO, *said)
    assert drafts.get(old.id) == now
    assert LocalStore(tmp_path / "data").snapshot().versions == {}
    drafts.discard(old.id, WHO)
    with pytest.raises(PingchangError, match="已在别处改动或放弃"):
        drafts.start(now, "inspect", chosen, WHO)


def test_giving_up_stops_an_inspection(drafts: Drafts, tmp_path: Path) -> None:
    draft = uploaded(drafts, tmp_path)
    assert drafts.start(draft, "inspect", Settings(data_dir=tmp_path / "data"), WHO)
    process = pid_of(drafts, draft)
    os.kill(process, signal.SIGSTOP)  # it hangs
    assert drafts.at_work(draft) == "inspect"
    drafts.discard(draft.id, WHO)
    assert drafts.get(draft.id) is None
    assert not drafts.folder(draft.id).exists()
    wait(lambda: not Path(f"/proc/{process}").exists())
    assert LocalStore(tmp_path / "data").audit() == ()  # no failure: somebody wanted it


def test_what_is_being_published_cannot_be_given_up(drafts: Drafts, tmp_path: Path, here: LocalStore) -> None:
    done = inspected(drafts, uploaded(drafts, tmp_path), here)
    with locks.locked(here.root / locks.PUBLISH, alone=True):  # the publish cannot get to its end
        assert drafts.start(done, "publish", Settings(data_dir=here.root), WHO, json.dumps(SAID))
        wait(lambda: bool(drafts.progress(done)))
        assert drafts.any_working("publish")
        assert not drafts.start(done, "inspect", Settings(data_dir=here.root), WHO)
        assert drafts.any_working("publish")  # trying leaves what is written there
        with pytest.raises(PingchangError, match="正在发布，没有放弃"):
            drafts.discard(done.id, WHO)
    wait(lambda: not drafts.working(done))
    published = drafts.get(done.id)
    assert published is not None and published.published == here.snapshot().versions["forest"].name
    with pytest.raises(PingchangError, match="已经发布，没有放弃"):
        drafts.discard(done.id, WHO)


def launched(folder: Path, action: str, program: str) -> jobs.Process:
    """A process at work on a draft's folder that runs a program."""
    with jobs.locked(folder, action) as held:
        assert held is not None
        return jobs.launch(held, folder, [sys.executable, "-c", program], os.environ)


def test_what_a_killed_process_had_unpacked_goes(tmp_path: Path) -> None:
    scratch = tmp_path / jobs.SCRATCH
    for name in ("first", "second"):
        child = launched(tmp_path, "inspect", f"import tempfile, time; tempfile.mkdtemp({name!r}); time.sleep(60)")
        wait(lambda ending=name: any(scratch.glob(f"*{ending}")))
        jobs.stop(tmp_path, "inspect")
        assert child.wait() == -signal.SIGKILL
        assert len(list(scratch.iterdir())) == 1  # what the one before had left is gone


def test_only_what_is_meant_is_stopped(tmp_path: Path) -> None:
    """A publish has begun since an inspection was seen at work."""
    child = launched(tmp_path, "publish", "import time; time.sleep(60)")
    jobs.stop(tmp_path, "inspect")
    assert child.poll() is None
    assert jobs.at_work(tmp_path) == "publish"
    jobs.stop(tmp_path, "publish")
    assert child.wait() == -signal.SIGKILL


def test_the_number_of_a_process_long_gone_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda pid, _: killed.append(pid))
    monkeypatch.setattr(jobs, "_GONE_S", 0.1)
    for action in ("", "inspect"):  # discarding; about to be launched
        (tmp_path / jobs.LOCK).write_text("inspect 4711")
        with jobs.locked(tmp_path, action) as held:
            assert held is not None
            jobs.stop(tmp_path, "inspect")
    assert killed == []


def test_a_number_that_belongs_to_another_user_is_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: int) -> None:
        raise PermissionError

    child = launched(tmp_path, "inspect", "import time; time.sleep(0.5)")
    with monkeypatch.context() as patch:
        patch.setattr(os, "killpg", refused)
        jobs.stop(tmp_path, "inspect")  # until it has ended by itself
    assert child.wait() == 0


def hanging(drafts: Drafts, tmp_path: Path, how: str) -> tuple[Draft, int]:
    """A draft whose inspection does not end, after some lines that make it so, and how its process ended."""
    draft = uploaded(drafts, tmp_path)
    words = ["inspect", draft.id, WHO.source, WHO.name, WHO.session]
    code = f"""
import ctypes, threading, time
from pingchang_geo.workflow.inspection import Inspection
from pingchang_geo.workflow.uploads import drafting
{how}
drafting.main({words!r})
"""
    environment = {**os.environ, "PINGCHANG_DATA_DIR": str(tmp_path / "data"), "PINGCHANG_WORKER_SECONDS": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, env=environment, check=False, timeout=50)
    return drafts.get(draft.id) or draft, done.returncode


def test_an_inspection_without_end_is_a_refusal(drafts: Drafts, tmp_path: Path) -> None:
    draft, code = hanging(drafts, tmp_path, "drafting.inspect_draft = lambda *_: time.sleep(60)")
    found = drafts.inspection(draft)
    assert found is not None
    assert (code, draft.stage, draft.content, found["decision"]) == (2, "inspected", "", "reject")
    assert "检查用时超过 3 秒，已停止，文件未被采用" in found["issues"][0]["message"]
    (line,) = LocalStore(tmp_path / "data").audit()
    assert (line.action, line.detail["issues"], line.detail["file"]) == ("refuse", ["INSPECT_TIMEOUT"], ["小班30.zip"])


def test_a_hang_that_lets_nothing_else_run_is_ended_by_the_system(drafts: Drafts, tmp_path: Path) -> None:
    how = "drafting.inspect_draft = lambda *_: ctypes.PyDLL(None).sleep(60)"
    assert hanging(drafts, tmp_path, how)[1] == -signal.SIGALRM


#: The inspection has its result, an acceptance, just when the refusal has been written and not yet logged.
AT_THE_LAST_MOMENT = """
refused, log = threading.Event(), drafting._log_refusal
drafting.inspect = lambda *_, **__: Inspection(files=("小班.zip",))
drafting.marked_rows = lambda _: refused.wait() and None

def slowly(*those):
    refused.set()
    time.sleep(0.5)
    log(*those)

drafting._log_refusal = slowly
"""


def test_nothing_is_written_after_the_last_word(drafts: Drafts, tmp_path: Path) -> None:
    draft, code = hanging(drafts, tmp_path, AT_THE_LAST_MOMENT)
    assert (code, (drafts.inspection(draft) or {}).get("decision")) == (2, "reject")
    (line,) = LocalStore(tmp_path / "data").audit()
    assert line.detail["issues"] == ["INSPECT_TIMEOUT"]


def test_the_page_says_that_the_limit_ended_it(drafts: Drafts, tmp_path: Path) -> None:
    draft = uploaded(drafts, tmp_path)
    assert drafts.start(draft, "inspect", Settings(data_dir=tmp_path / "data"), WHO)
    os.kill(pid_of(drafts, draft), signal.SIGALRM)
    wait(lambda: (drafts.get(draft.id) or draft).stage == "failed")
    assert "超过时限，已中止，文件未被采用" in (drafts.get(draft.id) or draft).error


def test_refused_files_stand_in_the_log(drafts: Drafts, tmp_path: Path) -> None:
    draft = drafts.create([("坏.zip", io.BytesIO(b"PK\x03\x04broken"))], WHO, "forest", 100)
    assert drafts.start(draft, "inspect", Settings(data_dir=tmp_path / "data"), WHO)
    wait(lambda: not drafts.working(draft))
    (line,) = LocalStore(tmp_path / "data").audit()
    codes = [one["code"] for one in (drafts.inspection(draft) or {})["issues"]]
    assert (line.actor, line.action) == ("张三", "refuse")
    assert dict(line.detail) == {"layer": "forest", "file": ["坏.zip"], "issues": codes, "draft": draft.id}


def test_the_version_compared_with_is_the_one_replaced(
    drafts: Drafts, tmp_path: Path, here: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody publishes between the comparison and its end: the draft says with what it was compared."""
    first = inspected(drafts, uploaded(drafts, tmp_path), here)
    drafting.publish_draft(drafts, first, here, SAID, actor=WHO, say=lambda _: None)
    base = here.snapshot().versions["forest"].name

    def meanwhile(step: str) -> None:
        if step == "与当前版本比较":
            source, who = layer_frames.OFFICIAL, operator("李四")
            publish(here, "forest", layer_frames.forest(), provenance=source, actor=who, note="抢先", base=base)

    draft = uploaded(drafts, tmp_path, FOREST.iloc[:29])
    done = drafting.inspect_draft(drafts, draft, here, Settings(), meanwhile)
    assert (done.base, (drafts.comparison(done) or {})["base"]) == (base, base)
    fates = {row["status"]: row["count"] for row in (drafts.comparison(done) or {})["summary"]}
    assert (fates["未变"], fates["减少"]) == (29, 1)
    with pytest.raises(PingchangError, match="李四"):
        drafting.publish_draft(drafts, done, here, SAID, actor=WHO, say=lambda _: None)
