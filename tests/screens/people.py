"""Who there is besides the demo's people. To add somebody: a line in `add_people`."""

from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives.asymmetric import ec
from django.apps import apps
from django.contrib.auth.models import Group
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from .viewers import PASSWORD, SECRET


def add_people() -> None:
    """A superuser, staff without a role, somebody with a second factor, a closed account."""
    users: Any = apps.get_model("accounts", "User").objects
    users.create_superuser("root", "root@example.com", PASSWORD, first_name="Root")
    users.create_user("nobody", "nobody@example.com", PASSWORD, is_staff=True)
    users.create_user("gone", "gone@example.com", PASSWORD, is_active=False)
    careful = users.create_user("careful", "careful@example.com", PASSWORD, is_staff=True)
    careful.groups.add(Group.objects.get(name="Admin"))
    TOTP.activate(careful, SECRET)
    WebAuthn.add(careful, "Phone", _passkey())
    RecoveryCodes.activate(careful)
    emails: Any = apps.get_model("account", "EmailAddress").objects
    for person, verified in ((careful, True), (users.get(email="jia.han@example.com"), False)):
        state = {"verified": verified, "primary": True}
        emails.update_or_create(user=person, email=person.email, defaults=state)


def _passkey() -> dict[str, Any]:
    """What a browser sends when a passkey is set up; nobody has its private key."""
    cose: Any = ES256  # without types
    key = cose.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    credential = AttestedCredentialData.create(bytes(16), b"screens-passkey-", key)
    flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV | AuthenticatorData.FLAG.AT
    about = AuthenticatorData.create(bytes(32), flags, 0, credential)
    client = CollectedClientData.create("webauthn.create", b"challenge", "http://testserver")
    return {
        "id": websafe_encode(credential.credential_id),
        "rawId": websafe_encode(credential.credential_id),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", about, {})),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }
