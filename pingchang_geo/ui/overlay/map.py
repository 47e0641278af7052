"""The map of 叠加分析: both layers, what has a part in the zones set off, the zones' reach as an outline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pingchang_geo import maps
from pingchang_geo.maps import Role, Shape
from pingchang_geo.ui.map_panel import map_state
from pingchang_geo.ui.overlay.context import OverlayContext
from pingchang_geo.ui.selection import destination
from pingchang_geo.ui.state import PageState, themes_of
from pingchang_geo.workflow.overlays import Combined, Ready


def overlay_state(ctx: OverlayContext, found: Combined | None) -> dict[str, Any]:
    """State of the map for two layers; ``found`` is None where they could not be combined."""
    shown = _state(ctx, ctx.choice.left, ctx.choice.by)
    if found is None:
        return shown
    left = found.left.spec.id
    if left in shown["layers"] and not found.hit.all():
        shown["layers"][left]["filter"].append(maps.rows_rule(found.hit, dim=True))
    shapes = []
    if found.outline is not None:
        reach = f" {found.buffer_m / 1000:g} km" if found.buffer_m else "范围"
        shapes.append(Shape(Role.BUFFER, found.outline, legend=f"{found.right.spec.title}周边{reach}"))
    return _sketched(shown, shapes, found.mark)


def ready_state(ctx: OverlayContext, found: Ready) -> dict[str, Any]:
    """State of the map for a ready result."""
    shown = _state(ctx, *found.colour)
    radii = "、".join(f"{radius / 1000:g}" for radius, _ in found.outlines)
    legend = f"{found.title.removeprefix('各')}周边 {radii} km"
    shapes = [Shape(Role.BUFFER, outline, f"{radius / 1000:g} km", legend) for radius, outline in found.outlines]
    return _sketched(shown, shapes, ctx.mark(found.behind))


def shown_by(ctx: OverlayContext, layer: str, field: str) -> PageState:
    """The page's state with the map coloured by a column of a layer, where that layer is no mere base and has a colour
    for it."""
    scope, state = ctx.scope, ctx.state
    if layer not in scope.layers:
        return replace(state, theme="")
    themes = [theme.field for theme in themes_of(scope.layers[layer])]
    return replace(state, focus=layer, theme=field if field in themes else (*themes, "")[0])


def _state(ctx: OverlayContext, layer: str, field: str) -> dict[str, Any]:
    view = ctx.map_context()
    fly = destination(view) if view is not None else None
    return map_state(ctx.atlas, ctx.scope, shown_by(ctx, layer, field), fly)


def _sketched(shown: dict[str, Any], shapes: list[Shape], mark: str) -> dict[str, Any]:
    sketch = maps.collection(shapes)
    return {**shown, "sketch": {"features": sketch} if sketch else None, "mark": shown["mark"] or mark}
