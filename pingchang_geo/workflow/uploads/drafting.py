"""The process that works on a draft: inspect it and compare it, or publish it. Started by :mod:`.drafts`.

A process of its own, so that the memory of 120,000 plots is given back when it is done, the server stays quick, and a
crash is a message on a page. The result of each action is files in the draft's folder, written before the draft's
state says so.
"""

from __future__ import annotations

import hashlib
import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pingchang_geo import crs, layers
from pingchang_geo.access import Actor, Right, Source, operator
from pingchang_geo.comparison import Status
from pingchang_geo.errors import PingchangError
from pingchang_geo.issues import Issue
from pingchang_geo.provenance import Provenance
from pingchang_geo.readers import Limits, projection
from pingchang_geo.readers.watch import TIMES_SECONDS, watched
from pingchang_geo.settings import Settings, settings
from pingchang_geo.store import LocalStore
from pingchang_geo.workflow import start, versions
from pingchang_geo.workflow.basis import Basis
from pingchang_geo.workflow.inspect import inspect
from pingchang_geo.workflow.inspection import Inspection
from pingchang_geo.workflow.operations.signals import unbroken
from pingchang_geo.workflow.publish import publish
from pingchang_geo.workflow.uploads.drafts import (
    CHECKED,
    COMPARISON,
    FATES,
    FRAME,
    INSPECTION,
    ROWS,
    Draft,
    Drafts,
    write_json,
)
from pingchang_geo.workflow.uploads.jobs import STEPS
from pingchang_geo.workflow.uploads.listing import marked_rows
from pingchang_geo.workflow.uploads.mappings import Mappings

_LOG: Final = logging.getLogger(__name__)
#: Changed features that a map draws one by one.
FATES_DRAWN: Final = 600
#: Detail that merged shapes on a map lose: from five metres on as many as it takes to stay below so many corners, which
#: the page sends to the browser.
_MERGE_DEG: Final = (5e-5, 1e-4, 2e-4)
_MERGED_CORNERS: Final = 100_000
#: Polygons by which is judged whether a set fits together.
_FIT_SAMPLE: Final = 500
#: As a multiple of the longest reading: when the system ends an inspection that hangs so that no watch can run.
_LONGEST: Final = TIMES_SECONDS + 1
#: Column of the features' files that names what is wrong with them, or what became of them.
CODES, FATE = "codes", "fate"
#: Held by whoever writes what an inspection has found. The watch's last word never gives it back.
_WRITING: Final = threading.Lock()

Say = Callable[[str], None]


def inspect_draft(drafts: Drafts, draft: Draft, store: LocalStore, chosen: Settings, say: Say) -> Draft:
    """Inspect a draft's files and compare them with the current version; returns the draft's new state.

    What is current is asked once, before: the version compared with is the one that a publish replaces.
    """
    basis = Basis.now(store)
    found = inspect(
        drafts.paths(draft),
        draft.layer,
        limits=Limits.of(chosen),
        county=start.county_outline(),
        answers=draft.answers,
        mapping=draft.mapping,
        current=basis.content,
        base=basis.name,
        remembered=Mappings(chosen.data_dir).recall,
        progress=say,
    )
    folder = drafts.folder(draft.id)
    with _WRITING:
        _clear(folder)
    if (faulty := faults(found)) is not None:
        _write(folder / CHECKED, faulty)
    if (rows := marked_rows(found)) is not None:
        _write(folder / ROWS, rows)
    content = ""
    if found.frame is not None:
        say("保存检查结果")
        _write(folder / FRAME, found.frame)
        content = _digest(folder / FRAME)
        _compare(folder, found, basis, say)
    _write(folder / INSPECTION, {**described(found), "content": content})
    return replace(draft, base=found.base, content=content, stage="inspected", error="")


def _write(path: Path, found: pd.DataFrame | Mapping[str, Any]) -> None:
    """Keep a table or an object that an inspection has found, unless the last word about it has been said."""
    with _WRITING:
        if isinstance(found, pd.DataFrame):
            found.to_parquet(path)
        else:
            write_json(path, found)


