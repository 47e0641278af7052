"""Scenes that several tests tell: one of the woods with a map and a chart, one of words."""

WOODS = """
[[scene]]
id = "woods"
title = "林地"
text = ["森林覆盖率 {ledger:forest_cover_pct}。"]
notes = "讲稿。"
[scene.map]
[[scene.map.layer]]
layer = "forest"
theme = "species"
[[scene.chart]]
kind = "layer"
layer = "forest"
chart = "species-stock"
[[scene]]
id = "words"
title = "只有文字"
text = ["没有地图。"]
"""
