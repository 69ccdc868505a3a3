#!/usr/bin/env python3
"""The documents' main_4: stores a user, makes a session, serves who it is.

main_4.py EMAIL PASSWORD. It listens on API_HOST and API_PORT; the name of the
cookie is SESSION_NAME.
"""
import os
import sys

from flask import Flask, request

sys.path.insert(0, os.getcwd())
from api.v1.auth.session_auth import SessionAuth  # noqa: E402
from models.user import User  # noqa: E402

app = Flask(__name__, static_folder=None)
auth = SessionAuth()


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
    """Store the user, print the session, serve."""
    if len(arguments) != 2:
        sys.exit("usage: main_4.py EMAIL PASSWORD")
    load_stored(User)
    user = User()
    user.email, user.password = arguments
    user.save()
    session_id = auth.create_session(user.id)
    # Whoever started us waits for this line: it must not stay in a buffer.
    print("User with ID: {} has a Session ID: {}".format(user.id, session_id),
          flush=True)
    app.run(host=os.environ["API_HOST"], port=int(os.environ["API_PORT"]),
            debug=False, use_reloader=False, load_dotenv=False)


@app.route("/", methods=["GET"], strict_slashes=False)
def root_path():
    """Answer with the user of the request's session."""
    user = auth.current_user(request)
    if user is None:
        return "No user found\n"
    return "User found: {}\n".format(user.id)


main(sys.argv[1:])
