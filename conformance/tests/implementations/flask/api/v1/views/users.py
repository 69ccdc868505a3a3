#!/usr/bin/env python3
""" Views of the users
"""
from typing import Optional

from flask import abort, jsonify, request

from api.v1.views import app_views
from models.base import LOCK
from models.user import User


def json_object() -> dict:
    """ Returns the JSON object that the body of the request is, or stops
    the request with 400 {"error": "Wrong format"}
    """
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        body = None
    if not isinstance(body, dict):
        abort(400)
    return body


def text(body: dict, name: str) -> Optional[str]:
    """ Returns the text under a name of a JSON object, None where there is
    none or null, or stops the request with 400 {"error": "Wrong format"}
    where it is no text: another type, or half of a surrogate pair
    """
    value = body.get(name)
    if value is None:
        return None
    try:
        value.encode("utf-8")
    except (AttributeError, UnicodeEncodeError):
        abort(400)
    return value


@app_views.route("/users", methods=["GET"], strict_slashes=False)
def view_all_users() -> str:
    """ GET /api/v1/users: answers with every stored user
    """
    return jsonify([user.to_json() for user in User.all()])


@app_views.route("/users/<user_id>", methods=["GET"], strict_slashes=False)
def view_one_user(user_id: str) -> str:
    """ GET /api/v1/users/<user_id>: answers with the user of this ID; "me"
    is the one who makes the request
    """
    if user_id == "me":
        user = request.current_user
    else:
        user = User.get(user_id)
    if user is None:
        abort(404)
    return jsonify(user.to_json())


@app_views.route("/users/<user_id>", methods=["DELETE"],
                 strict_slashes=False)
def delete_user(user_id: str) -> str:
    """ DELETE /api/v1/users/<user_id>: removes the user of this ID
    """
    with LOCK:
        user = User.get(user_id)
        if user is None:
            abort(404)
        user.remove()
    return jsonify({})


@app_views.route("/users", methods=["POST"], strict_slashes=False)
def create_user() -> tuple:
    """ POST /api/v1/users: stores a new user, by a JSON object with email,
    password and, if wanted, first_name and last_name
    """
    body = json_object()
    email = text(body, "email")
    if not email:
        return jsonify({"error": "email missing"}), 400
    password = text(body, "password")
    if not password:
        return jsonify({"error": "password missing"}), 400
    user = User(email=email, first_name=text(body, "first_name"),
                last_name=text(body, "last_name"))
    user.password = password
    with LOCK:
        if User.search({"email": email}):
            message = "Can't create User: email already in use"
            return jsonify({"error": message}), 400
        user.save()
    return jsonify(user.to_json()), 201


@app_views.route("/users/<user_id>", methods=["PUT"], strict_slashes=False)
def update_user(user_id: str) -> str:
    """ PUT /api/v1/users/<user_id>: changes first_name and last_name, those
    that the JSON object has, and nothing else
    """
    if User.get(user_id) is None:
        abort(404)
    body = json_object()
    first_name = text(body, "first_name")
    last_name = text(body, "last_name")
    with LOCK:
        user = User.get(user_id)
        if user is None:
            abort(404)
        if first_name is not None:
            user.first_name = first_name
        if last_name is not None:
            user.last_name = last_name
        user.save()
    return jsonify(user.to_json())
