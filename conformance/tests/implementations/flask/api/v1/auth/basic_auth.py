#!/usr/bin/env python3
""" Basic authentication: each request carries the email and the password
"""
from base64 import b64decode
from typing import Optional, Tuple, TypeVar

from api.v1.auth.auth import Auth
from models.user import User


class BasicAuth(Auth):
    """ The Authorization header is "Basic " and then the Base64 of the
    email, a colon and the password, in UTF-8.
    """

    def extract_base64_authorization_header(
            self, authorization_header: str) -> Optional[str]:
        """ Returns what follows "Basic " in the header, or None
        """
        if not isinstance(authorization_header, str):
            return None
        if not authorization_header.startswith("Basic "):
            return None
        return authorization_header[len("Basic "):]

    def decode_base64_authorization_header(
            self, base64_authorization_header: str) -> Optional[str]:
        """ Returns the text that the Base64 stands for, or None where it
        is no Base64 or no UTF-8
        """
        if not isinstance(base64_authorization_header, str):
            return None
        try:
            decoded = b64decode(base64_authorization_header, validate=True)
            return decoded.decode("utf-8")
        except ValueError:
            return None

    def extract_user_credentials(
            self, decoded_base64_authorization_header: str
            ) -> Tuple[Optional[str], Optional[str]]:
        """ Returns email and password, divided at the first colon: the
        password may contain more of them
        """
        if not isinstance(decoded_base64_authorization_header, str):
            return None, None
        if ":" not in decoded_base64_authorization_header:
            return None, None
        email, password = decoded_base64_authorization_header.split(":", 1)
        return email, password

    def user_object_from_credentials(
            self, user_email: str,
            user_pwd: str) -> Optional[TypeVar("User")]:
        """ Returns the stored user with this email and this password, or
        None
        """
        if not isinstance(user_email, str) or not isinstance(user_pwd, str):
            return None
        for user in User.search({"email": user_email}):
            if user.is_valid_password(user_pwd):
                return user
        return None

    def current_user(self, request=None) -> Optional[TypeVar("User")]:
        """ Returns the user whom the Authorization header of a request
        identifies, or None
        """
        header = self.authorization_header(request)
        encoded = self.extract_base64_authorization_header(header)
        decoded = self.decode_base64_authorization_header(encoded)
        email, password = self.extract_user_credentials(decoded)
        return self.user_object_from_credentials(email, password)
