#!/usr/bin/env python3
""" The form of the JSON answers
"""
from flask.json.provider import DefaultJSONProvider


class PrettyJSON(DefaultJSONProvider):
    """ JSON as the documents show it: keys in order, an indent of two
    spaces, and a space after the comma even at the end of a line, as
    Flask wrote it in the documents' days
    """

    compact = False

    def dumps(self, obj: object, **kwargs: dict) -> str:
        """ Returns an object as JSON text
        """
        kwargs.setdefault("separators", (", ", ": "))
        return super().dumps(obj, **kwargs)
