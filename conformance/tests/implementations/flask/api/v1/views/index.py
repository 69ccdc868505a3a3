#!/usr/bin/env python3
""" Views of the API itself: how it is, what it holds, how it refuses
"""
from flask import abort, jsonify

from api.v1.views import app_views
from models.user import User


@app_views.route("/status", methods=["GET"], strict_slashes=False)
def status() -> str:
    """ GET /api/v1/status: answers that the API is up
    """
    return jsonify({"status": "OK"})


@app_views.route("/stats", methods=["GET"], strict_slashes=False)
def stats() -> str:
    """ GET /api/v1/stats: answers with the number of stored objects
    """
    return jsonify({"users": User.count()})


@app_views.route("/unauthorized", methods=["GET"], strict_slashes=False)
def unauthorized() -> None:
    """ GET /api/v1/unauthorized: always answers 401
    """
    abort(401)


@app_views.route("/forbidden", methods=["GET"], strict_slashes=False)
def forbidden() -> None:
    """ GET /api/v1/forbidden: always answers 403
    """
    abort(403)
