"""Random damage: whatever happens to a file, it is read or refused with a reason."""

import random
import shutil
from pathlib import Path

import pytest

from pingchang_geo.readers.model import Refused, Request
from pingchang_geo.readers.parse import parse
from tests import factories

#: Each takes a few hundredths of a second; the long run is a script's job.
ROUNDS = 15


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    frame = factories.sample_forest(9)
    shp = factories.write_shapefile(frame, folder)
    factories.zip_shapefile(shp, folder / "a.zip")
    frame.to_file(folder / "a.gpkg")
    frame.to_file(folder / "a.geojson")
    frame.to_parquet(folder / "a.parquet")
    return folder


def damaged(content: bytes, random_: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(random_.choice((1, 2, 5, 40))):
        if not data:
            break
        where = random_.randrange(len(data) if random_.random() < 0.6 else min(len(data), 300))
        what = random_.random()
        if what < 0.85:
            data[where] = random_.randrange(256)
        elif what < 0.95:
            del data[where : where + random_.randrange(1, 20)]
        else:
            del data[where:]
    return bytes(data)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "name", ["forest.shp", "forest.shx", "forest.dbf", "forest.prj", "a.zip", "a.gpkg", "a.geojson", "a.parquet"]
)
def test_damage_is_read_or_refused(name: str, originals: Path, tmp_path: Path) -> None:
    random_ = random.Random(name)
    outcomes = set()
    for number in range(ROUNDS):
        folder = tmp_path / str(number)
        (folder / "unpacked").mkdir(parents=True)
        for part in originals.glob("forest.*" if name.startswith("forest") else name):
            shutil.copy(part, folder)
        (folder / name).write_bytes(damaged((originals / name).read_bytes(), random_))
        target = folder / ("forest.shp" if name.startswith("forest") else name)
        try:
            parsed = parse(Request((target,)), folder / "unpacked")
        except Refused as refusal:
            assert refusal.issue.fix
            assert str(tmp_path) not in refusal.issue.message
            outcomes.add(refusal.issue.code)
        else:
            assert len(parsed.content.geometry) == len(parsed.content.record)
            outcomes.add("read")
    assert outcomes
