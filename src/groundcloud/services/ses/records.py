"""What SES keeps: identities, templates, configuration sets, and how much was sent."""

from datetime import datetime

from groundcloud.services.ses.errors import ConfigurationSetDoesNotExist, TemplateDoesNotExist
from groundcloud.store import Part, Record


class Tag(Part):
    key: str
    value: str


class Identity(Record):
    """An address or a domain that mail may come from, once it is verified."""

    table = "ses.identity"
    key = ("account", "region", "identity")

    account: str
    region: str
    identity: str
    asked: datetime
    token: str
    dkim_tokens: list[str] = []
    dkim_enabled: bool = False
    dkim_verified: bool = False
    verified: bool = False
    failed: bool = False
    """Nobody answered in time: 24 hours for an address, 72 for a domain."""
    tags: dict[str, str] = {}

    @property
    def domain(self) -> bool:
        return "@" not in self.identity

    @property
    def arn(self) -> str:
        return f"arn:aws:ses:{self.region}:{self.account}:identity/{self.identity}"

    @property
    def status(self) -> str:
        """In the words of the first API: `Success`."""
        return "Success" if self.verified else "Failed" if self.failed else "Pending"

    @property
    def dkim_status(self) -> str:
        if not self.dkim_tokens:
            return "NotStarted"
        return "Success" if self.dkim_verified else "Failed" if self.failed else "Pending"


class Template(Record):
    table = "ses.template"
    key = ("account", "region", "template_name")
    absent = TemplateDoesNotExist
    watched = False

    account: str
    region: str
    template_name: str
    created: datetime
    subject: str = ""
    text: str | None = None
    html: str | None = None


class ConfigurationSet(Record):
    table = "ses.configuration_set"
    key = ("account", "region", "name")
    absent = ConfigurationSetDoesNotExist
    watched = False

    account: str
    region: str
    name: str
    tags: dict[str, str] = {}


class Tally(Record):
    """What was sent in a quarter of an hour."""

    table = "ses.tally"
    key = ("account", "region", "at")
    watched = False

    account: str
    region: str
    at: int
    delivery_attempts: int = 0
    rejects: int = 0
