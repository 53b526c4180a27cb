import asyncio
from email.message import EmailMessage

from groundcloud.engines.mail import Envelope
from groundcloud.engines.mail.mailbox import LocalMailbox


def mail(subject, text="hello"):
    made = EmailMessage()
    made["Subject"] = subject
    made.set_content(text)
    return Envelope("a@example.com", ("b@example.com", "c@example.com"), made.as_bytes())


def test_mails_are_kept_in_order_and_read_as_they_were_sent(tmp_path):
    mailbox = LocalMailbox(tmp_path / "mail")
    for subject in ("first", "größer"):
        asyncio.run(mailbox.send(mail(subject)))
    first, second = mailbox.list()
    assert (first.subject, second.subject) == ("first", "größer")
    assert (first.sender, first.recipients) == ("a@example.com", ("b@example.com", "c@example.com"))
    assert first.text == "hello\n"
    assert mailbox.get(second.id).subject == "größer"


def test_a_mail_that_was_not_written_to_its_end_is_not_there(tmp_path):
    mailbox = LocalMailbox(tmp_path)
    kept = mailbox.keep(mail("whole"))
    (tmp_path / ".half").write_bytes(b'{"sender": ')
    assert [each.id for each in mailbox.list()] == [kept]


def test_nothing_outside_of_the_folder_is_shown(tmp_path):
    (tmp_path / "secret.eml").write_text("{}\n")
    assert LocalMailbox(tmp_path / "mail").get("../secret") is None


def test_the_text_has_the_line_ends_of_this_system(tmp_path):
    """Whoever cuts a link out of it by `grep` must not get a carriage return with it."""
    made = mail("link", "Follow this link:\nhttp://127.0.0.1/confirm\n")
    mailbox = LocalMailbox(tmp_path)
    mailbox.keep(made._replace(message=made.message.replace(b"\n", b"\r\n")))
    assert next(mailbox.list()).text == "Follow this link:\nhttp://127.0.0.1/confirm\n"
