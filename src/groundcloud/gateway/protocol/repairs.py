"""Repairs of wrong or incomplete service models, as data (repairs.json); the code asks by name and knows no service."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from botocore.model import ServiceModel


@cache
def _all() -> dict[str, dict[str, Any]]:
    text = files("groundcloud.gateway.protocol").joinpath("repairs.json").read_text("utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text)
    return loaded


def repairs_of(service_name: str) -> dict[str, Any]:
    """The repairs of one service by botocore's name for it; empty for most."""
    return _all().get(service_name, {})


def as_is(service_name: str) -> frozenset[str]:
    """The shapes whose values stay as they are on the wire, in both directions: an item of DynamoDB is the user's own
    document, which the service checks, measures and stores in that very form."""
    return frozenset(repairs_of(service_name).get("as_is", ()))


def repaired(service: ServiceModel, protocol: str) -> ServiceModel:
    """The model with the names that a protocol has on the wire where the model has lost them; mostly the same model.

    SQS still speaks query, which its model does not describe since it moved to json.
    """
    repair = repairs_of(service.service_name).get("models", {}).get(protocol)
    if repair is None:
        return service
    description: dict[str, Any] = json.loads(json.dumps(vars(service)["_service_description"]))
    description["metadata"].update(repair["metadata"])
    shapes = description["shapes"]
    for name, item in repair["list_items"].items():
        shapes[name]["member"]["locationName"] = item
    for name, (key, value) in repair["map_entries"].items():
        shapes[name]["key"]["locationName"] = key
        shapes[name]["value"]["locationName"] = value
    for shape in shapes.values():
        for member in shape.get("members", {}).values():
            if member["shape"] in repair["members_of"]:
                member["locationName"] = repair["members_of"][member["shape"]]
    if repair["result_wrappers"]:
        for name, operation in description["operations"].items():
            if "output" in operation:
                operation["output"]["resultWrapper"] = f"{name}Result"
    return ServiceModel(description, service.service_name)
