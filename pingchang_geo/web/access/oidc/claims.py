"""Identity tokens: signature and claims checked (OpenID Connect Core 3.1.3.7), name and role read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from pingchang_geo.access import Role
from pingchang_geo.access.names import clean_name
from pingchang_geo.web.access.oidc.errors import RefusedError, UnavailableError, UnknownKeyError
from pingchang_geo.web.access.outside import outside_role

Claims = Mapping[str, Any]

#: Signatures with a key that only the provider has. Neither "none" nor the HMACs: their key would be one that
#: everybody can read, or our client secret.
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519"),
)
#: Clocks of two servers differ by so much at most, in seconds.
LEEWAY_S: Final = 60
#: The token comes straight from the provider: an old one belongs to another sign-in.
_OLDEST_S: Final = 600
_SMALLEST_RSA_BITS: Final = 2048
_ASYMMETRIC: Final[Mapping[str, type[RSAKey | ECKey | OKPKey]]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}


def key_set(published: Any) -> KeySet:
    """Keys of a published set that can verify signatures; what else is in it is passed over.

    Raises:
        UnavailableError: it is no key set, or no key in it can be used.
    """
    listed = published.get("keys") if isinstance(published, dict) else None
    keys = [key for data in (listed if isinstance(listed, list) else []) if (key := _signing_key(data)) is not None]
    if not keys:
        raise UnavailableError("jwks")
    return KeySet(keys)


def _signing_key(data: Any) -> Key | None:
    if not isinstance(data, dict) or data.get("use", "sig") != "sig":
        return None
    kind = _ASYMMETRIC.get(str(data.get("kty")))
    if kind is None or (kind is RSAKey and len(str(data.get("n"))) * 6 < _SMALLEST_RSA_BITS):
        return None
    try:
        key = kind.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None if key.is_private else key


def verified(
    token: Any, keys: KeySet, *, issuer: str, client_id: str, nonce: str, access_token: str | None, now: int
) -> Claims:
    """Claims of an identity token that is signed by the provider, meant for us, for this sign-in, and fresh.

    Args:
        token: as the token endpoint sent it.
        keys: of the provider.
        issuer: exactly as the provider writes it.
        client_id: our own.
        nonce: of this sign-in.
        access_token: sent along; its hash is compared where the token holds one.
        now: seconds since 1970.

    Raises:
        UnknownKeyError: signed by a key that is not among them, or not by the one it names.
        RefusedError: any other check failed; which one is in ``check``.
    """
    if not isinstance(token, str) or not token:
        raise RefusedError("id_token")
    try:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        decoded = jwt.decode(token, keys, registry=registry)
    except (InvalidKeyIdError, BadSignatureError):
        raise UnknownKeyError from None
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise RefusedError("signature") from None
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        {"nonce": nonce, "client_id": client_id, "access_token": access_token},
    )
    try:
        claims.validate(now=now, leeway=LEEWAY_S)
    except JoseError as error:  # says which claim it is, never a value
        raise RefusedError(str(getattr(error, "claim", error.error))) from None
    except (ValueError, TypeError, AttributeError):
        raise RefusedError("claims") from None
    if claims["iat"] < now - _OLDEST_S - LEEWAY_S:
        raise RefusedError("iat")
    return dict(claims)


def claim(claims: Claims, name: str) -> Any:
    """A claim by its name, or by the path to it, as in ``realm_access.roles``; None if there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def person(claims: Claims, name_claim: str) -> str:
    """The user name that the claims give.

    Raises:
        RefusedError: there is none, or an e-mail address that the provider has not confirmed.
        AccessError: it cannot be a user name here.
    """
    name = claim(claims, name_claim)
    if not isinstance(name, str) or not name.strip():
        raise RefusedError("name", f"统一身份认证没有给出用户名（{name_claim}）。")
    if name_claim == "email" and claims.get("email_verified") is not True:
        raise RefusedError("email_verified", "统一身份认证尚未核实此邮箱，不能用作用户名。")
    return clean_name(name)


def role(claims: Claims, role_claim: str) -> Role | None:
    """The role that the claims give, viewer where they give none of ours.

    None where roles are kept here, or nothing is said: no such claim, nor the one its path begins with.
    """
    if not role_claim or not {role_claim, role_claim.partition(".")[0]} & claims.keys():
        return None
    said = claim(claims, role_claim)
    words = said.split() if isinstance(said, str) else said
    return outside_role(word for word in words if isinstance(word, str)) if isinstance(words, list) else Role.VIEWER
