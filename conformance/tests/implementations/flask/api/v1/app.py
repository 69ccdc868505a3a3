#!/usr/bin/env python3
""" The application: the gate, the views behind it, the errors

It is run by `python3 -m api.v1.app` and reads API_HOST, API_PORT, AUTH_TYPE,
SESSION_NAME and SESSION_DURATION from the environment.
"""
import sys
from os import getenv

from flask import Flask, abort, jsonify, request
from flask_cors import CORS

from api.v1.pretty_json import PrettyJSON
from api.v1.views import app_views
from models.user import User

# Run by -m this module is "__main__", and the views' `from api.v1.app import
# auth` would load it a second time, with an `auth` of its own.
if __name__ == "__main__":
    sys.modules["api.v1.app"] = sys.modules[__name__]

EXCLUDED_PATHS = [
    "/api/v1/status/",
    "/api/v1/unauthorized/",
    "/api/v1/forbidden/",
    "/api/v1/auth_session/login/",
]
MAX_BODY_BYTES = 64 * 1024


def create_auth():
    """ Returns the authentication that AUTH_TYPE selects, or None where it
    is unset. A mode that does not exist ends the program: to run without a
    gate by mistake would be worse.
    """
    auth_type = getenv("AUTH_TYPE")
    if auth_type is None:
        return None
    if auth_type == "auth":
        from api.v1.auth.auth import Auth
        return Auth()
    if auth_type == "basic_auth":
        from api.v1.auth.basic_auth import BasicAuth
        return BasicAuth()
    if auth_type == "session_auth":
        from api.v1.auth.session_auth import SessionAuth
        return SessionAuth()
    if auth_type == "session_exp_auth":
        from api.v1.auth.session_exp_auth import SessionExpAuth
        return SessionExpAuth()
    if auth_type == "session_db_auth":
        from api.v1.auth.session_db_auth import SessionDBAuth
        from models.user_session import UserSession
        UserSession.load_from_file()
        return SessionDBAuth()
    sys.exit("AUTH_TYPE: no such authentication: {!r}".format(auth_type))


User.load_from_file()
auth = create_auth()

app = Flask(__name__, static_folder=None)
app.json = PrettyJSON(app)
app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
# Two slashes are not one: an unknown path, and no redirection to a known one.
app.url_map.merge_slashes = False
app.register_blueprint(app_views)
CORS(app, resources={r"/api/v1/*": {"origins": "*"}}, send_wildcard=True)


@app.before_request
def authenticate():
    """ Stops a request to a protected path that has no credentials (401)
    or whose credentials identify nobody (403), and keeps for the views who
    makes the request
    """
    request.current_user = None
    if auth is None or not auth.require_auth(request.path, EXCLUDED_PATHS):
        return
    if auth.authorization_header(request) is None \
            and auth.session_cookie(request) is None:
        abort(401)
    request.current_user = auth.current_user(request)
    if request.current_user is None:
        abort(403)


@app.before_request
def read_body():
    """ Reads the body before the views do: one that breaks off or is badly
    chunked is the client's error, not the server's
    """
    try:
        request.get_data()
    except OSError:
        abort(400)


@app.errorhandler(400)
def wrong_format(error) -> tuple:
    """ Answers a request that cannot be read
    """
    return jsonify({"error": "Wrong format"}), 400


@app.errorhandler(401)
def unauthorized(error) -> tuple:
    """ Answers a request without credentials
    """
    return jsonify({"error": "Unauthorized"}), 401


@app.errorhandler(403)
def forbidden(error) -> tuple:
    """ Answers a request whose credentials identify nobody
    """
    return jsonify({"error": "Forbidden"}), 403


@app.errorhandler(404)
def not_found(error) -> tuple:
    """ Answers a request for what does not exist
    """
    return jsonify({"error": "Not found"}), 404


if __name__ == "__main__":
    app.run(host=getenv("API_HOST", "0.0.0.0"),
            port=int(getenv("API_PORT", "5000")),
            debug=False, threaded=True)
