"""`groundcloud up`: start the cloud, or say that it runs."""

import argparse
from typing import Any

from groundcloud.cli import demo, process
from groundcloud.cli.output import Failure, answer, columns, say, warn
from groundcloud.cli.profile import Profile
from groundcloud.folder import Admin, DataFolder, Running
from groundcloud.settings import Loaded, Settings, without_password


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("up", parents=[common, settings_flags()], help="start the cloud")
    parser.add_argument("--foreground", action="store_true", help="stay attached to the terminal")
    parser.set_defaults(run=run)


def settings_flags() -> argparse.ArgumentParser:
    """A flag for each setting, except `data`, which every command has."""
    flags = argparse.ArgumentParser(add_help=False)
    flags.add_argument("--port", metavar="N", help="the port of plain HTTP (4566; 0: a free one)")
    flags.add_argument("--tls-port", metavar="N", help="the port of HTTPS (4567, or a free one beside another --port)")
    flags.add_argument("--dns-port", metavar="N", help="the port of DNS (5353, or a free one beside another --port)")
    flags.add_argument(
        "--host", action="append", metavar="ADDRESS", help="an address to listen on (127.0.0.1); repeat it"
    )
    flags.add_argument(
        "--domain",
        dest="domains",
        action="append",
        metavar="NAME",
        help="a domain of whose hosts buckets are; repeat it",
    )
    flags.add_argument("--region", help="the region of requests that name none (us-east-1)")
    flags.add_argument("--store", metavar="PATH|URL", help="an SQLite file or a postgresql:// URL without its password")
    flags.add_argument(
        "--objects", metavar="URL", help="s3://bucket/prefix?endpoint=... of a cluster for large objects"
    )
    flags.add_argument("--workers", metavar="N", help="processes that answer requests (1)")
    flags.add_argument("--log", metavar="FILE", help="the file of one line per call")
    flags.add_argument("--profile", dest="aws_profile", metavar="NAME", help="the AWS profile to write (groundcloud)")
    flags.add_argument(
        "--trust-any-key", action=argparse.BooleanOptionalAction, help="take any key as the root user's (unsafe)"
    )
    flags.add_argument(
        "--machines", action=argparse.BooleanOptionalAction, help="run machines, where root starts the cloud (on)"
    )
    flags.add_argument(
        "--machine-cluster", metavar="URL", help="lxd:///path/of/unix.socket?pool=... of a cluster for machines"
    )
    flags.add_argument("--images", metavar="DIR", help="the folder of built images")
    flags.add_argument("--public-pool", metavar="RANGE", help="public addresses of machines (198.18.0.0/16)")
    flags.add_argument("--user", metavar="NAME", help="as whom the server runs when root starts it")
    flags.add_argument(
        "--demo",
        action=argparse.BooleanOptionalAction,
        help="end with an example application (at a first start, where machines can run)",
    )
    return flags


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    from groundcloud.cli import host

    settings = checked(loaded)
    folder = DataFolder(settings.data)
    with_demo = demo.is_wanted(options, loaded, folder)
    running = folder.running()
    if running is not None:
        host.start(settings, folder)  # it may have been killed alone
        _finish(options, settings, folder, running, "Groundcloud runs already.", with_demo)
        return 0
    if settings.trust_any_key:
        warn("trust_any_key is on: whoever reaches the cloud is its root user, whatever key they use.")
    if options.foreground:
        return _foreground(options, settings, folder)
    try:
        folder.prepare()
        host.start(settings, folder)
        try:
            running = process.start(settings, folder)
        except Failure:
            host.end(folder)
            raise
    except OSError as error:
        raise Failure(
            f"{settings.data} cannot be used: {error.strerror}.", "Give a folder of your own: {cli} up --data DIR"
        ) from error
    _finish(options, settings, folder, running, "Groundcloud runs.", with_demo)
    return 0


def _finish(
    options: argparse.Namespace,
    settings: Settings,
    folder: DataFolder,
    running: Running,
    headline: str,
    with_demo: bool,
) -> None:
    _show(options, settings, folder, running, headline)
    if with_demo:
        demo.deploy(folder, running, settings)
    if not options.json and (lines := demo.to_try(folder)):
        answer(None, False, ["", *lines])


