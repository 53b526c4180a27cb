"""botocore's service models: AWS's own description of its API, loaded when a service is first used.

Not `botocore.session`: it takes a third of a second to start, and nothing of it is needed here.
"""

from functools import cache
from typing import Any

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

_loader = Loader()


@cache
def service_model(name: str) -> ServiceModel:
    """The newest model of a service by botocore's name for it (`iam`, `elbv2`). Raises `UnknownService`."""
    try:
        return ServiceModel(_loader.load_service_model(name, "service-2"), name)
    except UnknownServiceError as error:
        raise UnknownService(name) from error


@cache
def paginators(name: str) -> dict[str, Any]:
    """Where the tokens and limits of a service's list operations are, by operation name."""
    version = service_model(name).api_version
    try:  # not by `load_service_model`: it looks through the folders of all services first
        model: dict[str, Any] = _loader.load_data(f"{name}/{version}/paginators-1")
    except DataNotFoundError:
        return {}
    pagination: dict[str, Any] = model["pagination"]
    return pagination


@cache
def regions(partition: str = "aws") -> dict[str, str]:
    """AWS's Regions: their names for people by their names for programs."""
    partitions = _loader.load_data("endpoints")["partitions"]
    found = next(each["regions"] for each in partitions if each["partition"] == partition)
    return {region: facts["description"] for region, facts in found.items()}


class UnknownService(LookupError):
    """botocore has no service of this name."""
