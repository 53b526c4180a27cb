"""`groundcloud account`: accounts of this cloud, each with an admin.

It works on the store itself, whether the server runs or not. The keys of a new admin are printed and kept nowhere.
"""

import argparse
import re
from typing import TYPE_CHECKING, Any

from groundcloud.cli.output import Failure, answer, columns
from groundcloud.settings import Loaded, Settings

if TYPE_CHECKING:
    from groundcloud.main import Cloud


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("account", help="make and list accounts")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    create = actions.add_parser("create", parents=[common], help="make an account and its admin; prints the keys")
    create.add_argument("name", metavar="NAME")
    create.add_argument("--email", help="its address, which no other account has")
    create.set_defaults(run=run_create)
    listing = actions.add_parser("list", parents=[common], help="list the accounts")
    listing.set_defaults(run=run_list)


def run_create(options: argparse.Namespace, loaded: Loaded) -> int:
    from groundcloud.main import EmailTaken

    name = options.name.strip()
    if not 1 <= len(name) <= 50:
        raise Failure("An account's name has 1 to 50 characters.", code=2)
    email = options.email or f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-') or 'account'}@groundcloud.invalid"
    cloud = _open(loaded.settings)
    try:
        account = cloud.create_account(name, email)
        key = cloud.create_admin(account)
    except EmailTaken as error:
        raise Failure(
            f"An account with the address {email} exists.", "Give another: {cli} account create NAME --email ADDRESS"
        ) from error
    finally:
        cloud.close()
    found = {
        "account_id": account,
        "name": name,
        "email": email,
        "user_name": "admin",
        "access_key_id": key["access_key_id"],
        "secret_access_key": key["secret_access_key"],
    }
    rows = [(f"  {field.replace('_', ' ')}", value) for field, value in found.items()]
    answer(found, options.json, [f"The account {name} is made.", *columns(rows), "The keys are shown this once only."])
    return 0


def run_list(options: argparse.Namespace, loaded: Loaded) -> int:
    cloud = _open(loaded.settings)
    try:
        found = cloud.accounts()
    finally:
        cloud.close()
    default = cloud.default_account
    accounts = [
        {
            "account_id": each.account,
            "name": each.name,
            "email": each.email,
            "status": each.status,
            "default": each.account == default,
        }
        for each in found
    ]
    rows = [("ACCOUNT", "NAME", "EMAIL", "STATUS")]
    rows += [(each.account, each.name, each.email, each.status) for each in found]
    answer(accounts, options.json, columns(rows))
    return 0


def _open(settings: Settings) -> "Cloud":
    """The cloud's store, which the server may be using too. Raises `Failure`."""
    if not (settings.data / "installation.key").exists():
        raise Failure(f"There is no cloud in {settings.data}.", "Make it: {cli} up")
    import io

    from groundcloud.main import open_cloud
    from groundcloud.start import StartFailed, explained

    try:
        with explained(settings):
            return open_cloud(
                settings.data, store_url=settings.store_url, region=settings.region, call_log=io.BytesIO()
            )
    except StartFailed as error:
        raise Failure(error.message, error.hint) from error
