"""Makes time.sleep work under libfaketime.

Python 3.11 sleeps until an absolute time of the monotonic clock, which
libfaketime refuses where it leaves that clock alone. Waiting in select is not
touched by it. Python imports a module of this name at start, if its folder is
on PYTHONPATH.
"""
import importlib.machinery
import importlib.util
import os
import select
import sys
import time


def sleep(seconds):
    """Wait as long as time.sleep would."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


def run_shadowed():
    """Run the sitecustomize that would have been found without this one."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = [entry for entry in sys.path if os.path.abspath(entry) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


time.sleep = sleep
run_shadowed()
