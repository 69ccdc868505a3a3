#!/usr/bin/env python3
""" Package of the views, all of them under /api/v1
"""
from flask import Blueprint

app_views = Blueprint("app_views", __name__, url_prefix="/api/v1")

# The views register their routes with the blueprint above.
from api.v1.views import index  # noqa: E402, F401
from api.v1.views import users  # noqa: E402, F401
from api.v1.views import session_auth  # noqa: E402, F401
