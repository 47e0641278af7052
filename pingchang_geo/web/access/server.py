"""What the server in front of the app would say and do by itself."""

from __future__ import annotations

from typing import Final

import uvicorn
from starlette.types import Receive
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

#: Largest message of a page, in bytes: all its inputs together. The largest is a pasted boundary of 400,000 letters,
#: 1.2 MB in Chinese, beside it a boundary drawn on the map.
MOST_MESSAGE: Final = 4 * 2**20


def tamed(receive: Receive) -> bool:
    """Have uvicorn say nothing about itself, take no huge messages, and leave the peer's address as it is.

    ``streamlit run`` cannot be told any of this. uvicorn adds ``Server: uvicorn`` after the app has spoken; it takes
    messages as large as Streamlit sends; and it puts what forwarding headers from this machine say in the place of
    the peer, so that nobody could tell any more who has said it. At start its lifespan hands over a method of its
    own, whose object knows the configuration; connections read it later. Any other server is left alone.

    Returns:
        Whether the peer's address can be relied upon.
    """
    config = getattr(getattr(receive, "__self__", None), "config", None)
    if not isinstance(config, uvicorn.Config):
        return True
    config.encoded_headers[:] = [item for item in config.encoded_headers if item[0].lower() != b"server"]
    config.ws_max_size = min(config.ws_max_size, MOST_MESSAGE)
    if config.proxy_headers:
        outermost = config.loaded_app
        if not isinstance(outermost, ProxyHeadersMiddleware):
            return False
        config.loaded_app, config.proxy_headers = outermost.app, False
    return True