def _digest(path: Path) -> str:
    """SHA-256 of a file; empty when it is not there."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def publish_draft(
    drafts: Drafts, draft: Draft, store: LocalStore, said: dict[str, str], *, actor: Actor, say: Say
) -> Draft:
    """Publish what the last inspection accepted.

    Args:
        drafts: holds the draft.
        draft: as it was looked at: inspected, with no open question; ``content`` and ``base`` are those of the preview.
        store: where to.
        said: ``note`` and the keys of :meth:`Provenance.as_dict`.
        actor: who publishes; asked for again here and right before the switch, since this is another process, later.
        say: told in Chinese what is being done.

    Raises:
        ForbiddenError: the actor may not (any more); nothing was changed.
        ConflictError, StoreError: nothing was changed.
        PingchangError: the draft is not ready, or its content is not what was looked at.
    """
    actor = start.require(actor, Right.UPDATE)
    described_before = drafts.inspection(draft) or {}
    if described_before.get("decision") not in ("accept", "repair"):
        raise PingchangError("该草稿还不能发布。", fix="请先处理检查结果中的问题，再发布。")
    if not draft.content or draft.content != _digest(drafts.folder(draft.id) / FRAME):
        raise PingchangError("草稿的内容在您查看之后已改变，没有发布。", fix="请重新检查并核对结果，再发布。")
    frame = drafts.features(draft, FRAME)
    assert frame is not None
    version = publish(
        store,
        described_before["layer"],
        frame,
        provenance=Provenance.from_dict(said),
        actor=actor,
        note=said["note"],
        base=draft.base,
        require=start.require,
        progress=say,
    )
    return replace(draft, stage="published", published=version.name, error="")


def described(found: Inspection) -> dict[str, Any]:
    """The inspection's JSON with what the page shows besides: where the marked rows lie, samples, spare columns."""
    mapping = found.mapping
    return {
        **found.as_dict(),
        "issues": [{**one.as_dict(), "key": one.key} for one in found.ordered_issues],
        "files": list(found.files),
        "dataset": found.dataset,
        "datasets": list(found.datasets),
        "layer_evidence": found.layer_evidence,
        "encoding_evidence": found.encoding_evidence,
        "crs_choices": [[epsg, projection.name_of(epsg)] for epsg in _crs_choices(found)],
        "unmapped": list(mapping.unmapped) if mapping else [],
        "evidence": {name: pair.evidence for name, pair in mapping.pairs.items()} if mapping else {},
        "confidence": {name: pair.confidence for name, pair in mapping.pairs.items()} if mapping else {},
        "samples": {column: list(values)[:5] for column, values in found.samples.items()},
        "places": _places(found),
    }


def _crs_choices(found: Inspection) -> tuple[int, ...]:
    """Systems that the coordinates fit, those of the old datums with the same numbers included."""
    if found.crs is None:
        return ()
    fitting = found.crs.candidates or ((found.crs.epsg,) if found.crs.epsg else ())
    old = [twin for epsg in fitting for twin in projection.TWINS.get(epsg, ())]
    return tuple(dict.fromkeys((*fitting, *old)))


def _places(found: Inspection) -> dict[str, list[float]]:
    """Record number → west, south, east, north of the rows that issues list."""
    if found.checked is None or not len(found.checked):
        return {}
    listed = sorted({row for one in found.issues for row in one.rows} & set(found.checked.index))
    boxes = shapely.bounds(found.checked.geometry.loc[listed].to_numpy())
    pairs = zip(listed, boxes, strict=True)
    return {str(row): [round(float(v), 6) for v in box] for row, box in pairs if np.isfinite(box).all()}


