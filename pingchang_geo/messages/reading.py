"""Messages about files, archives, encodings and coordinate systems."""

from __future__ import annotations

from typing import Final

from pingchang_geo.issues import Level
from pingchang_geo.messages.template import Template

_B, _C, _W, _R = Level.BLOCKING, Level.CONFIRM, Level.WARNING, Level.REPAIRED

FILES: Final = {
    "FILE_MISSING": Template(
        _B,
        "找不到文件「{file}」。",
        "请核对文件名与所在文件夹后重试。",
    ),
    "FILE_EMPTY": Template(
        _B,
        "文件「{file}」是空文件（0 字节）。",
        "请重新导出或重新复制该文件。",
    ),
    "FILE_TOO_LARGE": Template(
        _B,
        "文件「{file}」有 {size} MB，超过上限 {limit} MB。",
        "请按乡镇分幅，或删去不需要的字段后再上传。",
    ),
    "FILE_UNREADABLE": Template(
        _B,
        "文件「{file}」无法读取。",
        "请确认文件没有被其他程序占用，并有读取权限。",
    ),
    "FORMAT_UNKNOWN": Template(
        _B,
        "文件「{file}」不是可识别的空间数据（内容像是{content}）。",
        "请提供 Shapefile（可压缩为 zip）、GeoPackage、GeoJSON、KML/KMZ 或 GeoParquet。",
    ),
    "FORMAT_MISMATCH": Template(
        _B,
        "文件「{file}」的扩展名与内容不符：内容是{content}。",
        "请改用与内容相符的扩展名，或重新导出后再上传。",
    ),
    "FORMAT_CORRUPT": Template(
        _B,
        "文件「{file}」已损坏，不能作为{content}读取：{detail}。",
        "请从源软件重新导出，或重新下载后再上传。",
    ),
    "FORMAT_UNSUPPORTED": Template(
        _B,
        "文件「{file}」{detail}，暂不支持。",
        "{remedy}",
    ),
    "FORMAT_MIXED": Template(
        _B,
        "一次提交了多种格式的文件：{files}。",
        "请每次只提交一个数据集（Shapefile 的各个部分可以一起提交）。",
    ),
    "ROWS_TOO_MANY": Template(
        _B,
        "文件「{file}」有 {records} 条记录，超过上限 {limit} 条。",
        "请按乡镇分幅后再上传。",
    ),
    "COLUMNS_TOO_MANY": Template(
        _B,
        "文件「{file}」有 {columns} 个字段，超过上限 {limit} 个。",
        "请只保留需要的字段后重新导出。",
    ),
    "READ_NO_SPACE": Template(
        _B,
        "服务器的临时目录不能写入（磁盘已满或没有权限），文件「{file}」未能读取。",
        "文件本身未必有问题；请联系管理员检查磁盘后重试。",
    ),
    "READ_TIMEOUT": Template(
        _B,
        "读取文件用时超过 {seconds} 秒，已停止。",
        "文件可能已损坏；请在桌面软件中打开检查，或分幅后再上传。",
    ),
    "READ_CRASHED": Template(
        _B,
        "读取文件的进程异常结束（{detail}），文件未被采用。",
        "文件可能已损坏或过大；请在桌面软件中修复后重新导出。",
    ),
    "ARCHIVE_ENCRYPTED": Template(
        _B,
        "压缩包「{file}」中的「{member}」已加密。",
        "请去掉密码后重新压缩。",
    ),
    "ARCHIVE_UNSAFE": Template(
        _B,
        "压缩包「{file}」中的「{member}」{detail}，已拒绝。",
        "请只把数据文件放进一个普通的 zip 压缩包。",
    ),
    "ARCHIVE_LIMIT": Template(
        _B,
        "压缩包「{file}」{detail}，已拒绝。",
        "请只打包本次要提交的数据文件后重试。",
    ),
    "ARCHIVE_NO_DATA": Template(
        _B,
        "压缩包「{file}」里没有可识别的空间数据（共 {entries} 个文件）。",
        "Shapefile 至少要包含 .shp 与 .dbf 两个文件；不要把压缩包再套一层压缩包。",
    ),
    "SHP_PART_MISSING": Template(
        _B,
        "数据集「{dataset}」缺少 {part} 文件。",
        "请把同名的 .shp、.dbf、.shx、.prj 等文件一起提交。",
    ),
    "SHP_TRUNCATED": Template(
        _B,
        "文件「{file}」不完整：应有 {expected}，实际只有 {actual}。",
        "文件复制或下载时被截断；请重新复制整套 Shapefile。",
    ),
    "SHP_COUNT": Template(
        _B,
        "数据集「{dataset}」的图形与属性条数不一致：.shp 有 {shapes} 条，.dbf 有 {records} 条。",
        "各文件可能来自不同版本；请从源软件重新导出整套文件。",
    ),
    "SHP_RECORDS_BROKEN": Template(
        _B,
        "文件「{file}」中有 {count} 条图形记录的内部结构已损坏{where}。",
        "请在桌面软件中删除或重画这些图形后重新导出。",
    ),
    "SHX_REBUILT": Template(
        _R,
        "索引文件 .shx {detail}，已按 .shp 重建。",
        "无需处理；建议源数据一并补齐 .shx。",
    ),
    "DBF_DELETED": Template(
        _W,
        "属性表中有 {count} 条带删除标记的记录，已跳过{where}。",
        "如需保留，请在源软件中恢复后导出。",
    ),
    "DATASET_SEVERAL": Template(
        _C,
        "文件中有 {count} 个数据集：{datasets}；暂按「{chosen}」读取。",
        "请确认要用哪一个（命令行：--confirm DATASET_SEVERAL=名称）。",
    ),
    "DATASET_UNKNOWN": Template(
        _C,
        "文件中没有名为「{dataset}」的数据集，现有：{datasets}；暂按「{chosen}」读取。",
        "请改用列出的名称。",
    ),
    "ENCODING_GUESSED": Template(
        _W,
        ".cpg 缺失或不能识别，属性文字按 {encoding} 读取（{evidence}）。",
        "若显示乱码，请补上 .cpg 文件或指定编码。",
    ),
    "ENCODING_CPG_WRONG": Template(
        _W,
        ".cpg 声明编码为 {claimed}，与内容不符，已按 {encoding} 读取（{evidence}）。",
        "请改正或删除 .cpg 文件。",
    ),
    "ENCODING_UNSURE": Template(
        _C,
        "属性文字的编码不能确定，暂按 {encoding} 读取，例如「{sample}」。",
        "请核对示例文字；若是乱码，请指定编码（命令行：--confirm ENCODING_UNSURE=GBK）。",
    ),
    "ANSWER_UNKNOWN": Template(
        _W,
        "--confirm 中的 {codes} 不对应本次检查的任何问题，没有作用。",
        "请照抄检查结果中给出的代码。",
    ),
    "ANSWER_INVALID": Template(
        _B,
        "指定的{question}「{value}」无法识别，没有采用。",
        "请改用通行的写法，例如 {example}。",
    ),
    "ANSWER_UNCLEAR": Template(
        _W,
        "对「{asked}」的回答「{value}」不明确，该问题仍未确认。",
        "同意请只写代码或“是”（命令行：--confirm {asked}），不同意请写“否”，或按提示写出取值。",
    ),
    "CRS_LINK_DROPPED": Template(
        _W,
        "坐标系写成了外部链接，已忽略该链接。",
        "请在导出时写明坐标系，例如 CGCS2000。",
    ),
    "KML_LINK_IGNORED": Template(
        _W,
        "KML 中有 {count} 处指向其他文件的链接（NetworkLink），已忽略。",
        "请把链接的内容另存到本文件中再提交。",
    ),
    "XML_DOCTYPE": Template(
        _B,
        "文件「{file}」含文档类型声明（DOCTYPE），出于安全不予读取。",
        "请从源软件重新导出为普通的 KML，或改用 GeoPackage、Shapefile。",
    ),
    "GEOMETRY_UNREADABLE": Template(
        _B,
        "有 {count} 条记录的图形无法读取{where}：{detail}。",
        "请在桌面软件中检查并修复这些图形后重新导出。",
    ),
}

