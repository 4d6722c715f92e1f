"""allauth's sentences that our Korean catalogue translates anew.

allauth ships a Korean catalogue; ours comes first. A sentence stands here so that `makemessages`
finds it and keeps our wording. To reword another: its English text here, the Korean in
`locale/ko/LC_MESSAGES/django.po`. Nothing imports this module.
"""

from django.utils.translation import gettext_noop

REWORDED = (
    gettext_noop("A new security key has been added."),
    gettext_noop("A new set of recovery codes has been generated."),
    gettext_noop("A security key has been removed."),
    gettext_noop("A user is already registered with this email address."),
    gettext_noop("Account Already Exists"),
    gettext_noop("Account Inactive"),
    gettext_noop("Already have an account? Then please %(link)ssign in%(end_link)s."),
    gettext_noop("Are you sure you want to sign out?"),
    gettext_noop("Authenticator App Activated"),
    gettext_noop("Authenticator App Deactivated"),
    gettext_noop("Authenticator app activated."),
    gettext_noop("Authenticator app deactivated."),
    gettext_noop("Backup key"),
    gettext_noop("Bad Token"),
    gettext_noop("Be patient, you are sending too many requests."),
    gettext_noop("Confirm Access"),
    gettext_noop("Confirm Email Address"),
    gettext_noop("Confirmation email sent to %(email)s."),
    gettext_noop("Do you really want to remove the selected email address?"),
    gettext_noop("Email Addresses"),
    gettext_noop("Enter your password:"),
    gettext_noop(
        "Forgotten your password? Enter your email address below, and we'll send you an"
        " email allowing you to reset it."
    ),
    gettext_noop("Hello from %(site_name)s!"),
    gettext_noop(
        "If you have not created an account yet, then please %(link)ssign up%(end_link)s first."
    ),
    gettext_noop("Incorrect code."),
    gettext_noop("Incorrect password."),
    gettext_noop("Invalid or expired key."),
    gettext_noop("Invalid token."),
    gettext_noop("Key nr. {number}"),
    gettext_noop("Make Primary"),
    gettext_noop("Master key"),
    gettext_noop("Note"),
    gettext_noop("Or use a third-party"),
    gettext_noop("Password Reset Email"),
    gettext_noop("Password Reset"),
    gettext_noop("Password successfully changed."),
    gettext_noop("Password successfully set."),
    gettext_noop("Please Confirm Your Email Address"),
    gettext_noop("Please contact us if you have any trouble resetting your password."),
    gettext_noop("Please reauthenticate to safeguard your account."),
    gettext_noop("Please type your current password."),
    gettext_noop("Primary email address set."),
    gettext_noop("Primary"),
    gettext_noop("Re-send Verification"),
    gettext_noop("Remember Me"),
    gettext_noop("Remove"),
    gettext_noop("Removed email address %(email)s."),
    gettext_noop("Reset My Password"),
    gettext_noop("Security Key Added"),
    gettext_noop("Security Key Removed"),
    gettext_noop("Security key added."),
    gettext_noop("Security key removed."),
    gettext_noop("Sign In Via %(provider)s"),
    gettext_noop("Signed out of all other sessions."),
    gettext_noop("Successfully signed in as %(name)s."),
    gettext_noop("Thank you for using %(site_name)s!\n%(site_domain)s"),
    gettext_noop("The following email addresses are associated with your account:"),
    gettext_noop(
        "The password reset link was invalid, possibly because it has already been "
        'used.  Please request a <a href="%(passwd_reset_url)s">new password reset</a>.'
    ),
    gettext_noop("The password reset token was invalid."),
    gettext_noop("The third-party account has been connected."),
    gettext_noop("The third-party account has been disconnected."),
    gettext_noop("The third-party account is already connected to a different account."),
    gettext_noop("This email address is already associated with this account."),
    gettext_noop("To confirm this is correct, go to %(activate_url)s"),
    gettext_noop("Too many failed login attempts. Try again later."),
    gettext_noop("Unverified"),
    gettext_noop("Use a security key"),
    gettext_noop("Use authenticator app or code"),
    gettext_noop("Verified"),
    gettext_noop("Warning:"),
    gettext_noop(
        "We have sent you an email. If you have not received it please check your spam "
        "folder. Otherwise contact us if you do not receive it in a few minutes."
    ),
    gettext_noop("You are about to connect a new third-party account from %(provider)s."),
    gettext_noop("You are about to sign in using a third-party account from %(provider)s."),
    gettext_noop("You are already logged in as %(user_display)s."),
    gettext_noop("You cannot remove your primary email address (%(email)s)."),
    gettext_noop("You cannot remove your primary email address."),
    gettext_noop(
        "You currently do not have any email address set up. You should really add an "
        "email address so you can receive notifications, reset your password, etc."
    ),
    gettext_noop("You have confirmed %(email)s."),
    gettext_noop("You have signed out."),
    gettext_noop(
        "You're receiving this email because user %(user_display)s has given your email"
        " address to register an account on %(site_domain)s."
    ),
    gettext_noop(
        "You're receiving this email because you or someone else has requested a "
        "password reset for your user account.\n"
        "It can be safely ignored if you did not request a password reset. Click the "
        "link below to reset your password."
    ),
    gettext_noop("Your account has no password set up."),
    gettext_noop("Your password is now changed."),
    gettext_noop("Your primary email address must be verified."),
)
