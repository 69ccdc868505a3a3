#!/usr/bin/env python3
""" Base of all models: objects with an ID, kept in one JSON file per class
"""
import json
import os
from datetime import datetime, timezone
from threading import RLock
from typing import Dict, List, Optional
from uuid import uuid4

PUBLIC_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
DATA: Dict[str, Dict[str, "Base"]] = {}
LOCK = RLock()


def utc_now() -> datetime:
    """ Returns the current time in UTC, so that the time zone of the
    server never matters
    """
    return datetime.now(timezone.utc)


def parse_time(text: str) -> datetime:
    """ Returns the time that a file holds as text: UTC, with a space or a
    "T" in the middle, with or without a fraction of a second
    """
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def private_file(path: str, flags: int) -> int:
    """ Opens a file that only its owner can read, for it holds password
    hashes and Session IDs
    """
    return os.open(path, flags, 0o600)


class Base():
    """ Base class of everything that is stored. Each class has a table of
    its objects by ID in DATA, and a file that always holds the same.
    """

    STORED_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"

    def __init__(self, *args: list, **kwargs: dict):
        """ Initializes a new object, or one that a file holds
        """
        now = utc_now()
        self.id = kwargs.get("id") or str(uuid4())
        for name in ("created_at", "updated_at"):
            text = kwargs.get(name)
            setattr(self, name, parse_time(text) if text else now)

    def __eq__(self, other: object) -> bool:
        """ Tells whether two objects are of one class and have one ID
        """
        return type(self) is type(other) and self.id == other.id

    def __hash__(self) -> int:
        """ Returns a hash by what __eq__ compares
        """
        return hash((type(self), self.id))

    def to_json(self, for_serialization: bool = False) -> dict:
        """ Returns the object as a dictionary: for an answer without the
        private attributes, for the file with them
        """
        time_format = PUBLIC_TIME_FORMAT
        if for_serialization:
            time_format = self.STORED_TIME_FORMAT
        result = {}
        for name, value in self.__dict__.items():
            if name.startswith("_") and not for_serialization:
                continue
            if isinstance(value, datetime):
                value = value.strftime(time_format)
            result[name] = value
        return result

    @classmethod
    def file_path(cls) -> str:
        """ Returns the path of the file of this class, in the working
        directory
        """
        return ".db_{}.json".format(cls.__name__)

    @classmethod
    def load_from_file(cls):
        """ Replaces the table of this class by what its file holds
        """
        with LOCK:
            stored = {}
            if os.path.exists(cls.file_path()):
                with open(cls.file_path(), encoding="utf-8") as file:
                    stored = json.load(file)
            DATA[cls.__name__] = {
                key: cls(**attributes) for key, attributes in stored.items()
            }

    @classmethod
    def save_to_file(cls):
        """ Writes the table of this class to its file. The new file takes
        the place of the old one only when it is complete: a crash in
        between loses nothing.
        """
        temporary_path = cls.file_path() + ".tmp"
        with LOCK:
            table = {
                key: item.to_json(True) for key, item in cls.table().items()
            }
            with open(temporary_path, "w", encoding="utf-8",
                      opener=private_file) as file:
                json.dump(table, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary_path, cls.file_path())

    @classmethod
    def table(cls) -> Dict[str, "Base"]:
        """ Returns the objects of this class by ID. The first use reads
        the file, so that a program that only saves one more object keeps
        the earlier ones.
        """
        with LOCK:
            if cls.__name__ not in DATA:
                cls.load_from_file()
            return DATA[cls.__name__]

    def save(self):
        """ Stores this object, new or changed
        """
        with LOCK:
            table = self.table()
            if self.id in table:
                self.updated_at = utc_now()
            table[self.id] = self
            self.save_to_file()

    def remove(self):
        """ Removes this object from what is stored
        """
        with LOCK:
            if self.table().pop(self.id, None) is not None:
                self.save_to_file()

    @classmethod
    def count(cls) -> int:
        """ Returns the number of stored objects of this class
        """
        return len(cls.table())

    @classmethod
    def all(cls) -> List["Base"]:
        """ Returns all stored objects of this class
        """
        return cls.search()

    @classmethod
    def get(cls, id: str) -> Optional["Base"]:
        """ Returns the stored object with this ID, or None
        """
        return cls.table().get(id)

    @classmethod
    def search(cls, attributes: Optional[dict] = None) -> List["Base"]:
        """ Returns the stored objects whose attributes have all these
        values
        """
        with LOCK:
            items = list(cls.table().values())
        return [item for item in items
                if all(getattr(item, name, None) == value
                       for name, value in (attributes or {}).items())]
