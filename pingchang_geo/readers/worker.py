"""The process that parses what came from outside: ``python -m pingchang_geo.readers.worker JOB_FOLDER``.

Limits on memory, time and file size are set before anything that parses is imported. The job folder holds
``request.json``; the worker writes ``result.arrow`` and ``result.json`` beside it. Nothing is pickled either way.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

#: Room for temporary files beyond the unpacked archive.
_SLACK_MB = 1024
_FORBIDDEN = frozenset(
    ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.fork")
)


def limit(limits: dict[str, int]) -> None:
    """Cap memory, processor time, file size and core dumps of this process."""
    memory = limits["worker_memory_mb"] << 20
    written = (limits["max_unpacked_mb"] + _SLACK_MB) << 20
    seconds = limits["worker_seconds"]
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds + 1),
        (resource.RLIMIT_FSIZE, written),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (value if hard < 0 else min(value, hard), hard))


def forbid_outside() -> None:
    """Refuse sockets and further processes: nothing that is read here has any business with them."""

    def guard(event: str, _: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            raise PermissionError(event)

    sys.addaudithook(guard)


def main(folder: Path) -> int:
    """Do the job in ``folder``."""
    job = json.loads((folder / "request.json").read_text("utf-8"))
    limit(job["limits"])
    forbid_outside()
    from pingchang_geo.readers.handover import write  # noqa: PLC0415 - after the limits
    from pingchang_geo.readers.model import Limits, Refused, Request  # noqa: PLC0415
    from pingchang_geo.readers.parse import parse  # noqa: PLC0415

    request = Request(
        tuple(Path(path) for path in job["paths"]),
        Limits(**job["limits"]),
        job["encoding"],
        job["crs"],
        job["dataset"],
    )
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    try:
        write(parse(request, unpacked), folder)
    except Refused as error:
        (folder / "result.json").write_text(json.dumps({"refused": asdict(error.issue)}), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
