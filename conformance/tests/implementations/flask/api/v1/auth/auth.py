#!/usr/bin/env python3
""" What all authentication mechanisms share
"""
from os import getenv
from typing import Dict, List, Optional, TypeVar


class Auth():
    """ The gate in front of the API: which paths need credentials, where
    they are found in a request, and whom they identify. This base class
    identifies nobody.
    """

    def require_auth(self, path: Optional[str],
                     excluded_paths: Optional[List[str]]) -> bool:
        """ Tells whether a path needs credentials: every path does but the
        excluded ones, with or without a slash at the end. An excluded path
        that ends in "*" excludes all paths that begin like it.
        """
        if path is None or not excluded_paths:
            return True
        path = self.with_slash(path)
        for excluded in excluded_paths:
            if excluded.endswith("*"):
                if path.startswith(excluded[:-1]):
                    return False
            elif path == self.with_slash(excluded):
                return False
        return True

    def with_slash(self, path: str) -> str:
        """ Returns a path with a slash at the end, as it is where it has
        one: two are not the same as one
        """
        return path if path.endswith("/") else path + "/"

    def authorization_header(self, request=None) -> Optional[str]:
        """ Returns the Authorization header of a request, or None
        """
        if request is None:
            return None
        return request.headers.get("Authorization")

    def session_name(self) -> str:
        """ Returns the name of the cookie that carries the Session ID
        """
        return getenv("SESSION_NAME", "_my_session_id")

    def cookies(self, request) -> Dict[str, str]:
        """ Returns the cookies of a request by name, the first of each
        name, exactly as they were sent. Flask's own request.cookies loses
        values with spaces (Werkzeug 3.1.9), which the documents show.
        """
        cookies = {}
        for pair in request.headers.get("Cookie", "").split(";"):
            name, equals, value = pair.partition("=")
            if equals:
                cookies.setdefault(name.strip(), value.strip())
        return cookies

    def session_cookie(self, request=None) -> Optional[str]:
        """ Returns the Session ID that the cookie of a request carries, or
        None
        """
        if request is None:
            return None
        return self.cookies(request).get(self.session_name())

    def current_user(self, request=None) -> Optional[TypeVar("User")]:
        """ Returns the user whom the credentials of a request identify, or
        None
        """
        return None
