"""Whether the server in this container is healthy: exit code 0 when ``/healthz`` answers 200.

    python deploy/healthcheck.py [http://127.0.0.1:8501]

The base path is that of the setting ``public_url`` in the environment, as for the server itself.
"""

from __future__ import annotations

import http.client
import os
import sys
from urllib.parse import urlsplit

SECONDS = 4.0


def status(address: str, base_path: str) -> int:
    """HTTP status of ``/healthz``; 0 where nobody answers. No proxy of the environment is asked."""
    parts = urlsplit(address)
    base = f"/{base_path.strip('/')}" if base_path.strip("/") else ""
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=SECONDS)
    try:
        connection.request("GET", f"{base}/healthz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


if __name__ == "__main__":
    answer = status(
        sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8501",
        urlsplit(os.environ.get("PINGCHANG_PUBLIC_URL", "")).path,
    )
    print(answer or "no answer")
    sys.exit(0 if answer == http.client.OK else 1)
