"""The phones of a folder, and the command that shows them."""

import asyncio
import json

import pytest

from groundcloud.cli import main
from groundcloud.engines.phones import PhoneMessage
from groundcloud.engines.phones.inbox import LocalPhones


@pytest.fixture()
def phones(tmp_path):
    made = LocalPhones(tmp_path / "phones")
    asyncio.run(made.send(PhoneMessage("sms", "+12065550100", "hello", "123456789012", "us-east-1", "NOTICE")))
    asyncio.run(made.send(PhoneMessage("GCM", "device", "push", "123456789012", "us-east-1", "app")))
    return made


def test_messages_are_kept_in_order(phones):
    first, second = phones.list()
    assert (first.message.text, second.message.text) == ("hello", "push")
    assert phones.get(first.id) == first
    assert phones.get("../secret") is None


def test_a_reply_is_there_until_it_is_forgotten(phones):
    phones.reply(next(phones.list()), "STOP")
    [reply] = asyncio.run(phones.replies())
    assert reply[1:] == ("+12065550100", "STOP", "123456789012", "us-east-1")
    asyncio.run(phones.forget(reply))
    assert asyncio.run(phones.replies()) == []


def test_the_command_shows_messages_and_answers_them(phones, tmp_path, capsys):
    data = ["--data", str(tmp_path), "--json"]
    assert main(["phone", *data]) == 0
    assert [each["text"] for each in json.loads(capsys.readouterr().out)] == ["hello", "push"]
    assert main(["phone", "last", "--to", "+12065550100", "--reply", "STOP", *data]) == 0
    assert json.loads(capsys.readouterr().out)["carrier"] == "sms"
    assert [reply.text for reply in asyncio.run(phones.replies())] == ["STOP"]
    assert main(["phone", "last", "--reply", "STOP", *data]) == 1
    assert main(["phone", "0", *data]) == 1
