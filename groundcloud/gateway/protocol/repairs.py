"""Repairs of wrong or incomplete service models, as data (repairs.json); the code asks by name and knows no service."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def _all() -> dict[str, dict[str, Any]]:
    text = files("groundcloud.gateway.protocol").joinpath("repairs.json").read_text("utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text)
    return loaded


def repairs_of(service_name: str) -> dict[str, Any]:
    """The repairs of one service by botocore's name for it; empty for most."""
    return _all().get(service_name, {})
