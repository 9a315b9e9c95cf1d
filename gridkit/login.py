"""The login of `gridkit serve`, in Chinese first: for who comes without the token.

Voilà shows Jupyter's own login page, in English and with addresses of the internet in it.
Here `login.html` of our template stands in its place. The provider that Voilà takes fails at
the right token typed into it (its `user_for_token` does not exist), so that is read here, too.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from voila.voila_identity_provider import VoilaIdentityProvider, VoilaLoginHandler

if TYPE_CHECKING:
    from jupyter_server.auth.identity import User
    from tornado.web import RequestHandler


class LoginHandler(VoilaLoginHandler):  # type: ignore[misc]  # (untyped)
    """Draw the login page, and what was refused, from our template."""

    def get_template(self, name: str) -> Any:
        """Find a template among those of the pages, not among Jupyter's."""
        return self.settings["voila_jinja2_env"].get_template(name)


class LoginProvider(VoilaIdentityProvider):  # type: ignore[misc]  # (untyped)
    """Ask for the token as Voilà does, on a page of our own."""

    def get_handlers(self) -> list[tuple[str, object]]:
        """Give the handlers of login and logout."""
        return [
            (path, LoginHandler if handler is self.login_handler_class else handler)
            for path, handler in super().get_handlers()
        ]

    def process_login_form(self, handler: RequestHandler) -> User | None:
        """Let in whoever typed the token; None for everybody else.

        Parameters
        ----------
        handler : RequestHandler
            The request with what was typed as `password`.

        Returns
        -------
        User or None
        """
        typed = handler.get_argument("password", default="").strip()
        if self.token and secrets.compare_digest(typed.encode(), self.token.encode()):
            user: User = self.generate_anonymous_user(handler)
            return user
        return None
