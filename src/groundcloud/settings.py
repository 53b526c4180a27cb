"""The settings of one cloud, and where each of them came from.

Defaults, then one TOML file, then the environment (`GROUNDCLOUD_*`), then flags; the later one wins. Nothing is read
from anywhere else.
"""

import os
from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, NamedTuple

PORT = 4566
"""The port that AWS emulators use, so that tools made for them find this cloud."""
DNS_PORT = 5353
"""Beside the usual 53, which only root may take and which most machines have a resolver on."""


class Settings(NamedTuple):
    """One cloud's settings. Paths are absolute."""

    data: Path
    """The folder that holds everything that the cloud keeps."""
    host: tuple[str, ...] = ("127.0.0.1",)
    """The addresses that it listens on."""
    port: int = PORT
    """Of plain HTTP; 0 is a free one."""
    tls_port: int = PORT + 1
    """Of HTTPS; 0 is a free one."""
    dns_port: int = DNS_PORT
    """Of DNS, over UDP and TCP; 0 is a free one."""
    dns_secondaries: tuple[str, ...] = ()
    """Who may transfer whole zones: networks, and addresses (`192.0.2.1:5300`) of servers that are told of changes."""
    dns_locations: tuple[str, ...] = ()
    """Where askers are, for routing by place: `NETWORK REGION` or `NETWORK CONTINENT [COUNTRY [SUBDIVISION]]` each."""
    domains: tuple[str, ...] = ()
    """Base domains under which buckets are hosts (`<bucket>.<domain>`), besides AWS's own."""
    region: str = "us-east-1"
    """The region of requests that name none."""
    store: str = ""
    """An SQLite file or a `postgresql://` URL; empty for a file in the data folder."""
    objects: str = ""
    """A cluster for the bytes of larger objects, `s3://bucket/prefix?endpoint=...`; empty for the data folder."""
    workers: int = 1
    """Processes that answer requests."""
    trust_any_key: bool = False
    """Take every key as the root user's and check no signature."""
    demo: bool = False
    """End a start with an example application; unless set, a person's first start does, where machines can run."""
    aws_profile: str = "groundcloud"
    """The profile to write into the AWS configuration files; empty for none."""
    log: str = ""
    """The file of one line per call; empty for one in the data folder."""
    mail_relay: str = ""
    """The SMTP server that takes mail, `smtp://user:password@host`; empty for the local mailbox. It has no flag:
    arguments can be read by everybody."""

    machines: bool = True
    """Run machines, where the host has what they need; that takes root."""
    machine_cluster: str = ""
    """An LXD or Incus cluster that runs the machines, `lxd:///path/of/unix.socket?pool=NAME`, by its member on this
    host; empty for systemd-nspawn."""
    images: str = ""
    """The folder of built images, which installations share; empty for `/var/cache/groundcloud/images`."""
    public_pool: str = ""
    """The range of public addresses; empty for one that only the host reaches (198.18.0.0/16)."""
    user: str = ""
    """As whom the server runs when root starts it; empty for whoever called sudo, else root."""

    @property
    def store_url(self) -> str:
        return self.store or str(self.data / "groundcloud.db")

    @property
    def call_log(self) -> Path:
        return Path(self.log) if self.log else self.data / "log" / "calls.log"


class BadSetting(Exception):
    """A setting that is unknown or has a value that it cannot have. The message says where, and what to write."""


class Loaded(NamedTuple):
    """Settings together with the origin of each: `default`, the file, the variable or the flag."""

    settings: Settings
    origins: dict[str, str]


def load(flags: Mapping[str, Any], environment: Mapping[str, str] = os.environ, config: Path | None = None) -> Loaded:
    """The settings in force. `flags` holds those that were given, by name. Raises `BadSetting`."""
    values: dict[str, Any] = {"data": default_data(environment)}
    origins = dict.fromkeys(Settings._fields, "default")
    for layer, origin_of in (
        _from_file(environment, config),
        _from_environment(environment),
        (flags, lambda name: "--" + name.replace("_", "-")),
    ):
        for name, value in layer.items():
            values[name] = _read(name, value, origin_of(name))
            origins[name] = origin_of(name)
    if "port" in values and "tls_port" not in values:
        values["tls_port"] = PORT + 1 if values["port"] == PORT else 0
    if "port" in values and "dns_port" not in values:
        values["dns_port"] = DNS_PORT if values["port"] == PORT else 0
    return Loaded(Settings(**values), origins)


