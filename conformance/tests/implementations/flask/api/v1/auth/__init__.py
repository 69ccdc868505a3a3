#!/usr/bin/env python3
""" Package of the authentication mechanisms, one class in each module
"""
