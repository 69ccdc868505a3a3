#!/usr/bin/env python3
"""The documents' main_0: stores users and prints their credentials.

main_0.py EMAIL PASSWORD [EMAIL PASSWORD ...], run in the folder of an
implementation. Each user is two lines: "New user: ID" and "Basic Base64: ...".
"""
import base64
import os
import sys

sys.path.insert(0, os.getcwd())
from models.user import User  # noqa: E402


def load_stored(model):
    """Read what the model's file holds, so that saving keeps it.

    The model that the course hands out writes only what is in memory. A file
    that cannot be read must not stop us: the documents' program never reads
    it.
    """
    load = getattr(model, "load_from_file", None)
    if load is None:
        return
    try:
        load()
    except Exception as error:
        print("the stored users were not read: {!r}".format(error),
              file=sys.stderr)


def main(arguments):
    """Store a user for every two arguments."""
    if not arguments or len(arguments) % 2:
        sys.exit("usage: main_0.py EMAIL PASSWORD [EMAIL PASSWORD ...]")
    load_stored(User)
    for email, password in zip(arguments[::2], arguments[1::2]):
        user = User()
        user.email = email
        user.password = password
        print("New user: {}".format(user.id))
        user.save()
        credentials = "{}:{}".format(email, password).encode("utf-8")
        encoded = base64.b64encode(credentials).decode("utf-8")
        print("Basic Base64: {}".format(encoded), flush=True)


main(sys.argv[1:])
