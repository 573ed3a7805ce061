"""Signing in by tokens (OAuth 2.0): who gives them, where they are kept, how a mail server is shown one.

A bot that uses passwords imports nothing of this room, nor the libraries below it.
"""
