"""Messages about the boundary of a project site: what people paste, upload or draw."""

from __future__ import annotations

from typing import Final

from pingchang_geo.issues import Level
from pingchang_geo.messages.template import Template

_B, _C, _W, _R = Level.BLOCKING, Level.CONFIRM, Level.WARNING, Level.REPAIRED

#: About the text or the file.
_TEXT: Final = {
    "SITE_EMPTY": Template(
        _B,
        "没有认出坐标。",
        "请粘贴界址点坐标，每行一个点，例如「107.10, 31.56」；也可粘贴勘测定界文本、WKT 或 GeoJSON。",
    ),
    "SITE_FOLDER": Template(
        _B,
        "「{name}」是文件夹，不是边界文件。",
        "请写明边界文件本身（Shapefile 写 .shp 即可，同名的各部分会一并读取）。",
    ),
    "SITE_TOO_LONG": Template(
        _B,
        "坐标文本有 {size}，超过上限 {limit}。",
        "请只保留本项目的界址点，或改为上传 Shapefile、GeoPackage。",
    ),
    "SITE_TEXT_BROKEN": Template(
        _B,
        "{form}写法有误：{detail}。",
        "请重新复制完整的内容，或改为每行一个点的坐标。",
    ),
    "SITE_PUNCTUATION": Template(
        _R,
        "{place}含全角标点或全角数字，已按半角读取。",
        "无需处理；建议源文件统一用半角逗号分隔。",
    ),
    "SITE_GROUPED": Template(
        _R,
        "{place}的数字带千位逗号（如「{sample}」），已去掉逗号读取。",
        "请核对读数；建议源文件不用千位逗号。",
    ),
    "SITE_DMS": Template(
        _W,
        "{place}的六个数按度、分、秒读取（如「{sample}」）。",
        "请核对读数；建议写明度分秒符号。",
    ),
    "SITE_LINE_UNREAD": Template(
        _C,
        "{place}像是坐标但无法读取：{sample}；暂不计入。",
        "请改正这几行；确认可以略去时再确认（命令行：--confirm SITE_LINE_UNREAD）。",
    ),
    "SITE_REMARKS": Template(
        _W,
        "{place}不是坐标，已略过：{sample}。",
        "请核对其中没有界址点。",
    ),
    "SITE_PARCELS": Template(
        _W,
        "共读到 {parcels}，合并作为一个项目核查。",
        "如只核查其中一个，请只保留该地块的坐标。",
    ),
    "SITE_COUNT": Template(
        _C,
        "{ring}写明 {stated} 个界址点，实际读到 {found} 个。",
        "请核对文本是否完整、有无漏行；确认按读到的界址点核查（命令行：--confirm SITE_COUNT）。",
    ),
    "SITE_STATED_AREA": Template(
        _C,
        "{ring}写明面积 {stated}，按坐标计算为 {found} 公顷，两者不符。",
        "请核对坐标系与界址点；确认按坐标计算的面积核查（命令行：--confirm SITE_STATED_AREA）。",
    ),
    "SITE_NOT_AREA": Template(
        _B,
        "{what}里没有面，只有{found}。",
        "请把边界线或界址点转为面后再提交。",
    ),
    "SITE_SKIPPED": Template(
        _C,
        "有 {count} 个图形不是面（{found}），未计入{where}。",
        "请核对；确认可以不计入时再确认（命令行：--confirm SITE_SKIPPED）。",
    ),
    "SITE_ADDRESS": Template(
        _B,
        "网址中的选址范围无法识别（{detail}）。",
        "请重新粘贴坐标或在图上绘制，再复制网址。",
    ),
    "SITE_ELSEWHERE": Template(
        _B,
        "网址中的选址范围点数过多，只保存在原来的浏览器会话中，无法在此打开。",
        "请重新粘贴坐标或上传文件。",
    ),
    "SITE_FAILED": Template(
        _B,
        "读取边界时出现意外的数据情况（{detail}），未被采用。",
        "请改为每行一个点的坐标后重试；仍不成功请联系系统管理员。",
    ),
}

#: About the coordinate system.
_SYSTEM: Final = {
    "SITE_DEGREES": Template(
        _W,
        "按经纬度读取（CGCS2000）：{evidence}。坐标若取自互联网地图（GCJ-02、BD-09），会偏移约 500–1200 米，"
        "仅凭数值无法判断。",
        "请核实坐标来源；互联网地图的坐标须先纠偏。",
    ),
    "SITE_INFERRED": Template(
        _W,
        "按 {name}读取：{evidence}。西安80、北京54 与 CGCS2000 的数值范围相同，仅凭数值无法区分。",
        "请核实坐标基准；如属旧基准，须先转换为 CGCS2000。",
    ),
    "SITE_OTHER_ZONE": Template(
        _W,
        "坐标属 {name}；平昌县通常用 3 度带第 36 带（中央经线 108°）。",
        "请核对带号与坐标是否一致；坐标确属该带则无需处理。",
    ),
    "SITE_CRS": Template(
        _C,
        "{fitting}；暂按 {name}（{evidence}）。",
        "请选择坐标系（命令行：--confirm SITE_CRS={epsg}）。",
    ),
    "SITE_ZONE": Template(
        _C,
        "带号像是写错了：横坐标带号为 {zone}，按此落在县外；按 {name}则落在县内（{evidence}）。",
        "请核对带号；确认按 {name}读取（命令行：--confirm SITE_ZONE={epsg}）。",
    ),
    "SITE_HEADER": Template(
        _C,
        "说明写为 {claimed}，但坐标按此不在平昌县附近；按 {name}则落在县内（{evidence}）。",
        "请核对说明与坐标；确认按 {name}读取（命令行：--confirm SITE_HEADER={epsg}）。",
    ),
    "SITE_SWAPPED": Template(
        _C,
        "纵横坐标颠倒：{evidence}；交换后落在县内。",
        "请核对；确认交换（命令行：--confirm SITE_SWAPPED）。",
    ),
    "SITE_CRS_UNKNOWN": Template(
        _B,
        "无法确定坐标系：两列数的范围为 {bounds}，{detail}。",
        "请核对坐标；应为经纬度，或 CGCS2000 高斯投影坐标（如 3 度带第 36 带、中央经线 108°）。",
    ),
}

