"""When a sign-in waits for the code that was mailed: allauth's stage, with our exceptions.

Outside the demo allauth asks whoever has no confirmed address (`ACCOUNT_EMAIL_VERIFICATION`). It
does so here for a sign-up, and after somebody else has changed the address. Whoever was here before
that was asked of anybody is let in and marked instead (`User.has_confirmed_email`). To let somebody
else in without a code: `waits_for_code`.
"""

from typing import Any

from allauth.account.stages import EmailVerificationStage

from accounts.models import User


def waits_for_code(person: User) -> bool:
    """Whether a sign-in of this person, if unconfirmed, has to wait."""
    if not person.email:
        # From a vendor that gives no address: there is nothing to confirm.
        return False
    if person.email_changed_at is not None:
        return True
    return not person.is_staff and person.last_login is None


class ConfirmedAddressStage(EmailVerificationStage):  # type: ignore[misc]
    """Asks for the code where it has to be."""

    def handle(self) -> Any:
        # Nobody: a sign-up for an address that has an account, which must look like any other.
        person = self.login.user
        optional = person is not None and not waits_for_code(person)
        return (None, True) if optional else super().handle()
