"""What the browser tests say to a page: go there, wait for the map, read it, act on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Frame, Page, expect

WAIT_MS = 60_000
_MAP_FRAME = "streamlit_folium"


@dataclass
class Board:
    """A page with a map."""

    page: Page
    url: str

    def open(self, path: str = "") -> Board:
        """Go to a page and wait until its map is drawn and the charts, which come after it, are there."""
        self.page.goto(f"{self.url}/{path}")
        self.wait_drawn()
        expect(self.page.get_by_text("图表载入中")).to_have_count(0, timeout=WAIT_MS)
        self.settle()
        return self

    @property
    def frame(self) -> Frame:
        """The map's frame; waits for it."""
        self.page.wait_for_selector(f"iframe[title*='{_MAP_FRAME}'], iframe[src*='{_MAP_FRAME}']", timeout=WAIT_MS)
        return next(f for f in self.page.frames if _MAP_FRAME in f.url)

    def wait_drawn(self) -> None:
        """Wait until every visible layer is on the screen."""
        self.frame.wait_for_function("() => window.pingchang && window.pingchang.stats().drawn", timeout=WAIT_MS)

    def stats(self) -> dict[str, Any]:
        """What the map says of itself."""
        found: dict[str, Any] = self.frame.evaluate("() => window.pingchang.stats()")
        return found

    def shown(self, layer: str = "forest") -> int:
        """Features of a layer that the map shows under its filter."""
        return int(self.stats()["legends"][layer]["shown"])

    def wait_shown(self, count: int, layer: str = "forest") -> None:
        """Wait until the map shows so many features of a layer."""
        self.frame.wait_for_function(
            "([layer, count]) => { const l = window.pingchang.stats().legends[layer]; return l && l.shown === count; }",
            arg=[layer, count],
            timeout=WAIT_MS,
        )

    def mark(self) -> None:
        """Leave a mark in the map's window; a reload would lose it."""
        self.frame.evaluate("() => { window.notReloaded = true; }")

    def kept(self) -> bool:
        """Whether the map's window is the one that was marked."""
        return bool(self.frame.evaluate("() => window.notReloaded === true"))

    def pixels(self) -> dict[str, int]:
        """How many pixels of the id tiles have which colour (opaque ones)."""
        found: dict[str, int] = self.frame.evaluate(
            """() => {
                const seen = {};
                for (const canvas of document.querySelectorAll('canvas.leaflet-tile')) {
                    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                    for (let i = 0; i < data.length; i += 4)
                        if (data[i + 3] > 0) {
                            const key = [data[i], data[i + 1], data[i + 2]].join(',');
                            seen[key] = (seen[key] || 0) + 1;
                        }
                }
                return seen;
            }"""
        )
        return found

    def spot(self) -> tuple[float, float]:
        """A point of the page, in pixels, that lies on a forest plot and under nothing else."""
        box = self.page.locator(f"iframe[src*='{_MAP_FRAME}'], iframe[title*='{_MAP_FRAME}']").bounding_box()
        assert box is not None
        inside: list[float] = self.frame.evaluate(
            """() => {
                const map = document.querySelector('.leaflet-container').getBoundingClientRect();
                for (const canvas of document.querySelectorAll('canvas.leaflet-tile')) {
                    const at = canvas.getBoundingClientRect();
                    const scale = canvas.width / at.width;
                    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                    for (let y = 10; y < at.height - 10; y += 7)
                        for (let x = 10; x < at.width - 10; x += 7) {
                            const px = at.left + x, py = at.top + y;
                            if (px < map.left + 160 || px > map.right - 240) continue;
                            if (py < map.top + 80 || py > map.bottom - 80) continue;
                            let solid = true;
                            for (let dy = -3; dy <= 3 && solid; dy++)
                                for (let dx = -3; dx <= 3 && solid; dx++)
                                    solid = data[4 * (Math.round((y + dy) * scale) * canvas.width
                                        + Math.round((x + dx) * scale)) + 3] > 0;
                            if (solid) return [px, py];
                        }
                }
                return [];
            }"""
        )
        assert inside, "no forest pixel on the screen"
        return box["x"] + inside[0], box["y"] + inside[1]

    def settle(self) -> None:
        """Wait until Streamlit has finished its run."""
        expect(self.page.get_by_test_id("stApp")).to_have_attribute(
            "data-test-script-state", "notRunning", timeout=WAIT_MS
        )
