#!/usr/bin/env python3
"""The documents' main_3: a server that answers with the session cookie.

It listens on API_HOST and API_PORT; the name of the cookie is SESSION_NAME.
"""
import os
import sys

from flask import Flask, request

sys.path.insert(0, os.getcwd())
from api.v1.auth.auth import Auth  # noqa: E402

auth = Auth()
app = Flask(__name__, static_folder=None)


@app.route("/", methods=["GET"], strict_slashes=False)
def root_path():
    """Answer with what the implementation finds in the request."""
    return "Cookie value: {}\n".format(auth.session_cookie(request))


app.run(host=os.environ["API_HOST"], port=int(os.environ["API_PORT"]),
        debug=False, use_reloader=False, load_dotenv=False)
