"""What pages read: the current atlas, its marks, and what is worth keeping between reruns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from pingchang_geo import classify, layers, maps
from pingchang_geo.exports.sheet import Source
from pingchang_geo.maps.offline import Assets, assets
from pingchang_geo.settings import settings
from pingchang_geo.specs import LayerSpec
from pingchang_geo.units import UnitChoice
from pingchang_geo.workflow import board, derive, start
from pingchang_geo.workflow.atlas import Atlas, LayerData


def atlas() -> Atlas:
    """The atlas of the current snapshot: one small query a rerun, so that a published version shows on the next."""
    return start.atlases().current()


def data_layers(found: Atlas) -> dict[str, LayerData]:
    """Published layers with a switch, lowest first: tiles beneath small layers, plots beneath zones."""
    switched = [data for data in found.layers.values() if not data.spec.base_map and len(data.frame)]
    ordered = sorted(switched, key=lambda data: (not derive.tiled(data.version), data.spec.zone is not None))
    return {data.spec.id: data for data in ordered}


def mark(found: Atlas, spec: LayerSpec, fields: Iterable[str] = ()) -> str:
    """示意数据 when a reference layer stands behind these columns of a layer."""
    return found.mark(layers.behind(spec, fields))


def sources(found: Atlas, spec: LayerSpec, fields: Iterable[str] = ()) -> list[Source]:
    """Layer versions behind these columns, for the notes of an export."""
    return [source_of(found[i]) for i in layers.behind(spec, fields) if i in found]


def source_of(data: LayerData) -> Source:
    """One layer version as exports name it."""
    version = data.version
    return Source(data.spec.title, version.label, version.published_at, version.provenance)


def map_assets() -> Assets:
    """Addresses of the map's scripts and styles."""
    return assets(settings().web_dir)


@st.cache_resource(max_entries=8, show_spinner=False)
def map_config(atlas_id: str, layer_ids: tuple[str, ...], _atlas: Atlas) -> dict[str, Any]:
    """The constant configuration of a page's map; the same object for every session. Read only."""
    return board.map_config(_atlas, layer_ids)


def theme(found: Atlas, layer_id: str, field: str, method: classify.Method, choice: UnitChoice) -> dict[str, Any]:
    """Legend and colours of a layer by one field; computed once a version and choice. Read only."""
    key = (found.id, layer_id, field, method.value, choice.area.value.code, choice.mass.value.code)
    shown = _theme(key, found[layer_id], method, choice)
    suffix = joined_mark(found, found[layer_id].spec, field)
    return {**shown, "title": shown["title"] + suffix} if suffix else shown


def joined_mark(found: Atlas, spec: LayerSpec, field: str) -> str:
    """〔示意〕 behind the name of a column that reference layers went into although the layer itself is none."""
    own = found.mark([spec.id])
    return "〔示意〕" if not own and mark(found, spec, [field]) else ""


@st.cache_resource(max_entries=256, show_spinner=False)
def _theme(key: tuple[str, ...], _data: LayerData, _method: classify.Method, _choice: UnitChoice) -> dict[str, Any]:
    found = _data.spec.theme(key[2])
    assert found is not None
    return maps.theme_state(_data.spec, found, _data.frame, _choice, _method)