CRS: Final = {
    "CRS_INFERRED": Template(
        _C,
        "文件没有坐标系说明。按坐标范围应为 {name}（{evidence}）；但坐标数值分不清 CGCS2000、西安 80 与北京 54。",
        "请确认坐标系（命令行：--confirm CRS_INFERRED={epsg}），并补上 .prj 文件。",
    ),
    "CRS_MISSING": Template(
        _C,
        "文件没有坐标系说明，坐标与多个坐标系相符：{candidates}；暂按 {name}（{evidence}）；"
        "坐标数值也分不清 CGCS2000、西安 80 与北京 54。",
        "请向数据提供方核实后确认坐标系（命令行：--confirm CRS_MISSING=编号，可选 {numbers}），并补上 .prj 文件。",
    ),
    "CRS_CONTRADICTORY": Template(
        _C,
        "坐标系说明为 {claimed}，但坐标不在平昌县附近；按 {name} 则落在县域内（{evidence}）。",
        "请确认采用哪一个（命令行：--confirm CRS_CONTRADICTORY={epsg}），并改正 .prj 文件。",
    ),
    "CRS_UNREADABLE": Template(
        _C,
        "坐标系说明无法识别（{detail}）；按坐标范围应为 {name}（{evidence}）。",
        "请确认坐标系（命令行：--confirm CRS_UNREADABLE={epsg}），并改正 .prj 文件。",
    ),
    "CRS_LEGACY": Template(
        _C,
        "坐标系 {name} 属旧基准；换到 CGCS2000 没有公开的转换参数，直接采用可能偏差数十米以上。",
        "请先用当地转换参数转为 CGCS2000；确需直接采用时再确认（命令行：--confirm CRS_LEGACY）。",
    ),
    "CRS_SWAPPED": Template(
        _C,
        "横纵坐标像是颠倒了（{evidence}）；交换后落在县域内。",
        "请确认交换（命令行：--confirm CRS_SWAPPED），或在源数据中改正。",
    ),
    "CRS_CUSTOM": Template(
        _C,
        "坐标系是自定义的（{detail}），没有对应的 EPSG 编号；按其参数换算后落在县域内。",
        "请确认采用，或改用国家标准坐标系导出。",
    ),
    "CRS_UNKNOWN": Template(
        _B,
        "无法确定坐标系：{detail}，坐标范围 {bounds}。",
        "请确认数据属于平昌县，并提供正确的 .prj（如 CGCS2000 3 度带第 36 带，EPSG:4524）。",
    ),
    "BD_SUSPECTED": Template(
        _C,
        "数据整体向 {direction} 偏移约 {metres} 米，与百度坐标（BD-09）的偏移一致："
        "有 {count} 个图形因此落到县界外{where}。",
        "若数据来自百度地图，请先纠偏为 CGCS2000"
        "（或命令行 --confirm BD_SUSPECTED=correct 由系统纠偏）；确属实测则确认。",
    ),
    "GCJ_SUSPECTED": Template(
        _C,
        "数据整体向 {direction} 偏移约 {metres} 米，与 GCJ-02（火星坐标）的偏移一致："
        "有 {count} 个图形因此落到县界外{where}。",
        "若数据来自互联网地图，请先纠偏为 CGCS2000"
        "（或命令行 --confirm GCJ_SUSPECTED=correct 由系统纠偏）；确属实测则确认。",
    ),
}
