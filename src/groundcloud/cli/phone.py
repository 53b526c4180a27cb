"""`groundcloud phone`: the text messages and push notifications that this cloud has sent, and answers to them."""

import argparse
from typing import TYPE_CHECKING, Any

from groundcloud.cli.output import Failure, answer, columns
from groundcloud.settings import Loaded

if TYPE_CHECKING:  # imported where it is needed: other commands do not wait for it
    from groundcloud.engines.phones.inbox import Kept


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("phone", parents=[common], help="text messages and push notifications that were sent")
    parser.add_argument("id", nargs="?", help="show this one; `last` is the newest")
    parser.add_argument("--to", metavar="NUMBER", help="only those to this number or device token")
    parser.add_argument("--reply", metavar="TEXT", help="answer the text message; STOP opts its number out")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    """All messages, or one of them. Exit code 1 for one that is not there."""
    from groundcloud.engines.phones.inbox import LocalPhones

    phones = LocalPhones(loaded.settings.data / "phones")
    found = [kept for kept in phones.list() if not options.to or options.to == kept.message.to]
    if options.id is None:
        if options.reply:
            raise Failure("A reply needs the message that it answers.", "{cli} phone last --reply STOP")
        lines = columns([(kept.id, f"{kept.message.to}  {kept.message.text}") for kept in found])
        answer([_shown(kept) for kept in found], options.json, lines or ["No messages."])
        return 0
    wanted = found[-1] if options.id == "last" and found else phones.get(options.id)
    if wanted is None:
        raise Failure(f"There is no message {options.id}.", "{cli} phone lists them.")
    if options.reply:
        if wanted.message.carrier != "sms":
            raise Failure("Nobody can answer a push notification.", "{cli} phone lists text messages too.")
        phones.reply(wanted, options.reply)
    message = wanted.message
    head = [("from", message.sender), ("to", message.to), ("by", message.carrier)]
    answer(_shown(wanted), options.json, [*columns(head), "", message.text])
    return 0


def _shown(kept: "Kept") -> dict[str, Any]:
    return {"id": kept.id, **kept.message._asdict()}