def faults(found: Inspection) -> gpd.GeoDataFrame | None:
    """Every feature that an issue is about, with the codes and messages; None when there is none."""
    if found.checked is None or not len(found.checked):
        return None
    marked: dict[int, list[Issue]] = {}
    for one in found.issues:
        for row in one.every_row or one.rows:
            marked.setdefault(row, []).append(one)
    rows = [row for row in sorted(marked) if row in found.checked.index]
    if not rows:
        return None
    frame = found.checked.loc[rows]
    codes = ["、".join(dict.fromkeys(one.code for one in marked[row])) for row in rows]
    return gpd.GeoDataFrame(
        {"record": rows, CODES: codes}, geometry=frame.geometry.to_numpy(), crs=frame.crs, index=range(len(rows))
    )


def _compare(folder: Path, found: Inspection, basis: Basis, say: Say) -> None:
    """Tables and features of the comparison with the current version; nothing for the first real one."""
    assert found.layer is not None and found.frame is not None
    current = basis.content(found.layer)
    if current is None:
        return
    say("汇总增减变化")
    shown = versions.compare_frames(layers.get(found.layer), current, found.frame, versions.townships_of(basis.store))
    _write(
        folder / COMPARISON,
        {
            "base": found.base,
            "summary": json.loads(shown.summary.to_json(orient="records")),
            "groups": {name: json.loads(table.to_json(orient="records")) for name, table in shown.groups.items()},
            "changed_fields": dict(shown.found.changed_fields),
            "moved": int(shown.found.moved.sum()),
        },
    )
    fates = changed_features(shown)
    if len(fates):
        _write(folder / FATES, dissolved(fates, FATES_DRAWN))


def changed_features(shown: versions.VersionComparison) -> gpd.GeoDataFrame:
    """Features that were added, changed or removed: fate, row (after, or before for removed ones), geometry."""
    after = np.flatnonzero(shown.found.status != Status.UNCHANGED)
    gone = shown.found.removed
    labels = [Status(code).label for code in shown.found.status[after]] + [Status.REMOVED.label] * len(gone)
    geometry = np.concatenate([shown.after.geometry.to_numpy()[after], shown.before.geometry.to_numpy()[gone]])
    return gpd.GeoDataFrame({FATE: labels, "row": [*after, *gone]}, geometry=geometry, crs=shown.after.crs)


def dissolved(fates: gpd.GeoDataFrame, most: int) -> gpd.GeoDataFrame:
    """The features themselves, or, where there are more than ``most``, one merged shape a fate: for a map.

    Merging drops detail finer than a few metres; counts come from elsewhere.
    """
    if len(fates) <= most:
        return fates
    merged = {fate: _merged(group.geometry.to_numpy()) for fate, group in fates.groupby(FATE)}
    return gpd.GeoDataFrame({FATE: list(merged)}, geometry=list(merged.values()), crs=fates.crs)


def _merged(geometry: crs.Geometries) -> Any:
    """One shape of all; its parts are simplified one by one, since the whole at once takes a hundred times as long."""
    drawn = geometry[~(shapely.is_missing(geometry) | shapely.is_empty(geometry))]
    if not len(drawn) or (shapely.get_dimensions(drawn) != 2).any():
        return shapely.union_all(drawn)
    parts = shapely.get_parts(_union(drawn))
    for detail_deg in _MERGE_DEG:
        simple = shapely.simplify(parts, detail_deg)
        if shapely.get_num_coordinates(simple).sum() <= _MERGED_CORNERS:
            break
    return shapely.multipolygons(simple)


def _union(polygons: crs.Geometries) -> Any:
    """Union of many polygons. Plots that share their borders merge ten times faster by just leaving these out; a few
    that do not fit may stay seams inside the shape. Where most do not fit, the real union is faster."""
    sample = polygons[:_FIT_SAMPLE]
    try:
        if shapely.is_empty(shapely.coverage_invalid_edges(sample)).mean() > 0.5:
            return shapely.coverage_union_all(polygons)
    except shapely.errors.GEOSException:
        pass
    return shapely.disjoint_subset_union_all(polygons)


