"""`groundcloud mail`: what the local mailbox holds."""

import argparse
from typing import TYPE_CHECKING, Any

from groundcloud.cli.output import Failure, answer, columns
from groundcloud.settings import Loaded

if TYPE_CHECKING:  # imported where it is needed: other commands do not wait for it
    from groundcloud.engines.mail.mailbox import Kept


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("mail", parents=[common], help="the mails that this cloud has sent")
    parser.add_argument("id", nargs="?", help="show this one; `last` is the newest")
    parser.add_argument("--to", metavar="ADDRESS", help="only those to this address")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    """All mails, or one of them. Exit code 1 for one that is not there."""
    from groundcloud.engines.mail.mailbox import LocalMailbox

    mailbox = LocalMailbox(loaded.settings.data / "mail")
    found = [kept for kept in mailbox.list() if not options.to or options.to in kept.recipients]
    if options.id is None:
        lines = columns([(kept.id, f"{', '.join(kept.recipients)}  {kept.subject}") for kept in found])
        answer([_shown(kept) for kept in found], options.json, lines or ["No mail."])
        return 0
    wanted = found[-1] if options.id == "last" and found else mailbox.get(options.id)
    if wanted is None:
        raise Failure(f"There is no mail {options.id}.", "{cli} mail lists them.")
    head = [
        ("from", str(wanted.message.get("From", wanted.sender))),
        ("to", ", ".join(wanted.recipients)),
        ("subject", wanted.subject),
    ]
    answer({**_shown(wanted), "text": wanted.text}, options.json, [*columns(head), "", wanted.text])
    return 0


def _shown(kept: "Kept") -> dict[str, Any]:
    return {"id": kept.id, "sender": kept.sender, "recipients": list(kept.recipients), "subject": kept.subject}
