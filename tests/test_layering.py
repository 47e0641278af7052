"""Imports point down only (docs/architecture.md), lazy imports included."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RANKS = {
    0: {"errors", "issues", "messages", "settings", "units", "journal"},
    1: {"crs", "specs", "provenance"},
    2: {"layers", "indicators", "carbon", "filters", "access"},
    3: {
        *("overlay", "proximity", "attributes", "accounts", "change", "comparison", "site", "boundary"),
        *("briefing", "validation", "reconcile", "consistency", "classify", "fieldmap", "conversion"),
    },
    4: {"readers", "store", "tiles", "maps", "charts", "exports", "reference", "prints", "documents", "slides"},
    5: {"workflow"},
    6: {"web", "ui", "cli", "__main__"},
    7: {"pages", "app"},
}
RANK = {name: rank for rank, names in RANKS.items() for name in names}
ALONE = 4  # modules of this rank do not import one another
SIDE_BY_SIDE = {6}
MODULES = sorted([*ROOT.glob("pingchang_geo/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"])


def unit_of(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    return Path(parts[1]).stem if parts[0] == "pingchang_geo" else Path(parts[0]).stem


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names) if module == "pingchang_geo" else [module]


def own_imports(path: Path) -> set[str]:
    found = set()
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "pingchang_geo" and len(parts) > 1 and parts[1] != "__version__":
            found.add(parts[1])
        elif parts[0] in {"pages", "app"}:
            found.add(parts[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    unit = unit_of(path)
    if unit == "__init__":
        assert not own_imports(path)
        return
    assert unit in RANK, f"{unit} has no rank: give it one in docs/architecture.md and here"
    for other in own_imports(path) - {unit}:
        assert RANK[other] <= RANK[unit], f"{unit} (rank {RANK[unit]}) imports {other} (rank {RANK[other]})"
        if RANK[unit] == ALONE:
            assert RANK[other] != ALONE, f"{unit} and {other} are both rank {ALONE}: compose them in workflow"


def test_only_ui_and_pages_import_streamlit() -> None:
    users = {unit_of(p) for p in MODULES if any(n.split(".")[0] == "streamlit" for n in imports(p))}
    assert users <= {"ui", "pages", "app"}


def test_every_rank_is_documented() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    missing = [name for name in RANK if name != "__main__" and f"`{name}" not in text]
    assert not missing


def test_modules_stay_readable() -> None:
    too_long = {str(p.relative_to(ROOT)): n for p in MODULES if (n := len(p.read_text("utf-8").splitlines())) > 400}
    assert not too_long


def test_the_checker_sees_a_wrong_import(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "def f():\n    from pingchang_geo import ui\n    import pingchang_geo.cli.main\n", encoding="utf-8"
    )
    assert own_imports(wrong) == {"ui", "cli"}
