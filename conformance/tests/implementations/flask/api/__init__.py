#!/usr/bin/env python3
""" Package of every version of the API
"""
