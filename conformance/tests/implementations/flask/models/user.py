#!/usr/bin/env python3
""" The model of a user, who is known by an email and a password
"""
import hashlib
import hmac
from typing import Optional

from models.base import Base


class User(Base):
    """ A user. The password itself is never kept, only its hash.
    """

    def __init__(self, *args: list, **kwargs: dict):
        """ Initializes a new user, or one that the file holds
        """
        super().__init__(*args, **kwargs)
        self.email = kwargs.get("email")
        self._password = kwargs.get("_password")
        self.first_name = kwargs.get("first_name")
        self.last_name = kwargs.get("last_name")

    @property
    def password(self) -> Optional[str]:
        """ Returns the SHA-256 hash of the password, or None
        """
        return self._password

    @password.setter
    def password(self, pwd: Optional[str]):
        """ Sets a new password by keeping its hash
        """
        self._password = None
        if isinstance(pwd, str):
            self._password = hashlib.sha256(pwd.encode("utf-8")).hexdigest()

    def is_valid_password(self, pwd: str) -> bool:
        """ Tells whether this is the user's password, in a time that does
        not depend on how much of it is right
        """
        if not isinstance(pwd, str) or self.password is None:
            return False
        digest = hashlib.sha256(pwd.encode("utf-8")).hexdigest()
        return hmac.compare_digest(digest, self.password)

    def display_name(self) -> str:
        """ Returns the name to call the user by: the names that are set,
        or else the email
        """
        names = [name for name in (self.first_name, self.last_name) if name]
        return " ".join(names) or self.email or ""
