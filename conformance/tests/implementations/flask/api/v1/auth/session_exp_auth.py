#!/usr/bin/env python3
""" Session authentication with an expiration
"""
from datetime import datetime
from os import getenv
from typing import Optional

from api.v1.auth.session_auth import SessionAuth
from models.base import utc_now


class SessionExpAuth(SessionAuth):
    """ Sessions in memory, each of which expires SESSION_DURATION seconds
    after its own login
    """

    def __init__(self):
        """ Reads SESSION_DURATION: without a number above 0 sessions never
        expire
        """
        super().__init__()
        try:
            self.session_duration = int(getenv("SESSION_DURATION", "0"))
        except ValueError:
            self.session_duration = 0

    def has_expired(self, created_at: datetime) -> bool:
        """ Tells whether a session of this time of login is over. The ages
        are compared, and not the times, because a time that a very long
        duration is added to is out of the range of datetime.
        """
        if self.session_duration <= 0:
            return False
        age = utc_now() - created_at
        return age.total_seconds() > self.session_duration

    def create_session(self, user_id: str = None) -> Optional[str]:
        """ Creates a session that knows when it began and returns its ID,
        or None where there is no user ID
        """
        session_id = super().create_session(user_id)
        if session_id is None:
            return None
        self.user_id_by_session_id[session_id] = {
            "user_id": user_id,
            "created_at": utc_now(),
        }
        return session_id

    def user_id_for_session_id(self, session_id: str = None
                               ) -> Optional[str]:
        """ Returns the ID of the user of a session that is not over, or
        None
        """
        session = super().user_id_for_session_id(session_id)
        if session is None:
            return None
        if self.session_duration <= 0:
            return session.get("user_id")
        if "created_at" not in session:
            return None
        if self.has_expired(session["created_at"]):
            return None
        return session.get("user_id")
