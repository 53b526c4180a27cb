"""What CreateTable and UpdateTable refuse. Messages as AWS answers them."""

import re
from collections.abc import Sequence

from groundcloud.services.dynamodb.errors import ValidationException, invalid, invalid_value
from groundcloud.services.dynamodb.records import (
    AttributeDefinition,
    IndexDefinition,
    KeySchemaElement,
    Projection,
    ProvisionedThroughput,
)

NAME = re.compile(r"[a-zA-Z0-9_.\-]{3,255}\Z")
MOST_GLOBAL, MOST_LOCAL, MOST_PROJECTED = 20, 5, 100


def check_name(name: str, what: str = "TableName") -> None:
    if not 3 <= len(name) <= 255:
        raise invalid(f"{what} must be at least 3 characters long and at most 255 characters long")
    if not NAME.match(name):
        raise invalid(
            f"1 validation error detected: Value '{name}' at '{what[:1].lower()}{what[1:]}' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )


def check_key_schema(elements: Sequence[KeySchemaElement], index: str = "") -> None:
    """One HASH, then perhaps one RANGE."""
    names = [element.attribute_name for element in elements]
    types = [element.key_type for element in elements]
    of = f"index: {index}, " if index else ""
    if types[0] != "HASH":
        raise invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    if len(types) > 2:
        raise invalid(f"1 validation error detected: Value at 'keySchema' failed to satisfy constraint: {of}"
                      "Member must have length less than or equal to 2")  # fmt: skip
    if len(types) == 2:
        if types[1] != "RANGE":
            raise invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
        if names[0] == names[1]:
            raise invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")


def check_definitions(
    definitions: Sequence[AttributeDefinition], key: Sequence[KeySchemaElement], indexes: Sequence[IndexDefinition]
) -> None:
    """Every key attribute is defined, and nothing else."""
    defined = [one.attribute_name for one in definitions]
    if len(set(defined)) < len(defined):
        raise invalid_value("Duplicate AttributeName in AttributeDefinitions")
    used = {one.attribute_name for one in key}
    for index in indexes:
        used |= {one.attribute_name for one in index.key_schema}
    shown = ", ".join(defined)
    for name in [one.attribute_name for one in key]:
        if name not in defined:
            raise invalid_value(
                "Some index key attributes are not defined in AttributeDefinitions. "
                f"Keys: [{name}], AttributeDefinitions: [{shown}]"
            )
    for name in sorted(used):
        if name not in defined:
            raise invalid_value(
                "Some index key attributes are not defined in AttributeDefinitions. "
                f"Keys: [{name}], AttributeDefinitions: [{shown}]"
            )
    if len(used) < len(defined):
        raise invalid_value(
            "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions"
            if not indexes
            else "Some AttributeDefinitions are not used. AttributeDefinitions: "
            f"[{shown}], keys used: [{', '.join(sorted(used))}]"
        )


def check_projection(projection: Projection, index: str) -> None:
    names = projection.non_key_attributes
    if projection.projection_type == "INCLUDE":
        if not names:
            raise invalid_value("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
    elif names is not None:
        raise invalid_value(f"ProjectionType is {projection.projection_type}, but NonKeyAttributes is specified")
    if names and len(set(names)) < len(names):
        raise invalid_value(f"Duplicate value in NonKeyAttributes of index {index}")


def check_throughput(billing: str, throughput: ProvisionedThroughput | None, index: str = "") -> None:
    """Provisioned tables name their throughput, the others must not."""
    of = f" for index: {index}" if index else ""
    if billing == "PAY_PER_REQUEST":
        if throughput is not None:
            raise invalid_value(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
                f"PAY_PER_REQUEST{of}"
            )
    elif throughput is None:
        if index:
            raise invalid_value(f"ProvisionedThroughput is not specified for index: {index}")
        raise invalid_value(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        )


def check_indexes(
    key: Sequence[KeySchemaElement],
    local: Sequence[IndexDefinition],
    global_: Sequence[IndexDefinition],
    billing: str,
) -> None:
    """The secondary indexes of a new table."""
    _check_count(local, MOST_LOCAL, "LocalSecondaryIndex")
    _check_count(global_, MOST_GLOBAL, "GlobalSecondaryIndex")
    names = [index.index_name for index in (*local, *global_)]
    for name in names:
        check_name(name, "IndexName")
        if names.count(name) > 1:
            raise invalid_value(f"Duplicate index name: {name}")
    for index in (*local, *global_):
        check_key_schema(index.key_schema, index.index_name)
        check_projection(index.projection, index.index_name)
    for index in local:
        _check_local(index, key)
    for index in global_:
        check_throughput(billing, index.provisioned_throughput, index.index_name)
    projected = sum(len(index.projection.non_key_attributes or ()) for index in (*local, *global_))
    if projected > MOST_PROJECTED:
        raise invalid_value(
            f"The number of projected attributes across all indexes exceeds the limit of {MOST_PROJECTED}"
        )


def _check_count(indexes: Sequence[IndexDefinition], most: int, kind: str) -> None:
    if len(indexes) > most:
        raise invalid_value(f"{kind} count exceeds the per-table limit of {most}")


def _check_local(index: IndexDefinition, key: Sequence[KeySchemaElement]) -> None:
    if len(key) < 2:
        raise invalid_value("Table KeySchema does not have a range key, which is required when specifying a "
                            "LocalSecondaryIndex")  # fmt: skip
    if len(index.key_schema) < 2:
        raise _local(index, "Index KeySchema does not have a range key for index")
    if index.key_schema[0].attribute_name != key[0].attribute_name:
        raise invalid_value(
            f"Index KeySchema does not have the same leading hash key as table KeySchema for index: "
            f"{index.index_name}. index hash key: {index.key_schema[0].attribute_name}, "
            f"table hash key: {key[0].attribute_name}"
        )


def _local(index: IndexDefinition, reason: str) -> ValidationException:
    return invalid_value(f"{reason}: {index.index_name}")
