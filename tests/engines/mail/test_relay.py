"""The relay against a real SMTP server: aiosmtpd on loopback."""

import asyncio
import ssl
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from groundcloud.ca import server_context, server_names
from groundcloud.engines.mail import Envelope, NotSent
from groundcloud.engines.mail.relay import Relay, SmtpRelay, relay_of


class Box:
    """Keeps what comes; refuses as a test says."""

    def __init__(self) -> None:
        self.mails = []
        self.refuses = ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.mail_from, envelope.rcpt_tos, envelope.content, session.authenticated))
        return "250 OK"


class Server(Controller):
    def __init__(self, box, **options):
        super().__init__(box, hostname="127.0.0.1", port=0)
        self._options = options

    def factory(self):
        return SMTP(self.handler, **self._options)

    def _trigger_server(self):
        """The port is known once it listens."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture()
def box():
    return Box()


@pytest.fixture()
def serve(box):
    running = []

    def start(**options):
        server = Server(box, **options)
        server.start()
        running.append(server)
        return server.port

    yield start
    for server in running:
        server.stop()


def mail():
    made = EmailMessage()
    made["Subject"] = "greeting"
    made.set_content("hello")
    return Envelope("a@example.com", ("b@example.com", "c@example.com"), made.as_bytes())


def send(relay, context=None):
    asyncio.run(SmtpRelay(relay, context).send(mail()))


def test_the_server_gets_envelope_and_message(box, serve):
    send(Relay("127.0.0.1", serve()))
    [(sender, recipients, content, _)] = box.mails
    assert (sender, recipients) == ("a@example.com", ["b@example.com", "c@example.com"])
    assert b"Subject: greeting" in content


def test_a_password_is_told_over_an_encrypted_connection_only(box, serve, tmp_path):
    server_side = server_context(tmp_path, server_names("us-east-1", ("127.0.0.1",)))
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    trusting.check_hostname = False

    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"me", b"example"), handled=False)

    port = serve(tls_context=server_side, authenticator=check, auth_required=True)
    send(Relay("127.0.0.1", port, user="me", password="example"), trusting)
    assert box.mails[0][3] is True
    with pytest.raises(NotSent, match="535") as caught:
        send(Relay("127.0.0.1", port, user="me", password="wrong"), trusting)
    assert caught.value.permanent
    with pytest.raises(NotSent, match="no password is told"):
        send(Relay("127.0.0.1", serve(), user="me", password="example"))


@pytest.mark.parametrize(("answer", "permanent"), [("450 later", False), ("550 unknown", True)])
def test_whether_a_refusal_is_for_good_is_the_servers_word(box, serve, answer, permanent):
    box.refuses = answer
    with pytest.raises(NotSent) as caught:
        send(Relay("127.0.0.1", serve()))
    assert caught.value.permanent is permanent


def test_a_server_that_is_not_there_may_come_back():
    with pytest.raises(NotSent) as caught:
        send(Relay("127.0.0.1", 1))
    assert not caught.value.permanent


def test_addresses_of_servers():
    assert relay_of("smtp://mail.example.com") == Relay("mail.example.com", 25)
    assert relay_of("smtps://mail.example.com") == Relay("mail.example.com", 465, tls=True)
    found = relay_of("smtp://me%40example.com:ex%2Fample@mail.example.com")
    assert found == Relay("mail.example.com", 587, user="me@example.com", password="ex/ample")
    for wrong in ("mail.example.com", "http://mail.example.com"):
        with pytest.raises(ValueError, match="smtp://host:port"):
            relay_of(wrong)
