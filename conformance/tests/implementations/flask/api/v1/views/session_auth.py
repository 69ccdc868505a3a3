#!/usr/bin/env python3
""" Views of the sessions: login and logout
"""
from flask import abort, jsonify, request

from api.v1.auth.session_auth import SessionAuth
from api.v1.views import app_views
from models.user import User


@app_views.route("/auth_session/login", methods=["POST"],
                 strict_slashes=False)
def login() -> tuple:
    """ POST /api/v1/auth_session/login: starts a session of the user with
    this email and password, which the form holds, and hands over its ID in
    a cookie
    """
    from api.v1.app import auth

    email = request.form.get("email")
    if not email:
        return jsonify({"error": "email missing"}), 400
    password = request.form.get("password")
    if not password:
        return jsonify({"error": "password missing"}), 400
    users = User.search({"email": email})
    if not users:
        return jsonify({"error": "no user found for this email"}), 404
    users = [user for user in users if user.is_valid_password(password)]
    if not users:
        return jsonify({"error": "wrong password"}), 401
    user = users[0]
    if not isinstance(auth, SessionAuth):
        abort(404)
    response = jsonify(user.to_json())
    response.set_cookie(auth.session_name(), auth.create_session(user.id))
    return response


@app_views.route("/auth_session/logout", methods=["DELETE"],
                 strict_slashes=False)
def logout() -> str:
    """ DELETE /api/v1/auth_session/logout: ends the session whose ID the
    cookie carries
    """
    from api.v1.app import auth

    if not isinstance(auth, SessionAuth):
        abort(404)
    if not auth.destroy_session(request):
        abort(404)
    return jsonify({})