def default_data(environment: Mapping[str, str]) -> Path:
    """`/var/lib/groundcloud` for root, the user's own data folder for everybody else."""
    if os.geteuid() == 0:
        return Path("/var/lib/groundcloud")
    base = environment.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "groundcloud"


def default_config(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    return Path(base) / "groundcloud" / "config.toml"


_NOT_SETTINGS = ("GROUNDCLOUD_CONFIG", "GROUNDCLOUD_CALLED_AS")
"""The file to read, and the name under which the scripts of a clone call the command line."""

_Layer = tuple[Mapping[str, Any], Callable[[str], str]]


def _from_file(environment: Mapping[str, str], config: Path | None) -> _Layer:
    named = config or (Path(environment["GROUNDCLOUD_CONFIG"]) if environment.get("GROUNDCLOUD_CONFIG") else None)
    path = named or default_config(environment)
    try:
        text = path.read_text()
    except FileNotFoundError as error:
        if named is not None:
            raise BadSetting(f"There is no settings file {path}.") from error
        return {}, str
    except OSError as error:
        raise BadSetting(f"The settings file {path} cannot be read: {error.strerror}.") from error
    import tomllib  # only for those who have a file: a start waits for no import that it does not need

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSetting(f"{path} is not TOML: {error}.") from error
    for name in found:
        _check_known(name, f"{path}", name)
    return found, lambda name: str(path)


def _from_environment(environment: Mapping[str, str]) -> _Layer:
    found: dict[str, str] = {}
    for variable, value in environment.items():
        if variable.startswith("GROUNDCLOUD_") and variable not in _NOT_SETTINGS:
            name = variable.removeprefix("GROUNDCLOUD_").lower()
            _check_known(name, "the environment", variable)
            found[name] = value
    return found, lambda name: f"GROUNDCLOUD_{name.upper()}"


def _check_known(name: str, where: str, shown: str) -> None:
    if name in Settings._fields:
        return
    import difflib

    near = difflib.get_close_matches(name, Settings._fields, 1)
    guess = f" Is {near[0]} meant?" if near else ""
    raise BadSetting(f"{where} has an unknown setting {shown}.{guess} There are: {', '.join(Settings._fields)}.")


def _read(name: str, value: Any, origin: str) -> Any:
    try:
        return _READERS[name](value)
    except ValueError as error:
        raise BadSetting(f"{name} (from {origin}) cannot be {value!r}: {error}.") from error


def _path(value: Any) -> Path:
    return Path(os.path.abspath(os.path.expanduser(_text(value))))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("it is a text")
    return value


def _file(value: Any) -> str:
    return str(_path(value)) if _text(value) else ""


def _store(value: Any) -> str:
    return _text(value) if _text(value).startswith(("postgresql:", "postgres:")) else _file(value)


def _relay(value: Any) -> str:
    if _text(value) and not value.startswith(("smtp://", "smtps://")):
        raise ValueError("it is smtp://host:port or smtps://host:port")
    return str(value)


def _objects(value: Any) -> str:
    """Keys have no place in it: it shows in lists of settings and of processes."""
    if _text(value):
        from urllib.parse import parse_qsl, urlsplit  # only for those who have a cluster

        parts = urlsplit(value)
        if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc:
            raise ValueError("it is s3://bucket/prefix?endpoint=https://host, without keys")
        if unknown := dict(parse_qsl(parts.query, keep_blank_values=True)).keys() - {"endpoint", "region", "profile"}:
            raise ValueError(f"it has the unknown option {min(unknown)}; there are endpoint, region and profile")
    return str(value)


def _machine_cluster(value: Any) -> str:
    if _text(value):
        from urllib.parse import parse_qsl, urlsplit  # only for those who have a cluster

        parts = urlsplit(value)
        if parts.scheme not in ("lxd", "incus") or parts.netloc or parts.fragment:
            raise ValueError("it is lxd:///path/of/unix.socket?pool=NAME or incus:///path/of/unix.socket?pool=NAME")
        if unknown := dict(parse_qsl(parts.query, keep_blank_values=True)).keys() - {"pool"}:
            raise ValueError(f"it has the unknown option {min(unknown)}; there is pool")
    return str(value)


def _range(value: Any) -> str:
    from ipaddress import IPv4Network

    return str(IPv4Network(_text(value))) if _text(value) else ""


def _user(value: Any) -> str:
    import pwd

    try:
        return pwd.getpwnam(_text(value)).pw_name if _text(value) else ""
    except KeyError as error:
        raise ValueError("there is no such user") from error


def _hosts(value: Any) -> tuple[str, ...]:
    hosts = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(hosts, list | tuple) or not hosts or not all(isinstance(host, str) for host in hosts):
        raise ValueError("it is one address or a list of them")
    return tuple(hosts)


def _texts(value: Any) -> tuple[str, ...]:
    texts = [text.strip() for text in value.split(",") if text.strip()] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError("it is a list of texts")
    return tuple(texts)


def _domains(value: Any) -> tuple[str, ...]:
    names = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and _is_domain(name) for name in names):
        raise ValueError("it is one domain name or a list of them")
    return tuple(name.lower().strip(".") for name in names)


