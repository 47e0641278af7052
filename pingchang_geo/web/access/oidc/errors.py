"""What can go wrong between us and the identity provider."""

from __future__ import annotations

from pingchang_geo.errors import AccessError


class FederationError(AccessError):
    """A sign-in at the provider that came to nothing.

    ``check`` names in English which check failed, for the log; the message is for the reader and gives nothing away
    that an attacker could use.
    """

    status = 400

    def __init__(self, check: str, message: str, *, fix: str = "请重新登录。") -> None:
        super().__init__(message, fix=fix)
        self.check = check


class UnavailableError(FederationError):
    """The provider cannot be reached, is too slow, or answers what nobody can use."""

    status = 503

    def __init__(self, check: str, message: str = "统一身份认证暂时无法使用。") -> None:
        super().__init__(check, message, fix="请稍候重试；如仍不行，请联系管理员。")


class RefusedError(FederationError):
    """The provider's answer is not what it has to be."""

    status = 403

    def __init__(self, check: str, message: str = "统一身份认证的答复未通过校验。") -> None:
        super().__init__(check, message, fix="请重新登录；如仍不行，请联系管理员。")


class UnknownKeyError(RefusedError):
    """A signature that none of the known keys made: the provider may have new ones."""

    def __init__(self) -> None:
        super().__init__("key")
