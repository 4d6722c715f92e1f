"""Sessions in the database, as Django's own engine keeps them; read with a query written once."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from payments.core.db.lookup import row_where


class SessionStore(db.SessionStore):
    """Every page asks for its session first, by its key."""

    def _get_session_from_db(self) -> Session | None:
        session = row_where(Session, session_key=self.session_key or "")
        if session is None or session.expire_date <= timezone.now():
            self._session_key = None
            return None
        return session
