"""The accounts app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, sign-in, roles."""

    name = "accounts"
    verbose_name = _("People")

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added

        from accounts import notices, second_factor, staff_sessions

        notices.connect()
        staff_sessions.connect()
        authenticator_added.connect(second_factor.added, dispatch_uid="accounts.second_factor")
