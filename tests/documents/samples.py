"""Documents for tests: a small picture, one document with every kind of block, hostile texts."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image

from pingchang_geo.documents import (
    Align,
    Bullets,
    Callout,
    Document,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Table,
    Tone,
)

MADE_AT = datetime(2026, 11, 22, 9, 30)

#: Markup, field codes, entities, paths: all of it must come out as it went in.
HOSTILE = (
    '#read("/etc/passwd")',
    "*粗* _斜_ $x^2$ @标签 <label> `代码`",
    "\\u{4e2d} \\\\ #let a = 1; #{1+1}",
    "= 不是标题 - 不是列表 // 不是注释 /* */",
    '<w:fldSimple w:instr=" AUTHOR "/> &amp; ]]> {{ }} %s {0}',
    '=HYPERLINK("http://a") ~ [方括号] (圆括号) ^',
)


def png(width: int = 120, height: int = 80) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#1E6B47").save(out, "PNG")
    return out.getvalue()


def report(rows: int = 3) -> Document:
    """One of everything."""
    plots = tuple((f"036-{i:03d}", "柏木", f"{1 + i / 100:.2f}", f"{50 + i}") for i in range(rows))
    return Document(
        "选址核查报告",
        MADE_AT,
        (
            Callout(Tone.RED, "触碰生态保护红线", ("重叠 7.42 公顷。", "碳储量 823 tC，年固碳量 101 tCO₂/年。")),
            Facts((("项目名称", "某某产业园"), ("地块面积", "18.62 公顷"), ("核查日期", "2026 年 11 月 22 日"))),
            Heading("核查结论"),
            Paragraph("本次核查为桌面分析，不替代审批。"),
            Bullets(("触碰红线；", "涉及小班 18 个。")),
            Bullets(("先看图；", "再看表。"), numbered=True),
            Figure(png(), "位置图", "地块位置"),
            Heading("森林与碳"),
            Heading("涉及小班", 2),
            Table(
                ("小班", "优势树种", "地块内面积（ha）", "碳储量（tC）"),
                (*plots, ("合计", "", "3.03", "153")),
                (Align.LEFT, Align.LEFT, Align.RIGHT, Align.RIGHT),
                caption="涉及森林小班明细",
                note="面积加权。",
                total=True,
            ),
            PageBreak(),
            Heading("方法", 3),
            Paragraph("参数集 fang-2007。", small=True),
        ),
        subtitle="某某产业园 · 平昌县",
        mark="示意数据",
        notes=("图层版本：生态保护红线 1-3f2a9c01b7de。",),
    )
