"""The mail server of a trial: takes every mail and prints it. For `python -m aiosmtpd --class`."""

import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session


class Printed:
    """aiosmtpd's handler."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The protocol's word for "a mail is here"; answers that it was taken."""
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
        sys.stdout.write(f"To {', '.join(envelope.rcpt_tos)}: {message['Subject']}\n{text}\n")
        sys.stdout.flush()
        return "250 OK"
