"""The profile in the AWS configuration files, by which AWS's own tools find the cloud.

A profile that is there is never changed. The files are written as text, so that comments and order stay.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from groundcloud.folder import write_whole

_HEADER = re.compile(r"^\s*\[\s*(?P<name>.*?)\s*\]\s*(?:[#;].*)?$")


class Profile:
    """One profile by name, in the files that the environment names."""

    def __init__(self, name: str, environment: Mapping[str, str] = os.environ) -> None:
        self.name = name
        self.config = _path(environment.get("AWS_CONFIG_FILE") or "~/.aws/config")
        self.credentials = _path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials")
        self._sections = {
            self.config: "default" if name == "default" else f"profile {name}",
            self.credentials: name,
        }

    def exists(self) -> bool:
        """Whether either file has it."""
        return any(_section(_read(path), name) is not None for path, name in self._sections.items())

    def access_key_id(self) -> str:
        """The key that it uses; empty when it has none."""
        return self._value(self.credentials, "aws_access_key_id")

    def endpoint_url(self) -> str:
        return self._value(self.config, "endpoint_url")

    def _value(self, path: Path, setting: str) -> str:
        lines = _read(path)
        found = _section(lines, self._sections[path])
        for line in lines[slice(*found)] if found else ():
            name, equals, value = line.partition("=")
            if equals and name.strip().lower() == setting:
                return value.strip()
        return ""

    def write(self, config: Mapping[str, str], credentials: Mapping[str, str]) -> None:
        """Append it to both files. Raises OSError. The credentials come first: without them it is no profile."""
        for path, settings in ((self.credentials, credentials), (self.config, config)):
            lines = _read(path)
            if lines and lines[-1].strip():
                lines.append("")
            lines.append(f"[{self._sections[path]}]")
            lines += [f"{name} = {value}" for name, value in settings.items()]
            _write(path, lines)

    def remove(self) -> None:
        """Take it out of both files again."""
        for path, name in self._sections.items():
            lines = _read(path)
            found = _section(lines, name)
            if found is not None:
                del lines[slice(*found)]
                _write(path, lines)


def _path(text: str) -> Path:
    return Path(os.path.expanduser(text))


def _read(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except FileNotFoundError:
        return []


def _section(lines: list[str], name: str) -> tuple[int, int] | None:
    """The lines of a section, its header included."""
    start = None
    for number, line in enumerate(lines):
        header = _HEADER.match(line)
        if header and start is not None:
            return start, number
        if header and " ".join(header["name"].replace('"', "").split()) == name:
            start = number
    return None if start is None else (start, len(lines))


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path.resolve(), ("\n".join(lines) + "\n").encode())
