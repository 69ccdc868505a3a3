#!/usr/bin/env python3
"""The documents' main_1: makes sessions and prints the dictionary of them."""
import os
import sys

sys.path.insert(0, os.getcwd())
from api.v1.auth.session_auth import SessionAuth  # noqa: E402

auth = SessionAuth()
sessions = auth.user_id_by_session_id
print("{}: {}".format(type(sessions), sessions))
for user_id in (None, 89, "abcde", "fghij", "abcde"):
    session_id = auth.create_session(user_id)
    print("{} => {}: {}".format(user_id, session_id,
                                auth.user_id_by_session_id))
