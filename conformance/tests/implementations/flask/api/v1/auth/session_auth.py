#!/usr/bin/env python3
""" Session authentication: a login gives a Session ID, which a cookie
carries from then on
"""
from threading import RLock
from typing import Optional, TypeVar
from uuid import uuid4

from api.v1.auth.auth import Auth
from models.user import User


class SessionAuth(Auth):
    """ Sessions in memory, which never expire. The dictionary and its lock
    belong to the class: all instances know the same sessions.
    """

    user_id_by_session_id = {}
    lock = RLock()

    def create_session(self, user_id: str = None) -> Optional[str]:
        """ Creates a session of a user and returns its ID, or None where
        there is no user ID
        """
        if not isinstance(user_id, str):
            return None
        session_id = str(uuid4())
        self.user_id_by_session_id[session_id] = user_id
        return session_id

    def user_id_for_session_id(self, session_id: str = None
                               ) -> Optional[str]:
        """ Returns the ID of the user of a session, or None
        """
        if not isinstance(session_id, str):
            return None
        return self.user_id_by_session_id.get(session_id)

    def current_user(self, request=None) -> Optional[TypeVar("User")]:
        """ Returns the user whom the session cookie of a request
        identifies, or None
        """
        session_id = self.session_cookie(request)
        return User.get(self.user_id_for_session_id(session_id))

    def destroy_session(self, request=None) -> bool:
        """ Ends the session of a request and tells whether it did. The
        lock sees to it that only one of several concurrent logouts does.
        """
        session_id = self.session_cookie(request)
        with self.lock:
            if self.user_id_for_session_id(session_id) is None:
                return False
            del self.user_id_by_session_id[session_id]
            return True
