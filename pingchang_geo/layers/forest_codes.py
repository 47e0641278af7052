"""Codes of the forest inventories → the names shown.

LING_ZU, QI_YUAN, LIN_ZHONG and the 6-digit DI_LEI were read in their sources (domain notes §3); the species numbers
are common knowledge in the trade, not read first-hand.
"""

from __future__ import annotations

from typing import Final

_SPECIES: Final = {
    "220": "马尾松",
    "350": "柏木",
    "310": "杉木",
    "320": "柳杉",
    "330": "水杉",
    "190": "其他松类",
    "200": "其他松类",
    "230": "其他松类",
    "260": "其他松类",
    "261": "其他松类",
    "410": "栎类",
    "420": "桦木",
    "440": "樟木",
    "450": "楠木",
    "470": "木荷",
    "490": "其他硬阔",
    "530": "杨树",
    "590": "其他软阔",
    "610": "针叶混",
    "620": "阔叶混",
    "630": "针阔混",
    "660": "竹林",
    "670": "竹林",
    "680": "竹林",
    "690": "竹林",
    "700": "经济林",
}
SPECIES_NAMES: Final = tuple(dict.fromkeys(_SPECIES.values()))
#: Some files hold the species times 1000.
SPECIES_CODES: Final = {**_SPECIES, **{f"{code}000": name for code, name in _SPECIES.items()}}

LAND_CLASSES: Final = {
    "030100": "乔木林地",
    "030200": "竹林地",
    "030301": "特殊灌木林地",
    "030302": "一般灌木林地",
    "030303": "一般灌木林地",
    "030401": "疏林地",
    "030402": "未成林地",
    "030403": "未成林地",
    "030404": "苗圃地",
    "030405": "采伐迹地",
    "030406": "火烧迹地",
    "0111": "乔木林地",
    "0113": "竹林地",
    "0131": "特殊灌木林地",
    "1110": "乔木林地",
    "1130": "竹林地",
    "1310": "特殊灌木林地",
}

ORIGINS: Final = {
    **{str(code): "天然" for code in (1, *range(10, 20))},
    **{str(code): "人工" for code in (2, *range(20, 30))},
    "天然林": "天然",
    "人工林": "人工",
}
AGE_GROUPS: Final = {"1": "幼龄林", "2": "中龄林", "3": "近熟林", "4": "成熟林", "5": "过熟林"}
FOREST_USES: Final = {
    **{str(code): "防护林" for code in (11, *range(110, 120))},
    **{str(code): "特种用途林" for code in (12, *range(120, 130))},
    **{str(code): "用材林" for code in (23, *range(230, 240))},
    **{"24": "能源林", "240": "能源林"},
    **{str(code): "经济林" for code in (25, *range(250, 260))},
}
NEW_FOREST: Final = "新造林"
MANAGED_FOREST: Final = "森林经营林"
STAND_KINDS: Final = (NEW_FOREST, MANAGED_FOREST, "其他林地")
#: Land without an established stand: there the intercept of B = a·V + b would be a phantom stock. 疏林地 (crown cover
#: below 0.2) is among it: b was regressed on closed stands, and for 柏木 it exceeds what a sparse stand holds 25 times.
UNESTABLISHED: Final = frozenset({"疏林地", "未成林地", "苗圃地", "采伐迹地", "火烧迹地"})
#: Of these 疏林地 bears trees: there a volume that is left empty is unknown, on the others it is 0.
TREELESS: Final = UNESTABLISHED - {"疏林地"}
