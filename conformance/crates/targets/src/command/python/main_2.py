#!/usr/bin/env python3
"""The documents' main_2: makes sessions and asks for their users."""
import os
import sys

sys.path.insert(0, os.getcwd())
from api.v1.auth.session_auth import SessionAuth  # noqa: E402

auth = SessionAuth()


def create(user_id):
    """Make a session of a user, print all sessions, return its ID."""
    session_id = auth.create_session(user_id)
    print("{} => {}: {}".format(user_id, session_id,
                                auth.user_id_by_session_id))
    return session_id


def look_up(session_id):
    """Print the user of a session."""
    user_id = auth.user_id_for_session_id(session_id)
    print("{} => {}".format(session_id, user_id))


first = create("abcde")
second = create("fghij")
print("---")
look_up(None)
look_up(89)
look_up("doesntexist")
print("---")
look_up(first)
look_up(second)
print("---")
look_up(create("abcde"))
look_up(first)
