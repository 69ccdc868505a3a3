#!/usr/bin/env python3
""" The model of a session that is stored, to outlive the server's process
"""
from models.base import Base


class UserSession(Base):
    """ A login of a user: the Session ID that the cookie carries, and
    since when (created_at, to the microsecond, for the expiration)
    """

    STORED_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%f"

    def __init__(self, *args: list, **kwargs: dict):
        """ Initializes a new session, or one that the file holds
        """
        super().__init__(*args, **kwargs)
        self.user_id = kwargs.get("user_id")
        self.session_id = kwargs.get("session_id")
