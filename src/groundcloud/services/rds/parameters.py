"""The parameters of each family: data, formulas over the memory of a class, and what a server is told of them.

Source: "Working with parameter groups" in the RDS user guide. The data have what a server of Debian 12 takes.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from groundcloud.services.rds import errors
from groundcloud.services.rds.engines import ENGINES, class_named
from groundcloud.services.rds.records import DBInstance, DBParameterGroup
from groundcloud.store import Transaction

_FORMULA = re.compile(r"\{DBInstanceClassMemory((?:[*/]\d+)*)\}")
_CHOICE = re.compile(r"(LEAST|GREATEST)\((\d+),(\d+)\)")
_FOR_THE_DATABASE = 0.75
"""The part of a machine's memory that a formula means: the rest is its system's."""
_CLUSTERED = ("postgres15", "mysql8.0")
"""Families that Aurora's have the parameters of."""


class Parameter(msgspec.Struct, frozen=True):
    name: str
    default: str
    apply_type: str
    data_type: str
    allowed_values: str
    description: str


@cache
def families() -> dict[str, dict[str, Parameter]]:
    content = (Path(__file__).parent / "parameters.json").read_bytes()
    read = msgspec.json.decode(content, type=dict[str, list[Parameter]])
    read |= {f"aurora-{family}".replace("postgres15", "postgresql15"): read[family] for family in _CLUSTERED}
    return {family: {each.name: each for each in found} for family, found in read.items()}


def family_named(name: str) -> dict[str, Parameter]:
    """Raises `InvalidParameterValue`."""
    found = families().get(name)
    if found is None:
        raise errors.InvalidParameterValue(reason=f"ParameterGroupFamily {name} is not a valid parameter group family")
    return found


def checked(parameter: Parameter, value: str) -> str:
    """A value that the parameter may have. Raises `InvalidParameterValue`."""
    if not _allowed(parameter, value):
        raise errors.InvalidParameterValue(
            reason=f"Value: {value} is outside of range: {parameter.allowed_values} for parameter: {parameter.name}"
        )
    return value


def _allowed(parameter: Parameter, value: str) -> bool:
    allowed = parameter.allowed_values
    if "{" in value or not allowed:
        return True
    if parameter.data_type in ("integer", "float"):
        if "," in allowed:
            return value in allowed.split(",")
        low, high = re.fullmatch(r"(-?[\d.e+]+)-([\d.e+]+)", allowed).groups()  # type: ignore[union-attr]  # data of ours
        try:
            return float(low) <= float(value) <= float(high)
        except ValueError:
            return False
    choices = allowed.split(",")
    if parameter.data_type == "list":
        return all(each.strip() in choices for each in value.split(",") if each.strip())
    return value in choices


def computed(value: str, memory_mib: int) -> str:
    """A value with its formula done for a class's memory. Source: "DB parameter formulas" in the RDS user guide."""
    memory = int(memory_mib * 1024 * 1024 * _FOR_THE_DATABASE)

    def amount(found: re.Match[str]) -> str:
        number = memory
        for sign, factor in re.findall(r"([*/])(\d+)", found[1]):
            number = number * int(factor) if sign == "*" else number // int(factor)
        return str(number)

    value = _FORMULA.sub(amount, value).replace(" ", "") if "{" in value else value
    while found := _CHOICE.fullmatch(value):
        value = str((min if found[1] == "LEAST" else max)(int(found[2]), int(found[3])))
    return value


def wanted_values(tx: Transaction, instance: DBInstance) -> Mapping[str, str]:
    """All parameters of an instance's group, formulas done."""
    family = families()[ENGINES[instance.engine].family]
    group = tx.get(DBParameterGroup, instance.account, instance.region, instance.parameter_group)
    own = group.values if group is not None else {}
    memory = class_named(instance.db_instance_class).memory_mib
    return {name: computed(own.get(name, each.default), memory) for name, each in family.items()}


def server_settings(tx: Transaction, instance: DBInstance) -> dict[str, str]:
    """What the server's configuration has of them. Static ones are as the server was last started with them."""
    family = families()[ENGINES[instance.engine].family]
    values = dict(wanted_values(tx, instance))
    for name, value in instance.applied_parameters.items():
        if name in family and family[name].apply_type == "static":
            values[name] = value
    return {name: value for name, value in values.items() if value}


def waiting(tx: Transaction, instance: DBInstance) -> bool:
    """Whether static parameters wait for a restart."""
    values = wanted_values(tx, instance)
    return any(values.get(name) != value for name, value in static_values(tx, instance, instance.applied_parameters))


def static_values(tx: Transaction, instance: DBInstance, values: Mapping[str, str]) -> list[tuple[str, str]]:
    family = families()[ENGINES[instance.engine].family]
    return [(name, value) for name, value in values.items() if name in family and family[name].apply_type == "static"]
