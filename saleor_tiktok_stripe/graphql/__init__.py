"""This plugin's GraphQL API: parse, ask a service, shape its answer; nothing else.

``core`` holds what every field is made of (rules, pages, errors, limits), ``queries`` and
``mutations`` the fields by room, ``types`` what they answer with, ``schema`` all of it together,
``view`` the address below a channel. Nothing here is imported before the first request.
"""
