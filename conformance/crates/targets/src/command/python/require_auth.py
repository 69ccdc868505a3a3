#!/usr/bin/env python3
"""Asks an implementation's gate which paths need credentials.

require_auth.py EXCLUDED PATH... prints "PATH => True" or "PATH => False".
"""
import os
import sys

sys.path.insert(0, os.getcwd())
from api.v1.auth.auth import Auth  # noqa: E402

if len(sys.argv) < 3:
    sys.exit("usage: require_auth.py EXCLUDED PATH...")
auth = Auth()
for path in sys.argv[2:]:
    print("{} => {}".format(path, auth.require_auth(path, [sys.argv[1]])))
