"""Choices of a merchant (policies) as an input and as an output type, made of one table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphene

Choices = Mapping[str, tuple[Any, str]]
"""By the policy's own name: the type, and what it means."""


def input_type(name: str, words: str, choices: Choices) -> Any:
    """All may be left out: what is not named stays as it is."""
    fields = {key: graphene.InputField(of, description=text) for key, (of, text) in choices.items()}
    return type(name, (graphene.InputObjectType,), {"__doc__": words, **fields})


def output_type(name: str, words: str, choices: Choices) -> Any:
    """As they are now."""
    fields = {key: graphene.Field(of, description=text) for key, (of, text) in choices.items()}
    return type(name, (graphene.ObjectType,), {"__doc__": words, **fields})


def chosen(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was named, with its value; null stands for the empty value."""
    return {key: _plain(value) for key, value in given.items()}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
