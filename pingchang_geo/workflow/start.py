"""Start: open the store, publish the reference layers the first time, see that everything derived is there."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from pingchang_geo import layers
from pingchang_geo.access import Actor, Right, Source, operator
from pingchang_geo.errors import AssetMissingError
from pingchang_geo.provenance import Kind, Provenance
from pingchang_geo.settings import Settings, settings
from pingchang_geo.store import LocalStore
from pingchang_geo.store.directory import FILE as ACCOUNTS_FILE
from pingchang_geo.store.directory import Directory
from pingchang_geo.workflow import derive
from pingchang_geo.workflow.access import Access
from pingchang_geo.workflow.current import Atlases
from pingchang_geo.workflow.inspect import inspect
from pingchang_geo.workflow.operations.exchange import settle
from pingchang_geo.workflow.publish import publish

_RESTORE: Final = (
    "请运行 git checkout -- data/geo 恢复；或在 make setup-dev 之后运行 python -m pingchang_geo reference build。"
)


@cache
def open_store() -> LocalStore:
    """The process's store, in the data folder of the settings; a restore that was interrupted is finished first."""
    settle(settings().data_dir)
    return LocalStore(settings().data_dir)


def prepare(store: LocalStore, chosen: Settings, progress: derive.Progress = lambda _: None) -> None:
    """Make the store ready to serve.

    The first start publishes the reference layers as version 1; later starts find them and only check that
    what is derived from the current versions exists (after an update of the parameters it is computed anew).

    Raises:
        AssetMissingError: a reference file or a browser library is not there; the message names the command.
    """
    require_browser_assets(chosen.web_dir)
    store.sweep()
    published = store.snapshot().versions
    for layer_id, source in _sources(chosen.reference_dir).items():
        if layer_id not in published:
            _publish_reference(store, layer_id, source, chosen.reference_dir, progress)
    derive.ensure(store, store.snapshot(), progress=progress)


def require_browser_assets(web_dir: Path) -> None:
    """Raise :class:`AssetMissingError` when the libraries that ``make setup`` installs are missing."""
    if not (web_dir / "node_modules" / "leaflet" / "dist" / "leaflet.js").is_file():
        raise AssetMissingError("缺少浏览器端地图库（web/node_modules）。", fix="请先运行 make setup。")


def _sources(folder: Path) -> dict[str, dict[str, str]]:
    path = folder / "sources.toml"
    if not path.is_file():
        raise AssetMissingError(
            "缺少参考图层（data/geo/sources.toml）。",
            fix=_RESTORE,
        )
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    return {spec.id: document[spec.id] for spec in layers.all_specs() if spec.id in document}


def _publish_reference(
    store: LocalStore, layer_id: str, source: dict[str, str], folder: Path, progress: derive.Progress
) -> None:
    path = folder / source["file"]
    if not path.is_file():
        raise AssetMissingError(
            f"缺少参考图层文件 data/geo/{source['file']}。",
            fix=_RESTORE,
        )
    progress(f"读取参考图层：{layers.get(layer_id).title}")
    inspection = inspect([path], layer_id)
    if inspection.frame is None:
        found = "；".join(issue.message for issue in inspection.issues)
        raise AssetMissingError(
            f"参考图层 {source['file']} 无法使用：{found}",
            fix=_RESTORE,
        )
    publish(
        store,
        layer_id,
        inspection.frame,
        provenance=Provenance(
            Kind(source["kind"]), source["source"], source["licence"], source["as_of"], source["note"]
        ),
        actor=operator("系统"),
        note="参考图层",
        base=None,
        progress=progress,
    )


@cache
def access() -> Access:
    """The process's accounts, beside :func:`open_store`; refusals and changes go to its audit log.

    Raises:
        StoreError: the accounts file cannot be used.
    """
    store = open_store()

    def log(actor: str, action: str, detail: dict[str, Any]) -> None:
        store.log(actor, action, **detail)

    return Access(Directory(store.root / ACCOUNTS_FILE), log, settings())


def require(actor: Actor, right: Right) -> Actor:
    """The actor as of now, if they may: asked by what changes something, in whatever process it runs.

    The command line needs no accounts file for it.

    Raises:
        ForbiddenError: they may not (any more); the refusal is logged.
    """
    return actor if actor.source == Source.COMMAND else access().require(actor, right)


@cache
def atlases() -> Atlases:
    """The process's atlases, over :func:`open_store`."""
    return Atlases(open_store())


def county_outline() -> Any:
    """The county's outline (EPSG:4490) to check uploads against: the published one, before the first start the
    reference layer's; None when there is neither."""
    version = open_store().snapshot().versions.get("county")
    if version is not None:
        return open_store().read(version, columns=["geometry"]).geometry.union_all()
    path = settings().reference_dir / "county.geojson"
    frame = inspect([path], "county").frame if path.is_file() else None
    return None if frame is None else frame.geometry.union_all()
