"""What tags may be. Source: "Tagging restrictions in DynamoDB" in the developer guide."""

from collections.abc import Iterable, Mapping

from groundcloud.services.dynamodb.errors import invalid, invalid_value
from groundcloud.services.dynamodb.records import Tag

MOST = 50


def merged(old: Mapping[str, str], new: Iterable[Tag]) -> dict[str, str]:
    """The tags after some were given. Raises `ValidationException`."""
    given = list(new)
    if len({tag.key for tag in given}) < len(given):
        raise invalid_value("Duplicate keys found in the list of tags")
    for tag in given:
        if tag.key.lower().startswith("aws:"):
            raise invalid_value("Tag keys beginning with aws: are reserved for AWS use")
    found = {**old, **{tag.key: tag.value for tag in given}}
    if len(found) > MOST:
        raise invalid(f"The number of tags exceeds the limit of {MOST} per resource")
    return found
