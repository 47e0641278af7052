"""Write the whole corpus to look at: ``python -m tests.corpus.write FOLDER``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.corpus import catalogue


def main(folder: Path) -> None:
    """One folder a case, and an index of stories and expected decisions."""
    lines = ["decision\tcase\tcodes\tstory"]
    for number, case in enumerate(catalogue.cases(), start=1):
        plain = re.sub(r"[^\w.=+-]+", "_", case.name).strip("_")
        target = folder / case.decision / f"{number:03d}-{plain}"
        target.mkdir(parents=True)
        case.write(target)
        lines.append("\t".join((case.decision, case.name, " ".join(sorted(case.must)), case.story)))
    (folder / "index.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{len(lines) - 1} cases written to {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