def _is_domain(name: str) -> bool:
    labels = name.strip(".").split(".")
    return all(label.replace("-", "").isalnum() and label.isascii() for label in labels)


def _secondaries(value: Any) -> tuple[str, ...]:
    for text in _texts(value):
        if "/" in text:
            ip_network(text)
        else:
            host, _, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "53")
            ip_address(host.strip("[]"))
            _number(1, 65535)(port)
    return _texts(value)


def _locations(value: Any) -> tuple[str, ...]:
    for text in _texts(value):
        network, *place = text.split()
        ip_network(network)
        if not 1 <= len(place) <= 3:
            raise ValueError("each is a network and a region, or a network, a continent, a country and a subdivision")
    return _texts(value)


def _number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not str(value).isdecimal() or not least <= int(value) <= most:
            raise ValueError(f"it is a number from {least} to {most}")
        return int(value)

    return read


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if str(value).lower() not in found:
        raise ValueError("it is true or false")
    return found[str(value).lower()]


_READERS: dict[str, Callable[[Any], Any]] = {
    "data": _path,
    "host": _hosts,
    "port": _number(0, 65535),
    "tls_port": _number(0, 65535),
    "dns_port": _number(0, 65535),
    "dns_secondaries": _secondaries,
    "dns_locations": _locations,
    "domains": _domains,
    "region": _text,
    "store": _store,
    "objects": _objects,
    "workers": _number(1, 64),
    "trust_any_key": _switch,
    "demo": _switch,
    "aws_profile": _text,
    "log": _file,
    "mail_relay": _relay,
    "machines": _switch,
    "machine_cluster": _machine_cluster,
    "images": _file,
    "public_pool": _range,
    "user": _user,
}


def server_user(settings: Settings, environment: Mapping[str, str] = os.environ) -> int:
    """The user as whom the server runs: root gives that up for whoever called sudo."""
    if os.geteuid() != 0:
        return os.geteuid()
    if settings.user:
        import pwd

        return pwd.getpwnam(settings.user).pw_uid
    called = environment.get("SUDO_UID", "")
    return int(called) if called.isdecimal() else 0


def without_password(store: str) -> str:
    """A store, or a mail relay, as it may be shown: the password of a URL is left out, wherever it stands in it."""
    scheme, separator, rest = store.partition("://")
    if not separator:
        return store
    address, mark, query = rest.partition("?")
    user, at, host = address.rpartition("@")
    if at:
        user = user.partition(":")[0] + (":***" if ":" in user else "")
    shown = [
        part.partition("=")[0] + "=***" if part.lower().startswith(("password=", "sslpassword=")) else part
        for part in query.split("&")
    ]
    return f"{scheme}://{user}{at}{host}{mark}{'&'.join(shown)}"
