"""Exceptions for broken operations, one root, each with a message a user of the county can act on.

What is wrong with somebody's *data* is not an exception but a list of :class:`pingchang_geo.issues.Issue`.
"""


class PingchangError(Exception):
    """Root of every error this package raises on purpose.

    ``str(error)`` is a Chinese sentence fit for the screen: what was found and, in ``fix``, how to mend it.
    It never holds a server path or a traceback.
    """

    exit_code = 2

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".strip()


class SettingsError(PingchangError):
    """A setting is unknown or out of its range."""


class LedgerError(PingchangError):
    """The ledger of the report's figures is malformed, or an unknown figure was asked for."""


class UnknownLayerError(PingchangError):
    """A layer id that no specification declares."""


class FactorError(PingchangError):
    """The carbon parameter file is malformed, or an unknown set or stand type was asked for."""


class FilterError(PingchangError):
    """A filter names a field or a value that the layer does not have."""


class OverlayError(PingchangError):
    """Two layers that cannot be laid over one another."""


class ReadError(PingchangError):
    """A file could not be read as what it claims to be."""


class ExportError(PingchangError):
    """Content that a file format or its encoding cannot hold; nothing was written."""


class StoreError(PingchangError):
    """The versioned store could not do what was asked; nothing was changed."""


class ConflictError(StoreError):
    """Somebody else published in between: the compare-and-swap on the base version failed."""


class BackupError(PingchangError):
    """A backup could not be made, is damaged, or cannot be restored here; nothing was changed."""


class StartError(PingchangError):
    """The server cannot start here: port, disk or folder."""


class AssetMissingError(PingchangError):
    """A file that the set-up step provides is not there."""


class AccessError(PingchangError):
    """Something about accounts, sessions or links was refused; nothing was changed."""


class ForbiddenError(AccessError):
    """The person who acts lacks the right, or is not signed in (any more)."""


class SignInError(AccessError):
    """Wrong name or password: one wording for both, so that nobody learns which names exist."""


class LockedError(SignInError):
    """Too many failures, or too many sign-ins at once: this attempt was not even looked at."""


class LinkError(AccessError):
    """A one-time link that was used, has expired or never existed."""
