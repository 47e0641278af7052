"""Messages about fields, values and geometries."""

from __future__ import annotations

from typing import Final

from pingchang_geo.issues import Level
from pingchang_geo.messages.template import Template

_B, _C, _W, _R = Level.BLOCKING, Level.CONFIRM, Level.WARNING, Level.REPAIRED

FIELDS: Final = {
    "FIELD_REQUIRED": Template(
        _B,
        "缺少必需字段「{label}」。",
        "请补上该字段（可用名称：{aliases}），或指定对应的列。",
    ),
    "KEY_COLUMN_MISSING": Template(
        _C,
        "没有「{label}」一列，要素无法按编号辨认，只能按位置与旧版本比较。",
        "请补上该字段（可用名称：{aliases}）；确需不带编号发布时再确认（命令行：--confirm KEY_COLUMN_MISSING）。",
    ),
    "FIELD_UNSURE": Template(
        _C,
        "字段「{column}」像是「{label}」，但不能确定（{evidence}；示例：{samples}）。",
        "请确认对应关系（命令行：--confirm FIELD_UNSURE），或用 --confirm MAPPING={name}=列名 指定。",
    ),
    "FIELD_UNKNOWN": Template(
        _B,
        "指定的对应关系有误：{detail}。",
        "请核对列名与字段名后重试。",
    ),
    "FIELD_AMBIGUOUS": Template(
        _W,
        "有多列都像「{label}」：{columns}；采用「{column}」。",
        "如需采用另一列，请在字段对应中改选。",
    ),
    "CODE_UNKNOWN": Template(
        _W,
        "「{label}」有 {count} 条记录的代码未识别（如 {samples}），归入「未识别」{where}。",
        "请改为规程规定的代码或名称；若占多数，请先核对该列是否对应正确。",
    ),
    "CATEGORY_NEW": Template(
        _W,
        "「{label}」有 {count} 条记录的取值不在标准名称内（如 {samples}），按原文保留{where}。",
        "如属笔误，请改正；若占多数，请先核对该列是否对应正确。",
    ),
    "NUMBER_UNREADABLE": Template(
        _W,
        "「{label}」有 {count} 条记录不是数字（如 {samples}），按空值处理{where}。",
        "请改为数字，单位写在字段说明里。",
    ),
    "UNIT_IN_VALUES": Template(
        _R,
        "「{label}」有 {count} 条记录的数字后带单位（{units}），已换算{where}。",
        "建议源数据只填数字。",
    ),
    "SCALE_CONVERTED": Template(
        _R,
        "「{label}」按 0–{top} 填写，已除以 {top} 换算为 0–1。",
        "建议源数据按 0–1 的小数填写。",
    ),
    "SCALE_MIXED": Template(
        _C,
        "「{label}」既有 0–1 的小数（{plain} 条）又有百分数（{count} 条）{where}；百分数已除以 100。",
        "请核对这些记录；确认无误再继续，并建议源数据统一按小数填写。",
    ),
    "VOLUME_DERIVED": Template(
        _W,
        "文件没有每公顷蓄积，已用「{column}」的总蓄积除以图形面积推算。",
        "请核对推算结果，或在源数据中补上每公顷蓄积。",
    ),
}

