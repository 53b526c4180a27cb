"""Hands mail to an SMTP server (RFC 5321), which has it from there on.

The connection is encrypted where the server offers it, and always before a password is told. Threads do the waiting.
"""

import asyncio
import smtplib
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from groundcloud.engines.mail import Envelope, NotSent

_SECONDS = 30.0
_THREADS = 4


class Relay(NamedTuple):
    """The server to hand mail to. `tls`: from the first byte, as on port 465."""

    host: str
    port: int
    tls: bool = False
    user: str = ""
    password: str = ""


def relay_of(url: str) -> Relay:
    """The server that `smtp://user:password@host:587` or `smtps://host` means. Raises `ValueError`."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("it is smtp://host:port or smtps://host:port")
    tls = parts.scheme == "smtps"
    port = parts.port or (465 if tls else 587 if parts.username else 25)
    return Relay(parts.hostname, port, tls, unquote(parts.username or ""), unquote(parts.password or ""))


class SmtpRelay:
    """Fulfils `Mail`."""

    def __init__(self, relay: Relay, context: ssl.SSLContext | None = None) -> None:
        self._relay = relay
        self._context = context
        self._threads = ThreadPoolExecutor(_THREADS, "mail")

    async def send(self, envelope: Envelope) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, self._send, envelope)

    def _send(self, envelope: Envelope) -> None:
        try:
            with self._connect() as server:
                server.sendmail(envelope.sender, envelope.recipients, envelope.message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise NotSent(f"the server takes no mail for {', '.join(error.recipients)}", min(codes) >= 500) from error
        except smtplib.SMTPResponseException as error:
            text = (
                error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
            )
            raise NotSent(f"the server answered {error.smtp_code} {text}", error.smtp_code >= 500) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        relay = self._relay
        context = self._context or ssl.create_default_context()
        if relay.tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(relay.host, relay.port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(relay.host, relay.port, timeout=_SECONDS)
        try:
            server.ehlo()
            if not relay.tls and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif not relay.tls and relay.password:
                raise NotSent("the server offers no encryption, and no password is told without it", permanent=True)
            if relay.password:
                server.login(relay.user, relay.password)
        except BaseException:
            server.close()
            raise
        return server
