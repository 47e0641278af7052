"""Whether somebody may is asked again inside what changes something, in its own process, at the last moment."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pingchang_geo.access import ANONYMOUS, Actor, Right, Role, operator
from pingchang_geo.errors import ForbiddenError, PingchangError
from pingchang_geo.settings import Settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import derive, start, versions
from pingchang_geo.workflow.publish import current_base, publish
from pingchang_geo.workflow.uploads import drafting
from pingchang_geo.workflow.uploads.drafts import Draft, Drafts
from tests import factories, layer_frames
from tests.access_desk import OPERATOR, OTHER_PASSWORD, Desk

FOREST = factories.sample_forest(30)
SAID = {"kind": "official", "source": "平昌县林业局", "as_of": "2024-12-31", "note": "年度更新"}


def over(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The process's accounts and store. The clock stands at the present: other processes look at their own."""
    found = Desk(store.root)
    found.now = time.time()
    monkeypatch.setattr(start, "access", lambda: found.access)
    monkeypatch.setattr(start, "open_store", lambda: store)
    return found


@pytest.fixture
def desk(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Beside the tiny county."""
    return over(store, monkeypatch)


@pytest.fixture
def analyst(desk: Desk) -> Actor:
    return desk.actor("张三", Role.ANALYST)


@pytest.fixture
def drafts(store: LocalStore) -> Drafts:
    return Drafts(store.root)


def put(store: LocalStore, actor: Actor, **options: Any) -> Any:
    return publish(
        store,
        "forest",
        layer_frames.forest(volume=70),
        provenance=layer_frames.OFFICIAL,
        actor=actor,
        note="",
        base=current_base(store, "forest"),
        **options,
    )


def received(drafts: Drafts, actor: Actor, tmp_path: Path) -> Draft:
    shp = factories.write_shapefile(FOREST, tmp_path / "shp", epsg=4490)
    with factories.zip_shapefile(shp, tmp_path / "小班.zip").open("rb") as stream:
        return drafts.create([("小班.zip", stream)], actor, "forest", 100)


def published(store: LocalStore) -> int:
    return store.snapshot().versions["forest"].number


def finished(drafts: Drafts, draft: Draft) -> Draft:
    for _ in range(600):
        if not drafts.working(draft):
            break
        time.sleep(0.1)
    done = drafts.get(draft.id)
    assert done is not None
    return done


def refused_actors(desk: Desk) -> list[Actor]:
    """Everybody who must not publish, whatever they say they are."""
    left = desk.user("走", Role.ADMIN)
    desk.access.sign_out(left.token)
    disabled = desk.actor("停", Role.ADMIN)
    desk.access.set_disabled("停", True, OPERATOR)
    demoted = desk.actor("降", Role.ANALYST)
    desk.access.set_role("降", Role.VIEWER, OPERATOR)
    return [
        ANONYMOUS,
        Actor("admin", Role.ADMIN),
        Actor("admin", Role.ADMIN, "f" * 64),
        desk.actor("看", Role.VIEWER),
        left.actor,
        disabled,
        demoted,
    ]


def test_nobody_publishes_without_the_right(desk: Desk, store: LocalStore, drafts: Drafts) -> None:
    desk.user("管", Role.ADMIN)
    first = store.snapshot().versions["forest"]
    draft = drafts.create([("a.zip", io.BytesIO(b"x"))], OPERATOR, "forest", 1)
    chosen = Settings(data_dir=store.root)
    for actor in refused_actors(desk):
        calls: list[Callable[[], Any]] = [
            lambda actor=actor: put(store, actor, require=start.require),
            lambda actor=actor: versions.rollback(store, "forest", first, actor=actor, require=start.require),
            lambda actor=actor: versions.rollback_apart(
                "forest", first, actor=actor, note="", base=first.name, data_dir=store.root
            ),
            lambda actor=actor: drafts.create([("a.zip", io.BytesIO(b"x"))], actor, None, 1),
            lambda actor=actor: drafts.discard(draft.id, actor),
            lambda actor=actor: drafts.start(draft, "publish", chosen, actor, json.dumps(SAID)),
            lambda actor=actor: drafting.publish_draft(drafts, draft, store, SAID, actor=actor, say=lambda _: None),
        ]
        for call in calls:
            before = len(desk.lines)
            with pytest.raises(ForbiddenError):
                call()
            assert desk.lines[before:] == [(actor.name or "匿名", "forbidden", {"right": "update"})]
    assert published(store) == 1
    assert drafts.open_drafts() == [draft]
    assert not drafts.working(draft)


def test_where_nobody_says_whom_to_ask_only_the_command_line_passes(store: LocalStore, analyst: Actor) -> None:
    with pytest.raises(ForbiddenError):
        put(store, analyst)
    with pytest.raises(ForbiddenError):
        versions.rollback(store, "forest", store.snapshot().versions["forest"], actor=analyst)
    assert put(store, operator("李四")).publisher == "李四"


def test_an_analyst_publishes_under_their_own_name(desk: Desk, store: LocalStore, analyst: Actor) -> None:
    version = put(store, analyst, require=start.require)
    assert (version.number, version.publisher) == (2, "张三")
    back = versions.rollback(
        store, "forest", store.versions("forest")[-1], actor=analyst, note="有误", require=start.require
    )
    assert (back.number, back.publisher) == (3, "张三")
    assert store.audit()[-1].actor == "张三"


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda desk: desk.access.revoke_all("张三", OPERATOR),
        lambda desk: desk.access.set_disabled("张三", True, OPERATOR),
        lambda desk: desk.access.set_role("张三", Role.VIEWER, OPERATOR),
        lambda desk: desk.later(13 * 3600),
    ],
)
def test_whoever_loses_the_right_during_a_publish_publishes_nothing(
    desk: Desk,
    store: LocalStore,
    analyst: Actor,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: Callable[[Desk], object],
) -> None:
    ensure = derive.ensure

    def slowly(*arguments: Any) -> None:
        ensure(*arguments)
        meanwhile(desk)

    monkeypatch.setattr(derive, "ensure", slowly)
    with pytest.raises(ForbiddenError):
        put(store, analyst, require=start.require)
    assert published(store) == 1
    assert [version.number for version in store.versions("forest")] == [1]
    assert [entry.action for entry in store.audit()].count("publish") == len(layer_frames.all_layers())
    assert len(list((store.root / "versions" / "forest").iterdir())) == 1  # nothing is left behind
    assert desk.last()[:2] == ("张三", "forbidden")


def test_a_page_that_is_open_does_not_keep_the_right(desk: Desk, store: LocalStore) -> None:
    """The page still holds the actor as it was when the websocket opened."""
    signed = desk.user("张三", Role.ANALYST)
    assert put(store, signed.actor, require=start.require).number == 2
    desk.access.sign_out(signed.token)
    assert signed.actor.may(Right.UPDATE)
    with pytest.raises(ForbiddenError, match="登录已失效"):
        versions.rollback(store, "forest", store.versions("forest")[-1], actor=signed.actor, require=start.require)


def test_the_drafting_process_asks_for_itself(
    empty_store: LocalStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another process over the same accounts: it is given the session's public id and believes nothing else."""
    desk, drafts, chosen = over(empty_store, monkeypatch), Drafts(empty_store.root), Settings(data_dir=empty_store.root)
    analyst = desk.actor("张三", Role.ANALYST)
    draft = received(drafts, analyst, tmp_path)
    assert draft.actor == "张三"
    assert drafts.start(draft, "inspect", chosen, analyst)
    ready = finished(drafts, draft)
    assert (ready.stage, ready.error) == ("inspected", "")
    with monkeypatch.context() as patch:  # started by somebody whose session ends before the process comes to it
        patch.setattr(start, "require", lambda actor, right: actor)
        desk.access.revoke_all("张三", OPERATOR)
        assert drafts.start(ready, "publish", chosen, analyst, json.dumps(SAID))
    refused = finished(drafts, ready)
    assert "登录已失效" in refused.error
    assert (refused.stage, dict(empty_store.snapshot().versions)) == ("inspected", {})
    lines = [(entry.actor, entry.action) for entry in empty_store.audit()]
    assert lines == [("张三", "forbidden"), ("张三", "refuse")]
    again = desk.access.accept(desk.access.invite("张三", None, OPERATOR), OTHER_PASSWORD).actor
    assert drafts.start(refused, "publish", chosen, again, json.dumps(SAID))
    done = finished(drafts, refused)
    assert done.stage == "published", done.error
    assert empty_store.snapshot().versions["forest"].publisher == "张三"


def test_a_roll_back_apart_asks_for_itself(
    desk: Desk, store: LocalStore, analyst: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = put(store, OPERATOR)
    first = store.versions("forest")[-1]
    desk.access.revoke_all("张三", OPERATOR)
    with monkeypatch.context() as patch:
        patch.setattr(start, "require", lambda actor, right: actor)
        with pytest.raises(PingchangError, match="登录已失效"):
            versions.rollback_apart("forest", first, actor=analyst, note="有误", base=second.name, data_dir=store.root)
    assert published(store) == 2
    again = desk.access.accept(desk.access.invite("张三", None, OPERATOR), OTHER_PASSWORD).actor
    said = versions.rollback_apart("forest", first, actor=again, note="有误", base=second.name, data_dir=store.root)
    assert "现为第 3 版" in said
    assert store.snapshot().versions["forest"].publisher == "张三"


@pytest.mark.parametrize(("role", "reads"), [(Role.VIEWER, False), (Role.ANALYST, False), (Role.ADMIN, True)])
def test_who_reads_the_log(desk: Desk, store: LocalStore, role: Role, reads: bool) -> None:
    actor = desk.actor("张三", role)
    if reads:
        assert versions.audit_log(store, actor) == store.audit()
    else:
        with pytest.raises(ForbiddenError, match="没有查看操作日志的权限，需要管理员角色"):
            versions.audit_log(store, actor)
    with pytest.raises(ForbiddenError):
        versions.audit_log(store, ANONYMOUS)
    assert versions.audit_log(store, OPERATOR) == store.audit()


def test_the_process_has_one_set_of_accounts_beside_its_store(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "open_store", lambda: store)
    start.access.cache_clear()
    try:
        assert start.require(OPERATOR, Right.ADMINISTER) == OPERATOR
        assert not (store.root / "accounts.sqlite").exists()  # the command line needs none
        token = start.access().invite("张三", Role.ANALYST, OPERATOR)
        assert (store.root / "accounts.sqlite").is_file()
        assert start.access() is start.access()
        entry = store.audit()[-1]
        assert (entry.actor, entry.action) == ("root", "invite")
        assert token not in json.dumps(dict(entry.detail))
        with pytest.raises(ForbiddenError):
            start.require(ANONYMOUS, Right.UPDATE)
        assert store.audit()[-1].action == "forbidden"
        assert store.audit_intact()
    finally:
        start.access.cache_clear()
