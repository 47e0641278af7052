"""What the server in front of the app would say about itself."""

from __future__ import annotations

from starlette.types import Receive


def nameless(receive: Receive) -> None:
    """Take ``Server: uvicorn`` out of every answer.

    uvicorn adds it after the app has spoken, and ``streamlit run`` cannot be told to leave it out. At start its
    lifespan hands over a method of its own, whose object knows the configuration. Any other server is left alone.
    """
    config = getattr(getattr(receive, "__self__", None), "config", None)
    headers = getattr(config, "encoded_headers", None)
    if isinstance(headers, list):
        headers[:] = [item for item in headers if item[0].lower() != b"server"]
