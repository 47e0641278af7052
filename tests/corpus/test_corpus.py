"""Files as analysts and attackers make them, each with the decision it has to get.

``pytest tests/corpus -k dialect_c`` runs one family; ``python -m tests.corpus.write FOLDER`` writes all files to look
at. Hostile files go through the real worker process as well.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from pingchang_geo.workflow.inspect import Inspection
from tests.corpus import catalogue, harness
from tests.corpus.case import Case

CASES = catalogue.cases()
#: Through the worker as well: one of each family, for a process takes half a second to start.
HOSTILE = list({case.name.partition("[")[0]: case for case in CASES if case.hostile}.values())

Asked = dict[str, tuple[Path, Future[Inspection]]]


def test_there_are_enough_of_each_kind() -> None:
    decisions = [case.decision for case in CASES]
    assert len(CASES) >= 90
    assert len(HOSTILE) >= 25
    assert all(decisions.count(decision) >= 8 for decision in ("accept", "repair", "confirm", "reject"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_decision(case: Case, tmp_path: Path) -> None:
    with harness.in_this_process():
        harness.check(case, harness.inspected(case, tmp_path), tmp_path)


@pytest.fixture(scope="module")
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """All hostile files that this run is about are handed in at once, two at a time are read."""
    through_worker = [item for item in request.session.items if item.name.startswith("test_the_worker")]
    with ThreadPoolExecutor(2) as pool:
        answers: Asked = {}
        for item in through_worker:
            case = item.callspec.params["case"]  # type: ignore[attr-defined]
            folder = tmp_path_factory.mktemp("hostile")
            answers[case.name] = folder, pool.submit(harness.inspected, case, folder)
        yield answers
        pool.shutdown(cancel_futures=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.name)
def test_the_worker_stands_it(case: Case, asked: Asked) -> None:
    folder, answer = asked[case.name]
    harness.check(case, answer.result(), folder)