#: About rings and the polygon they make.
_SHAPE: Final = {
    "SITE_COORDINATES": Template(
        _B,
        "{place}的坐标不是有效的经纬度。",
        "请改正这些点。",
    ),
    "SITE_STRAY": Template(
        _B,
        "{place}{point}远离其余各点与平昌县（共 {count} 个这样的点）。",
        "多为数字错位或漏写，请改正。",
    ),
    "SITE_VERTICES": Template(
        _B,
        "边界共有 {size}，超过上限（{most} 个点、{most_rings} 个环）。",
        "请只提交本项目的边界，或在桌面软件中适当简化。",
    ),
    "SITE_FEW_POINTS": Template(
        _B,
        "{ring}只有 {points} 个不同的点，围不成面。",
        "请补齐界址点，至少 3 个。",
    ),
    "SITE_DUPLICATE_POINTS": Template(
        _R,
        "{ring}有 {count} 个重复的点（{place}），已去除。",
        "无需处理。",
    ),
    "SITE_CLOSED": Template(
        _R,
        "{ring}首末点不重合（相距 {gap} m），{done}。",
        "请核对有无漏掉的界址点；没有则无需处理。",
    ),
    "SITE_OPEN": Template(
        _C,
        "{ring}没有闭合：首末点相距 {gap} m，占周长的 {share}；暂以直线连接。",
        "请核对有无漏掉的界址点；确认直线连接（命令行：--confirm SITE_OPEN）。",
    ),
    "SITE_SELF_CROSSING": Template(
        _C,
        "{ring}有 {crossings} 处自相交：{crossing}；按各边围成的范围重建后，面积由 {before} 变为 {after}。",
        "多为界址点顺序有误，请核对；确认采用重建的范围（命令行：--confirm SITE_SELF_CROSSING）。",
    ),
    "SITE_TANGLED": Template(
        _B,
        "{ring}自相交过多，无法作为边界。",
        "请核对界址点的顺序与坐标列，或在桌面软件中修复后再提交。",
    ),
    "SITE_HOLE_OUTSIDE": Template(
        _C,
        "{ring}按内环给出，却在外环{outside}；暂{done}。",
        "请核对圈号；确认这样处理（命令行：--confirm SITE_HOLE_OUTSIDE）。",
    ),
    "SITE_NESTED": Template(
        _C,
        "{rings}完全在另一环之内；暂按内环扣除 {area} 公顷。",
        "确认扣除（命令行：--confirm SITE_NESTED）；若是另一地块，不扣除（--confirm SITE_NESTED=parcel）。",
    ),
    "SITE_OVERLAP": Template(
        _W,
        "地块相互重叠 {area} 公顷{pairs}，只计一次。",
        "请核对各地块的边界。",
    ),
    "SITE_TINY": Template(
        _B,
        "边界围成的面积只有 {area} m²，不能作为项目范围。",
        "请核对界址点是否在一条直线上，坐标单位是否为米或度。",
    ),
    "SITE_SMALL": Template(
        _C,
        "边界面积只有 {area} m²。",
        "请核对坐标的小数位数；确认无误再继续（命令行：--confirm SITE_SMALL）。",
    ),
    "SITE_HUGE": Template(
        _B,
        "边界范围过大：东西 {width}°、南北 {height}°，把平昌县全部围在其中，不是一个项目的范围。",
        "请核对坐标；应只提交本项目的界址点。",
    ),
    "SITE_LARGE": Template(
        _C,
        "边界面积达 {area} km²{of_county}。",
        "请核对坐标；确认无误再继续（命令行：--confirm SITE_LARGE）。",
    ),
    "SITE_OUTSIDE": Template(
        _B,
        "边界全部在平昌县之外，距平昌县约 {distance} km。",
        "请核对坐标系与项目所在的县{hint}。",
    ),
    "SITE_BORDER": Template(
        _C,
        "边界全部在平昌县界之外，距县界约 {distance} m；本系统的县界并非勘界成果，可能有偏差。",
        "请核对项目所在的县；确属本县再确认（命令行：--confirm SITE_BORDER）。",
    ),
    "SITE_PARTLY_OUTSIDE": Template(
        _W,
        "边界有 {percent}% 的面积（{area} 公顷）在平昌县界以外，该部分没有核查数据。",
        "县外部分请向所在县核查。",
    ),
}

SITE: Final = {**_TEXT, **_SYSTEM, **_SHAPE}
