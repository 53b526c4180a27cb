"""The engines, their versions, and the classes of instances. Data.

`mysql` is MariaDB here, as `mariadb` is, and its version says so: Debian has no MySQL.
"""

from functools import cache
from typing import NamedTuple

from groundcloud.services.rds import errors


class Engine(NamedTuple):
    """An engine as AWS names it, and what serves it."""

    name: str
    server: str
    """What the machine's agent starts."""
    port: int
    license_model: str
    version: str
    """What instances show."""
    major: str
    family: str
    description: str
    version_description: str
    accepted: tuple[str, ...]
    """Major versions that a request may name: the version that is there serves them."""
    log_types: tuple[str, ...]

    @property
    def clustered(self) -> bool:
        return self.name.startswith("aurora-")

    @property
    def default_parameter_group(self) -> str:
        return f"default.{self.family}"

    @property
    def default_option_group(self) -> str:
        return f"default:{self.name}-{self.major.replace('.', '-')}"


ENGINES = {
    each.name: each
    for each in (
        Engine("postgres", "postgres", 5432, "postgresql-license", "15.18", "15", "postgres15", "PostgreSQL",
               "PostgreSQL 15 of Debian 12", ("15",), ("postgresql", "upgrade")),
        Engine("mysql", "mariadb", 3306, "general-public-license", "8.0.mariadb-10.11", "8.0", "mysql8.0",
               "MySQL (served by MariaDB)", "MariaDB 10.11 of Debian 12, in the place of MySQL", ("8.0", "5.7"),
               ("error", "general", "slowquery")),
        Engine("mariadb", "mariadb", 3306, "general-public-license", "10.11.19", "10.11", "mariadb10.11", "MariaDB",
               "MariaDB 10.11 of Debian 12", ("10.11", "10.6", "10.5"), ("error", "general", "slowquery")),
        Engine("aurora-postgresql", "postgres", 5432, "postgresql-license", "15.18", "15", "aurora-postgresql15",
               "Aurora PostgreSQL (served by PostgreSQL)", "PostgreSQL 15 of Debian 12, in the place of Aurora",
               ("15",), ("postgresql",)),
        Engine("aurora-mysql", "mariadb", 3306, "general-public-license", "8.0.mariadb-10.11", "8.0",
               "aurora-mysql8.0", "Aurora MySQL (served by MariaDB)", "MariaDB 10.11 of Debian 12, in the place of "
               "Aurora", ("8.0", "5.7"), ("error", "general", "slowquery")),
    )
}  # fmt: skip
"""Those of `aurora` are for clusters."""

ELSEWHERE = ("custom-oracle-ee", "db2-ae", "db2-se", "oracle-ee",
             "oracle-ee-cdb", "oracle-se2", "oracle-se2-cdb", "sqlserver-ee", "sqlserver-ex", "sqlserver-se",
             "sqlserver-web")  # fmt: skip
"""Engines that AWS has and this cloud has not."""


def engine_named(name: str) -> Engine:
    """Raises `InvalidParameterValue`."""
    found = ENGINES.get(name.lower())
    if found is None and name.lower() in ELSEWHERE:
        raise errors.InvalidParameterValue(
            reason=f"The engine {name} is not available in this cloud. There are: {', '.join(ENGINES)}."
        )
    if found is None:
        raise errors.InvalidParameterValue(reason=f"Invalid DB engine: {name}")
    return found


def version_for(engine: Engine, wanted: str) -> str:
    """The version that serves a request for one. Raises `InvalidParameterCombination`."""
    if not wanted or wanted == engine.version:
        return engine.version
    if any(wanted == major or wanted.startswith(f"{major}.") for major in engine.accepted):
        return engine.version
    raise errors.InvalidParameterCombination(reason=f"Cannot find version {wanted} for {engine.name}")


def check_upgrade(engine: Engine, current: str, wanted: str) -> None:
    """One version of each engine is installed: naming it, or its major version, changes nothing. Raises
    `InvalidParameterCombination`."""
    if wanted not in ("", current, engine.version, engine.major):
        raise errors.InvalidParameterCombination(reason=f"Cannot upgrade {engine.name} from {current} to {wanted}")


class InstanceClass(NamedTuple):
    name: str
    vcpus: int
    memory_mib: int


_BURSTABLE = {
    "micro": (2, 1),
    "small": (2, 2),
    "medium": (2, 4),
    "large": (2, 8),
    "xlarge": (4, 16),
    "2xlarge": (8, 32),
}
_SIZES = {"large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48, "16xlarge": 64,
          "24xlarge": 96}  # fmt: skip
_GENERAL = ("m4", "m5", "m5d", "m6g", "m6i", "m6gd", "m7g", "m7i", "m8g")
_MEMORY = ("r4", "r5", "r5b", "r5d", "r6g", "r6i", "r7g", "r7i", "r8g")


@cache
def classes() -> dict[str, InstanceClass]:
    """Every class by its name. Source: "Hardware specifications for DB instance classes" in the RDS user guide."""
    found = []
    for family in ("t2", "t3", "t4g"):
        for size, (vcpus, gib) in _BURSTABLE.items():
            vcpus = 1 if family == "t2" and size in ("micro", "small") else vcpus
            found.append(InstanceClass(f"db.{family}.{size}", vcpus, gib * 1024))
    for families, per_cpu in ((_GENERAL, 4), (_MEMORY, 8)):
        for family in families:
            for size, vcpus in _SIZES.items():
                found.append(InstanceClass(f"db.{family}.{size}", vcpus, vcpus * per_cpu * 1024))
    return {each.name: each for each in found}


def class_named(name: str) -> InstanceClass:
    """Raises `InvalidParameterValue`."""
    found = classes().get(name)
    if found is None:
        raise errors.InvalidParameterValue(reason=f"Invalid DB Instance class: {name}")
    return found
