"""Sign-in through an OpenID Connect provider: authorization code with PKCE, ``identity = "oidc"``."""

from pingchang_geo.web.access.oidc.routes import Federation

__all__ = ["Federation"]
