"""Where the agent keeps what it knows, as cloud-init does, so that scripts which look there find it."""

import os

CLOUD = "/var/lib/cloud"
RUN = "/run/cloud-init"
LOG = "/var/log/cloud-init.log"
OUTPUT = "/var/log/cloud-init-output.log"


def instance() -> str:
    """This machine's id, which its host has given to its first process."""
    with open("/proc/1/environ", "rb") as environ:
        for pair in environ.read().split(b"\0"):
            name, _, value = pair.partition(b"=")
            if name == b"groundcloud_instance":
                return value.decode()
    return "none"


def folder() -> str:
    """What belongs to this instance: a machine of an image that was made of another one begins anew."""
    path = os.path.join(CLOUD, "instances", instance())
    os.makedirs(os.path.join(path, "sem"), mode=0o755, exist_ok=True)
    link = os.path.join(CLOUD, "instance")
    if not os.path.islink(link) or os.readlink(link) != path:
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(path, link)
    return path


def first(step: str) -> bool:
    """Whether a step was not yet done for this instance."""
    return not os.path.exists(os.path.join(folder(), "sem", step))


def done(step: str) -> None:
    with open(os.path.join(folder(), "sem", step), "w"):
        pass


def write(path: str, content: bytes, mode: int = 0o644) -> None:
    """A file, whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    made = path + ".new"
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    os.chmod(made, mode)
    os.rename(made, path)


def log(text: str) -> None:
    """A line for whoever looks into the log."""
    import time

    with open(LOG, "a") as file:
        file.write("{} groundcloud: {}\n".format(time.strftime("%Y-%m-%d %H:%M:%S"), text))
