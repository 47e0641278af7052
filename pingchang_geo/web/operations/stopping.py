"""A stop is not held up by a reader who has fallen asleep."""

from __future__ import annotations

import signal
from typing import Final

import uvicorn

#: For answers that are on their way when the server is told to stop.
ANSWERS_S: Final = 15


def limit_stop(seconds: int = ANSWERS_S) -> bool:
    """Have the running uvicorn give open connections ``seconds`` to end, instead of waiting for them for ever.

    One request that was sent by half, or an answer that nobody reads on, would be enough to keep a server from
    stopping until it is killed. Streamlit starts uvicorn without this limit and has no option for it; the server is
    known by the signal handler that it has installed by the time its lifespan begins.

    Returns:
        Whether a uvicorn server was found.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not isinstance(server, uvicorn.Server):
        return False
    server.config.timeout_graceful_shutdown = seconds
    return True
