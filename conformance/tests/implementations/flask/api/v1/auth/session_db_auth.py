#!/usr/bin/env python3
""" Session authentication with sessions that survive a restart
"""
from typing import Optional
from uuid import uuid4

from api.v1.auth.session_exp_auth import SessionExpAuth
from models.user_session import UserSession


class SessionDBAuth(SessionExpAuth):
    """ Sessions in the database, that is in a file, like the users. They
    expire as those in memory do, counted from the login.
    """

    def create_session(self, user_id: str = None) -> Optional[str]:
        """ Creates and stores a session and returns its ID, or None where
        there is no user ID
        """
        if not isinstance(user_id, str):
            return None
        session = UserSession(user_id=user_id, session_id=str(uuid4()))
        session.save()
        return session.session_id

    def stored_session(self, session_id: str = None
                       ) -> Optional[UserSession]:
        """ Returns the stored session with this ID that is not over, or
        None
        """
        if not isinstance(session_id, str):
            return None
        for session in UserSession.search({"session_id": session_id}):
            if not self.has_expired(session.created_at):
                return session
        return None

    def user_id_for_session_id(self, session_id: str = None
                               ) -> Optional[str]:
        """ Returns the ID of the user of a stored session that is not
        over, or None
        """
        session = self.stored_session(session_id)
        return None if session is None else session.user_id

    def destroy_session(self, request=None) -> bool:
        """ Removes the stored session of a request and tells whether it
        did
        """
        session_id = self.session_cookie(request)
        with self.lock:
            session = self.stored_session(session_id)
            if session is None:
                return False
            session.remove()
            return True
