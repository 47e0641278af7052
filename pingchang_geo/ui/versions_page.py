"""版本与日志: every version of a layer, what differs between two, the way back, downloads, and the log."""

from __future__ import annotations

import json
from typing import Any, Final

import pandas as pd
import streamlit as st

from pingchang_geo import layers, provenance
from pingchang_geo.access import Right, Role, Source
from pingchang_geo.errors import PingchangError
from pingchang_geo.exports.sheet import Sheet
from pingchang_geo.messages import shown
from pingchang_geo.store import LocalStore, Version
from pingchang_geo.ui import asked, permission
from pingchang_geo.ui import data as shared
from pingchang_geo.ui.frame import footer, guarded
from pingchang_geo.ui.registry import page_of
from pingchang_geo.ui.state import notice
from pingchang_geo.ui.status_line import status_line
from pingchang_geo.ui.table_panel import downloads
from pingchang_geo.ui.text import local_time, plain
from pingchang_geo.ui.update.changes import change_map, tables
from pingchang_geo.workflow import start, versions
from pingchang_geo.workflow.atlas import Atlas
from pingchang_geo.workflow.uploads import drafting
from pingchang_geo.workflow.versions import Download

_LAYER: Final = "layer"
_PAGE: Final = "versions"
_ACTIONS: Final = {
    "publish": "发布",
    "rollback": "回退",
    "refuse": "拒绝",
    "sign_in": "登录",
    "sign_in_failed": "登录失败",
    "locked": "登录锁定",
    "sign_out": "退出登录",
    "password": "修改密码",
    "invite": "生成一次性链接",
    "accept": "设置密码",
    "role": "变更角色",
    "disable": "停用用户",
    "enable": "启用用户",
    "revoke": "结束会话",
    "forbidden": "无权限，拒绝",
    "backup": "备份",
    "restore": "恢复",
    "prune": "清理",
    "briefing": "保存汇报",
}
_LOG_ROWS: Final = 200
#: Versions whose area and stock one view of the page computes where none are kept.
_COMPUTED_A_VIEW: Final = 2
_AREA: Final = "面积（km²）"
_STOCK: Final = "碳储量（tC）"
_MIMES: Final = {
    "zip": "application/zip",
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def versions_page() -> None:
    """The history of one layer, then the log of all."""
    page = page_of("versions")
    with guarded():
        desk = asked.desk(_PAGE)
        desk.settle()
        store = start.open_store()
        found = shared.atlas()
        published = {spec.id: spec.title for spec in layers.all_specs() if store.versions(spec.id)}
        layer = _layer(published)
        status_line(page, [found[layer]] if layer is not None and layer in found else [], None, None)
        if layer is None:
            st.info("还没有任何版本。请先在「数据更新」中发布数据。", icon=":material/history:")
        else:
            desk.told()
            _history(store, found, layer, published, desk)
        _log(store)
        footer()


def _layer(published: dict[str, str]) -> str | None:
    """The layer in the address; the first carbon-bearing one by default."""
    wanted = st.query_params.get(_LAYER)
    bad = [name for name in st.query_params if name not in (_LAYER, "view")]
    if wanted is not None and wanted not in published:
        bad.append(_LAYER)
    if bad:
        notice(bad)
        st.query_params.from_dict({n: v for n, v in st.query_params.to_dict().items() if n not in bad})
    if wanted in published:
        return wanted
    first = [spec.id for spec in layers.carbon_bearing() if spec.id in published]
    return next(iter([*first, *published]), None)


def _history(store: LocalStore, found: Atlas, layer: str, published: dict[str, str], desk: asked.Desk) -> None:
    def picked() -> None:
        st.query_params[_LAYER] = st.session_state["versions_layer"]

    st.session_state["versions_layer"] = layer
    st.selectbox(
        "图层",
        list(published),
        key="versions_layer",
        format_func=lambda value: published[value],
        on_change=picked,
        label_visibility="collapsed",
        width=220,
    )
    known = store.versions(layer)
    current = store.snapshot().versions[layer]
    st.markdown(f"##### {published[layer]}的版本　:gray[:small[{len(known)} 个]]")
    with st.spinner("正在计算各版本的面积与碳储量……", show_time=False):
        held = versions.history_figures(store, known, _COMPUTED_A_VIEW)
    rows = [_row(version, version == current, one) for version, one in zip(known, held, strict=True)]
    st.dataframe(
        pd.DataFrame(rows).dropna(axis="columns", how="all"),
        hide_index=True,
        height=min(300, 40 + 35 * len(known)),
        key=f"history_{layer}",
        column_config={
            "记录数": st.column_config.NumberColumn(format="localized"),
            _AREA: st.column_config.NumberColumn(format="localized"),
            _STOCK: st.column_config.NumberColumn(format="localized"),
            "校验值": st.column_config.TextColumn(width="small"),
        },
        placeholder="—",
        alt=f"{published[layer]}的版本",
    )
    stock = "；碳储量各版本均按现行参数计算，见「方法与参数」" if any(one and one.stock_tc for one in held) else ""
    st.caption(f"面积由各版本的图形按等积投影计算{stock}。")
    if left := held.count(None):
        st.caption(f"还有 {left} 个版本的面积与碳储量尚未按现行参数计算，每次刷新本页补算 {_COMPUTED_A_VIEW} 个。")
    _download(store, known)
    held_still = tuple(version for version in known if not version.pruned_at)
    _rollback(store, held_still, current, desk)
    with guarded():  # a content that cannot be read takes neither the log nor the rest with it
        _compare(store, found, held_still)


def _row(version: Version, current: bool, held: versions.Figures | None) -> dict[str, Any]:
    source, holds = version.provenance, held or versions.Figures()
    return {
        "版本": version.label + ("（当前）" if current else ""),
        "发布时间": local_time(version.published_at),
        "发布人": version.publisher,
        "性质": source.kind.label,
        "来源": source.source,
        "数据时点": source.as_of,
        "说明": version.note,
        "记录数": version.rows,
        _AREA: None if holds.area_km2 is None else round(holds.area_km2, 2),
        _STOCK: None if holds.stock_tc is None else round(holds.stock_tc),
        "校验值": version.sha256[:12],
    }


def _download(store: LocalStore, known: tuple[Version, ...]) -> None:
    with st.popover("下载某一版本", icon=":material/download:", key="download_box", on_change="rerun") as panel:
        if not panel.open:
            return
        version = _pick("版本", known, "download_version")
        kinds = list(Download)
        kind = st.selectbox("格式", kinds, format_func=lambda one: one.label, key="download_kind") or kinds[0]
        name = f"平昌县_{layers.get(version.layer).title}_第{version.number}版.{kind.ending}"
        if refusal := versions.not_in(store, version, kind):
            st.warning(plain(refusal))
        st.download_button(
            "下载",
            data=lambda: versions.download(store, version, kind)[1],
            disabled=bool(refusal),
            file_name=name,
            mime=_MIMES[kind.ending],
            type="primary",
            on_click="ignore",
            key="download_go",
        )
        st.caption("下载的是发布时的原始字段；面积、碳储量等由系统计算的内容见各图层页面的数据表。")


def _pick(label: str, known: tuple[Version, ...], key: str, index: int = 0) -> Version:
    return st.selectbox(
        label,
        known,
        index=min(index, len(known) - 1),
        key=f"{key}_{known[0].layer}",
        format_func=lambda version: f"{version.label} · {local_time(version.published_at)} · {version.publisher}",
    )


def _rollback(store: LocalStore, known: tuple[Version, ...], current: Version, desk: asked.Desk) -> None:
    earlier = tuple(version for version in known if version != current)
    if not earlier or not permission.may(Right.UPDATE):
        return

    def back() -> str:
        note = str(st.session_state.get("rollback_note") or "").strip()
        version = st.session_state[f"rollback_version_{current.layer}"]
        who = permission.require(Right.UPDATE)
        if not note:
            raise PingchangError("没有回退。", fix="请填写原因。")
        return versions.rollback_apart(
            version.layer, version, actor=who, note=note, base=current.name, data_dir=store.root
        )

    with st.expander("回退到较早的版本", icon=":material/undo:"):
        st.caption("把较早版本的内容作为新版本发布；任何版本都不会被删除。")
        with st.form("rollback", border=False):
            left, right = st.columns(2)
            with left:
                _pick("回退到", earlier, "rollback_version")
            right.text_input("原因（必填）", key="rollback_note", placeholder="例如：第 3 版面积单位有误")
            st.form_submit_button("确定回退", type="primary", key="rollback_go", on_click=desk.ask, args=(back,))


def _compare(store: LocalStore, found: Atlas, known: tuple[Version, ...]) -> None:
    st.markdown("##### 比较两个版本")
    if len(known) < 2:
        st.caption("只有一个版本有内容，暂无可比较的。")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        before = _pick("较早", known, "compare_before", 1)
        after = _pick("较新", known, "compare_after", 0)
    if before == after:
        st.caption("请选择两个不同的版本。")
        return
    shown, fates = _compared((before.layer, before.name, after.name), store, before, after)
    groups = {name: json.loads(table.to_json(orient="records")) for name, table in shown.groups.items()}
    left, right = st.columns((0.58, 0.42), gap="small")
    with left:
        tables(
            shown.spec,
            json.loads(shown.summary.to_json(orient="records")),
            groups,
            dict(shown.found.changed_fields),
            int(shown.found.moved.sum()),
        )
    with right:
        if len(fates):
            mark = provenance.mark([before.provenance, after.provenance])
            change_map(f"versions-{before.layer}-{before.name}-{after.name}", found, fates, mark)
        else:
            st.caption("两个版本的内容完全相同。")


@st.cache_resource(max_entries=2, show_spinner="正在比较……")
def _compared(key: tuple[str, str, str], _store: LocalStore, _before: Version, _after: Version) -> Any:
    """The comparison and the features of its map."""
    shown = versions.compare_versions(_store, _before, _after)
    return shown, drafting.dissolved(drafting.changed_features(shown), drafting.FATES_DRAWN)


def _log(store: LocalStore) -> None:
    who = permission.actor()
    if not who.may(Right.LOG):
        st.caption("操作日志由管理员查看。")
        return
    entries = versions.audit_log(store, who)
    st.markdown(f"##### 操作日志　:gray[:small[{len(entries):,} 条]]")
    if store.audit_intact():
        st.caption(":green[:material/verified:] 日志逐条以哈希相连，已校验，记录完整。")
    else:
        st.error("**日志校验不通过。** 记录被改动过，请系统管理员核查数据目录和备份。", icon=":material/gpp_bad:")
    newest = entries[::-1]
    columns: dict[str, list[Any]] = {
        "序号": [entry.seq for entry in newest],
        "时间": [local_time(entry.at) for entry in newest],
        "操作人": [shown(entry.actor) for entry in newest],
        "操作": [_ACTIONS.get(entry.action, shown(entry.action)) for entry in newest],
        "内容": [shown(_detail(dict(entry.detail))) for entry in newest],
    }
    st.dataframe(
        pd.DataFrame(columns).head(_LOG_ROWS),
        hide_index=True,
        height=260,
        key="audit_log",
        column_config={"内容": st.column_config.TextColumn(width="large")},
        alt="操作日志",
    )
    if len(newest) > _LOG_ROWS:
        st.caption(f"仅列出最近 {_LOG_ROWS} 条，全部请下载查看。")
    hashes = {**columns, "哈希": [entry.hash for entry in newest]}

    def sheet() -> Sheet:
        start.require(who, Right.LOG)  # made when it is asked for, perhaps much later
        return Sheet("操作日志", hashes)

    downloads(sheet, "平昌县_操作日志", key="audit_rows")


_DETAILS: Final = {
    "version": "版本",
    "rows": "记录数",
    "note": "说明",
    "base": "基于版本",
    "issues": "问题",
    "reason": "原因",
    "draft": "草稿",
    "step": "步骤",
    "name": "用户",
    "role": "角色",
    "before": "原角色",
    "right": "权限",
    "source": "身份来源",
    "address": "来自",
    "sessions": "会话数",
    "file": "文件",
    "bytes": "字节数",
    "files": "文件数",
    "seconds": "用时（秒）",
    "derived": "派生数据",
    "drafts": "过期草稿",
    "briefing": "汇报",
    "current": "当前版本",
}
#: Values that stand for words.
_WORDS: Final = {
    "role": {role.value: role.label for role in Role},
    "before": {role.value: role.label for role in Role},
    "right": {right.value: right.label for right in Right},
    "source": {source.value: source.label for source in Source},
    "step": {"inspect": "检查", "publish": "发布"},
}


def _detail(detail: dict[str, Any]) -> str:
    """What a log line is about, in words; values as they are."""
    layer = detail.pop("layer", None)
    parts = [layers.get(layer).title] if layer in layers.REGISTRY else []
    for name, value in detail.items():
        if value in (None, "", []):
            continue
        text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
        text = _WORDS.get(name, {}).get(text, text)
        parts.append(f"{_DETAILS.get(name, name)}：{text}")
    return "　".join(parts)