CHECKS: Final = {
    "LAYER_UNSURE": Template(
        _C,
        "不能确定数据属于哪个图层，可能是：{candidates}。",
        "请指定图层（命令行：--layer forest，或 --confirm LAYER_UNSURE=forest）。",
    ),
    "LAYER_UNKNOWN": Template(
        _B,
        "没有名为「{layer}」的图层。",
        "可用的图层：{known}。",
    ),
    "FIELDS_NONE": Template(
        _B,
        "没有一列与「{layer}」的字段对应；文件中的列：{columns}。",
        "请核对字段名称，或选择正确的图层。",
    ),
    "INSPECT_FAILED": Template(
        _B,
        "检查过程中出现意外的数据情况（{detail}），文件未被采用。",
        "请在桌面软件中另存一份后重试；仍不成功请联系系统管理员。",
    ),
    "INSPECT_TIMEOUT": Template(
        _B,
        "检查用时超过 {seconds} 秒，已停止，文件未被采用：个别图形的节点或边线异常繁复。",
        "请在桌面软件中检查节点极多、边线反复交叉或大量重叠的图形，改正后或按乡镇分幅后重新提交。",
    ),
    "INSPECT_MEMORY": Template(
        _B,
        "检查占用的内存超过 {limit} MB，已停止，文件未被采用。",
        "请按乡镇分幅后重新提交；数据确需一次提交的，请系统管理员调大设置 worker_memory_mb"
        "（至多用到机器或容器内存的 60 %）。",
    ),
    "LAYER_NONE": Template(
        _B,
        "字段与图形不符合任何图层。",
        "请指定图层（命令行：--layer），并核对字段名称。",
    ),
    "LAYER_WRONG": Template(
        _B,
        "文件不像「{layer}」，更像「{other}」（{evidence}）。",
        "请改选图层「{other}」，或提交正确的文件。",
    ),
    "ROWS_NONE": Template(
        _B,
        "文件里没有任何记录。",
        "请确认导出时没有带上筛选条件，并重新导出。",
    ),
    "GEOMETRY_NULL": Template(
        _B,
        "有 {count} 条记录没有图形{where}。",
        "请删除这些记录或补画图形。",
    ),
    "GEOMETRY_TYPE": Template(
        _B,
        "有 {count} 条记录的图形类型是{found}，「{layer}」只接受{wanted}{where}。",
        "请确认选对了图层，或把图形转为要求的类型。",
    ),
    "GEOMETRY_COORDINATES": Template(
        _B,
        "有 {count} 条记录的坐标不是有限数字{where}。",
        "请在桌面软件中重画这些图形。",
    ),
    "GEOMETRY_BEYOND": Template(
        _B,
        "有 {count} 条记录的坐标（如 {sample}）超出坐标系的有效范围{where}；坐标系：{name}。",
        "个别记录多为误画在原点附近，请删除或重画；全部如此请核对坐标系。",
    ),
    "GEOMETRY_MIXED": Template(
        _R,
        "有 {count} 条记录的图形混有线或点，只保留了面{where}。",
        "建议在源数据中删去多余的线和点。",
    ),
    "GEOMETRY_REPAIRED": Template(
        _R,
        "有 {count} 个图形自相交或环方向有误，已修复，面积变化合计 {change} m²{where}。",
        "无需处理；建议在源数据中做拓扑检查。",
    ),
    "GEOMETRY_REPAIR_LARGE": Template(
        _C,
        "有 {count} 个图形无效，修复后面积变化超过限差：由 {before} m² 变为 {after} m²{where}。",
        "请在桌面软件中改正这些图形；若修复结果可以接受，请确认。",
    ),
    "GEOMETRY_TANGLED": Template(
        _B,
        "有 {count} 个图形的边线大量相互交叉，自动修复耗时过长，没有修复{where}；其中最多的有 {corners} 个节点。",
        "请重画或删除这些图形；只是个别打结的，可先用 QGIS“修正几何图形”或 ArcGIS“修复几何”处理后重新导出。",
    ),
    "GEOMETRY_COLLAPSED": Template(
        _B,
        "有 {count} 个图形已退化为线或点，没有面积{where}。",
        "请删除这些记录，或在桌面软件中重画图形。",
    ),
    "OUTSIDE_ALL": Template(
        _B,
        "全部 {count} 个图形都不在平昌县范围内，数据范围为 {bounds}。",
        "请核对坐标系与数据所属的县。",
    ),
    "OUTSIDE_SOME": Template(
        _C,
        "有 {count} 个图形完全在平昌县界之外{where}。",
        "请删除不属于本县的图形；确需保留时再确认。",
    ),
    "OUTSIDE_CROSSING": Template(
        _W,
        "有 {count} 个图形的中心在县界之外{where}。",
        "请核对县界附近的图形。",
    ),
    "KEY_ABSENT": Template(
        _W,
        "没有可作标识的字段（{labels}），不能按编号与旧版本比较。",
        "建议补上标识字段。",
    ),
    "KEY_MISSING": Template(
        _C,
        "有 {count} 条记录的标识「{label}」为空{where}。",
        "请补填；确需保留时再确认。",
    ),
    "KEY_DUPLICATE": Template(
        _C,
        "有 {count} 条记录的标识（{labels}）重复，如「{sample}」{where}。",
        "请改正重复的编号；确需保留时再确认。",
    ),
    "DUPLICATE_GEOMETRY": Template(
        _C,
        "有 {count} 个图形与前面的图形完全相同，面积会重复计算{where}。",
        "请删除重复的图形；确需保留时再确认。",
    ),
    "OVERLAP": Template(
        _W,
        "有 {pairs} 对图形相互重叠，重叠面积合计 {area} m²（占图形总面积的 {share}），涉及 {count} 个图形{where}。",
        "请在桌面软件中做拓扑检查并消除重叠；占比较大时请检查是否把几期数据并入了同一个文件，确需保留时再确认。",
    ),
    "OVERLAP_MANY": Template(
        _C,
        "图形大量相互重叠：涉及 {count} 个图形{where}，约 {pairs} 对，"
        "重叠面积合计约 {area} m²，约为图形总面积的 {share}（对数与面积为抽样估计）。",
        "请检查是否把几期数据或重复的数据并入了同一个文件，并在桌面软件中做拓扑检查；确需保留时再确认。",
    ),
    "SLIVER": Template(
        _W,
        "有 {count} 个图形的面积小于 {tolerance} m²{where}。",
        "多为切割残留的碎面，请合并或删除。",
    ),
    "VALUE_NEGATIVE": Template(
        _B,
        "「{label}」有 {count} 条记录为负数（如 {samples}）{where}。",
        "请改正为不小于 0 的数值。",
    ),
    "VALUE_LIMITS": Template(
        _W,
        "「{label}」有 {count} 条记录超出合理范围 {low}–{high}（如 {samples}）{where}。",
        "请核对数值与单位。",
    ),
    "VALUE_ALL_MISSING": Template(
        _C,
        "「{label}」全部为空（{count} 条），由它推算的数值将没有结果。",
        "请核对该字段是否导出完整，或是否对应到了另一列；确认无误再继续。",
    ),
    "VALUE_MISSING": Template(
        _W,
        "必填的「{label}」有 {count} 条记录为空{where}。",
        "请补填。",
    ),
    "VALUES_MIXED": Template(
        _C,
        "「{label}」既有代码（如「{number}」，{coded} 条）又有名称（如「{name}」，{named} 条）{where}，"
        "按它汇总会把同一对象分成几份。",
        "请在源数据中统一为名称或统一为代码；确认二者并非同一对象再继续。",
    ),
    "AREA_UNIT_INFERRED": Template(
        _C,
        "「{label}」没有注明单位，按与图形面积之比（{ratio}）应为{unit}。",
        "请确认单位（命令行：--confirm AREA_UNIT_INFERRED）。该字段换算为公顷后仅作对照，统计一律采用图形面积。",
    ),
    "AREA_RATIO": Template(
        _C,
        "「{label}」合计是图形面积的 {ratio} 倍{hint}，与{unit}不符。",
        "请核对面积字段的单位与图形是否对应；确认无误再继续。",
    ),
    "AREA_DIFFERS": Template(
        _W,
        "「{label}」有 {count} 条记录与图形面积相差超过 {percent}%{where}。",
        "请核对是图形有误还是面积未更新。",
    ),
    "VOLUME_RATIO": Template(
        _C,
        "总蓄积合计是“每公顷蓄积 × 面积”的 {ratio} 倍{hint}。",
        "请核对蓄积字段是每公顷、每亩还是总量；确认无误再继续。",
    ),
    "TOTAL_DIFFERS": Template(
        _W,
        "「{label}」合计为 {computed}，报告为 {reported}，相差 {percent}。",
        "请核对数据是否覆盖全县、分类口径与时点是否与报告相同；确属新数据则无需处理。",
    ),
    "MASS_DELETION": Template(
        _C,
        "与当前版本相比将减少 {count} 个要素（共 {total} 个，占 {percent}）。",
        "新版本会整体替换当前版本；若文件只含部分乡镇，请先与其余部分合并。确需减少再确认。",
    ),
    "KEYS_ALL_NEW": Template(
        _C,
        "标识几乎全部与当前版本不同（{count} 个），其中 {placed} 个图形与当前版本位置相同。",
        "请核对编号字段是否对应正确、是否重新编号；确认无误再继续。",
    ),
    "UNIFORM_SHIFT": Template(
        _C,
        "与当前版本相比，{count} 个图形整体{shift}。",
        "多为坐标系或基准选错（如旧坐标系、GCJ-02）；请核对后再提交，确属更正再确认。",
    ),
    "SUM_RATIO": Template(
        _C,
        "同一批要素的「{label}」合计是当前版本的 {ratio} 倍{hint}。",
        "请核对单位；确认无误再继续。",
    ),
    "NOTHING_CHANGED": Template(
        _W,
        "{count} 个要素与当前版本完全相同。",
        "无需发布；如只更改来源或时点说明，可以继续。",
    ),
}