def _clear(folder: Path) -> None:
    """Remove what an earlier inspection left: none of it may be taken for the new one's."""
    for name in (INSPECTION, CHECKED, ROWS, FRAME, COMPARISON, FATES):
        (folder / name).unlink(missing_ok=True)


def _remember(drafts: Drafts, draft: Draft, actor: Actor, chosen: Settings) -> None:
    """Keep the mapping of a published draft, if the analyst had a say in it."""
    found = drafts.inspection(draft)
    if found is None or not (draft.mapping or any(name.startswith("FIELD_UNSURE") for name in draft.answers)):
        return
    columns = [*found["columns"].values(), *found["unmapped"]]
    Mappings(chosen.data_dir).remember(found["layer"], columns, found["columns"], actor.name)


def _last_word(drafts: Drafts, draft: Draft, store: LocalStore, actor: Actor, reason: Issue) -> None:
    """Refuse what is being inspected; nothing is written after it, since the process ends with the lock held."""
    _WRITING.acquire()
    _stopped(drafts, draft, store, actor, reason)


def _stopped(drafts: Drafts, draft: Draft, store: LocalStore, actor: Actor, reason: Issue) -> None:
    """Files whose inspection takes too long or too much memory are refused."""
    folder = drafts.folder(draft.id)
    _clear(folder)
    refused = Inspection(files=draft.files, layer=draft.layer, issues=(reason,))
    write_json(folder / INSPECTION, {**described(refused), "content": ""})
    drafts.save(replace(draft, stage="inspected", error=""))
    _log_refusal(drafts, draft, store, actor)


def _log_refusal(drafts: Drafts, draft: Draft, store: LocalStore, actor: Actor) -> None:
    """Files that cannot be used stand in the audit log."""
    found = drafts.inspection(draft)
    if found is not None and found["decision"] == "reject":
        codes = [one["code"] for one in found["issues"]]
        store.log(actor.name, "refuse", layer=found["layer"], file=found["files"], issues=codes, draft=draft.id)


def main(arguments: list[str]) -> int:
    """``inspect ID SOURCE NAME SESSION`` or ``publish ID SOURCE NAME SESSION JSON``."""
    action, draft_id, source, name, session = arguments[:5]
    actor = operator(name) if source == Source.COMMAND else Actor(name, None, session, source)
    chosen = settings()
    if action == "inspect":
        signal.alarm(_LONGEST * chosen.worker_seconds)
    store = start.open_store()
    drafts = Drafts(chosen.data_dir)
    draft = drafts.get(draft_id)
    if draft is None:
        return 1
    steps = (drafts.folder(draft_id) / STEPS).open("a", encoding="utf-8")

    def say(text: str) -> None:
        steps.write(f"{text}\n")
        steps.flush()

    try:
        if action == "inspect":
            start.require(actor, Right.UPDATE)
            with watched(Limits.of(chosen), partial(_last_word, drafts, draft, store, actor)):
                draft = inspect_draft(drafts, draft, store, chosen, say)
            _log_refusal(drafts, draft, store, actor)
        else:
            draft = publish_draft(drafts, draft, store, json.loads(arguments[5]), actor=actor, say=say)
            _remember(drafts, draft, actor, chosen)
    except PingchangError as error:
        store.log(actor.name, "refuse", draft=draft.id, step=action, reason=error.message)
        draft = replace(draft, stage="inspected" if action == "publish" else "failed", error=str(error))
    except Exception:
        _LOG.exception("drafting failed")  # to the draft's log.txt, for the operator
        words = "处理过程意外中断，当前版本未受影响。请重试；仍不成功请联系系统管理员。"
        draft = replace(draft, stage="inspected" if action == "publish" else "failed", error=words)
    drafts.save(draft)
    return 0 if not draft.error else 1


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    with unbroken() if sys.argv[1] == "publish" else nullcontext():  # the draft's state belongs to the publish
        code = main(sys.argv[1:])
    sys.exit(code)
