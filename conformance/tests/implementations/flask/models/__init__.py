#!/usr/bin/env python3
""" Package of what the API stores: users and their sessions
"""
