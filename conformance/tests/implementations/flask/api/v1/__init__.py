#!/usr/bin/env python3
""" Package of version 1 of the API, served under /api/v1/
"""
