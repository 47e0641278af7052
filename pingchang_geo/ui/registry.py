"""The one list of pages; navigation, tests and links derive from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pingchang_geo.access import Right
from pingchang_geo.settings import PROJECT_ROOT

_MAP: Final = "一张图"
_ANALYSIS: Final = "分析"
_BRIEFING: Final = "汇报"
_DATA: Final = "数据"


@dataclass(frozen=True)
class PageEntry:
    """One page: ``file`` lies in ``pages/``; ``path`` is its address; ``layer`` the layer it is about, if any."""

    group: str
    title: str
    icon: str
    path: str
    file: str
    help: str
    layer: str = ""
    default: bool = False
    #: Linked from the start page.
    promoted: bool = False
    #: What the page is for; the menu leaves it out for others, and the page itself refuses them.
    right: Right = Right.VIEW

    @property
    def script(self) -> str:
        """Absolute path of the page's script."""
        return str(PROJECT_ROOT / "pages" / self.file)


PAGES: Final = (
    PageEntry(_MAP, "总览", ":material/map:", "overview", "overview.py", "全部图层、主要指标与构成。", default=True),
    PageEntry(
        _MAP,
        "生态保护红线",
        ":material/shield:",
        "redline",
        "redline.py",
        "红线斑块及其范围内的林地与碳储量。",
        layer="redline",
    ),
    PageEntry(
        _MAP,
        "森林碳汇",
        ":material/forest:",
        "forest",
        "forest.py",
        "森林小班的碳储量与年固碳量，可按树种、龄组、红线等筛选。",
        layer="forest",
    ),
    PageEntry(
        _MAP,
        "AAAA 景区",
        ":material/landscape:",
        "scenic",
        "scenic.py",
        "国家 AAAA 级旅游景区及其范围内的林地与碳储量。",
        layer="scenic",
    ),
    PageEntry(
        _MAP,
        "产业园区",
        ":material/factory:",
        "parks",
        "parks.py",
        "报告点名的产业园区与项目点。",
        layer="parks",
    ),
    PageEntry(
        _ANALYSIS,
        "选址核查",
        ":material/pin_drop:",
        "site",
        "site.py",
        "画出、粘贴或上传项目用地范围，查是否触碰生态保护红线、涉及多少碳储量。",
        promoted=True,
    ),
    PageEntry(
        _ANALYSIS,
        "叠加分析",
        ":material/join_inner:",
        "overlay",
        "overlay.py",
        "任选两个图层与周边距离，看面积、碳储量与距离；红线内外、各景区园区的现成结果。",
    ),
    PageEntry(
        _ANALYSIS,
        "碳汇核算",
        ":material/calculate:",
        "accounts",
        "accounts.py",
        "碳储量按各种分组汇总、95% 区间、年清除量三种方法并列。",
    ),
    PageEntry(
        _ANALYSIS,
        "对账",
        ":material/balance:",
        "reconcile",
        "reconcile.py",
        "计算值与报告值逐项核对，报告数字相互核对。",
    ),
    PageEntry(
        _ANALYSIS,
        "指标与出处",
        ":material/fact_check:",
        "indicators",
        "indicators.py",
        "报告全部指标及原文出处。",
    ),
    PageEntry(
        _ANALYSIS,
        "方法与参数",
        ":material/functions:",
        "methods",
        "methods.py",
        "公式、参数表、来源与核对情况、局限与数据字典。",
    ),
    PageEntry(
        _BRIEFING,
        "汇报",
        ":material/slideshow:",
        "briefing",
        "briefing.py",
        "按场景播放的汇报：全屏放映，导出幻灯片、讲义与单文件，编辑与保存。",
    ),
    PageEntry(
        _DATA,
        "数据更新",
        ":material/upload_file:",
        "update",
        "update.py",
        "上传、检查、比较并发布图层的新版本。",
        right=Right.UPDATE,
    ),
    PageEntry(
        _DATA,
        "版本与日志",
        ":material/history:",
        "versions",
        "versions.py",
        "各图层的历次版本，比较、下载、回退，以及操作日志。",
    ),
    PageEntry(
        _DATA,
        "用户管理",
        ":material/manage_accounts:",
        "users",
        "users.py",
        "账户、角色、一次性链接与会话。",
        right=Right.ADMINISTER,
    ),
)


def groups() -> dict[str, list[PageEntry]]:
    """Pages by group, in order."""
    found: dict[str, list[PageEntry]] = {}
    for page in PAGES:
        found.setdefault(page.group, []).append(page)
    return found


def page_of(path: str) -> PageEntry:
    """Page by its address; ``KeyError`` for an unknown one."""
    return {page.path: page for page in PAGES}[path]