def checked(loaded: Loaded) -> Settings:
    """The settings as `up` takes them. Raises `Failure`."""
    settings = loaded.settings
    if loaded.origins["store"].startswith("--") and without_password(settings.store) != settings.store:
        raise Failure(
            "A password in --store can be read by everybody who lists processes.",
            "Put the URL into the settings file or into GROUNDCLOUD_STORE, or the password into ~/.pgpass.",
            2,
        )
    if loaded.origins["data"] == "--data" and loaded.origins["aws_profile"] == "default":
        settings = settings._replace(aws_profile="")  # a cloud of a script's own leaves the user's files alone
    return settings


def _foreground(options: argparse.Namespace, settings: Settings, folder: DataFolder) -> int:
    from groundcloud import serve
    from groundcloud.cli import host
    from groundcloud.start import StartFailed

    def ready() -> None:
        running = folder.running()
        assert running is not None
        _show(options, settings, folder, running, "Groundcloud runs. Ctrl-C ends it.")

    folder.prepare()
    host.start(settings, folder)
    try:
        serve.run(settings, ready, to_terminal=True)
    except StartFailed as error:
        raise Failure(error.message, error.hint) from error
    finally:
        host.end(folder)
    return 0


def _show(options: argparse.Namespace, settings: Settings, folder: DataFolder, running: Running, headline: str) -> None:
    from groundcloud.cli import host

    admin = folder.admin()
    assert admin is not None
    profile = _write_profile(settings, folder, running, admin)
    found = {
        "endpoint": running.endpoint,
        "tls_endpoint": running.tls_endpoint,
        "dns": running.dns,
        "region": running.region,
        "account_id": admin.account_id,
        "access_key_id": admin.access_key_id,
        "secret_access_key": admin.secret_access_key,
        "ca_certificate": str(folder.ca_certificate),
        "profile": profile or None,
        "data": str(folder.data),
        "pid": running.pid,
    }
    rows = [
        ("  endpoint", running.endpoint),
        ("  TLS", f"{running.tls_endpoint}, by the authority {folder.ca_certificate}"),
        ("  DNS", f"{running.dns} (UDP and TCP)"),
        ("  region", running.region),
        ("  account", admin.account_id),
        ("  profile", f"{profile} (the user {admin.user_name})" if profile else "none was written"),
        ("  data", str(folder.data)),
    ]
    if settings.machines and (lacking := host.lacking(settings)):
        rows.append(("  machines", f"none: {', '.join(lacking)}"))
    here = f" --data {folder.data}" if options.data else ""
    answer(found, options.json, [headline, "", *columns(rows), "", "Try next:", *_next_steps(running, profile, here)])


def _next_steps(running: Running, profile: str, here: str) -> list[str]:
    """What to type. The endpoint is spelled out: the AWS CLI takes it from a profile only since 2.13 and 1.29."""
    aws = f"aws --endpoint-url {running.endpoint}" + (f" --profile {profile}" if profile else "")
    calls = [f"  {aws} sts get-caller-identity", f"  {aws} iam create-user --user-name alice"]
    shell = f'  eval "$({{cli}} env{here})"'
    status = f"  {{cli}} status{here}"
    return [*calls, shell, status] if profile else [shell, *calls, status]


def _write_profile(settings: Settings, folder: DataFolder, running: Running, admin: Admin) -> str:
    """The profile of this cloud's admin: written unless there is one of that name. Its name, or nothing."""
    if not settings.aws_profile:
        return ""
    profile = Profile(settings.aws_profile)
    try:
        if not profile.exists():
            profile.write(
                {
                    "region": running.region,
                    "endpoint_url": running.endpoint,
                    "ca_bundle": str(folder.ca_certificate),
                },
                {"aws_access_key_id": admin.access_key_id, "aws_secret_access_key": admin.secret_access_key},
            )
    except OSError as error:
        warn(f"the profile {profile.name} was not written: {error}")
        return ""
    if profile.access_key_id() != admin.access_key_id:
        warn(
            f"the profile {profile.name} in {profile.credentials} is not of this cloud and stays as it is. "
            "Write another: {cli} up --profile NAME"
        )
        return ""
    if profile.endpoint_url() != running.endpoint:
        say(
            f"The profile {profile.name} names the endpoint {profile.endpoint_url() or '(none)'}; "
            f"set endpoint_url = {running.endpoint} in {profile.config}."
        )
    return profile.name
