"""The connection to the identity provider: certificates checked, answers bounded, no redirects followed."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx2

#: A key set with certificates takes some ten thousand bytes.
_LARGEST: Final = 512 * 1024
#: Connecting, and every single read or write.
_STEP_S: Final = 5.0


class TooLongError(httpx2.TransportError):
    """An answer that does not end."""


class Bounded(httpx2.AsyncBaseTransport):
    """A transport whose answers have a limit; nothing of them is decompressed."""

    def __init__(self, inner: httpx2.AsyncBaseTransport, largest: int = _LARGEST) -> None:
        self._inner, self._largest = inner, largest

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and count what comes back."""
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            await response.aclose()
            raise TooLongError("encoded answer", request=request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Counted(response.stream, self._largest)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _Counted(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream, largest: int) -> None:
        self._inner, self._left = inner, largest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._inner:
            self._left -= len(chunk)
            if self._left < 0:
                raise TooLongError("answer too long")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


def trust(ca: Path | None) -> ssl.SSLContext:
    """The system's certificate authorities, and one more where the settings name it. Takes some milliseconds."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(ca)
    return context


def transport(context: ssl.SSLContext) -> httpx2.AsyncBaseTransport:
    """A transport for one exchange. Proxies of the environment are not used: the provider is in the same network."""
    return Bounded(httpx2.AsyncHTTPTransport(verify=context, trust_env=False))


def timeout() -> httpx2.Timeout:
    """Limits of single steps; the whole of a request is limited by its caller."""
    return httpx2.Timeout(_STEP_S)
