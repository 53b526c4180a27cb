"""What SES keeps: identities, templates, configuration sets, and how much was sent."""

from datetime import datetime

from groundcloud.services.ses.errors import (
    ConfigurationSetDoesNotExist,
    EventDestinationDoesNotExist,
    TemplateDoesNotExist,
)
from groundcloud.store import Part, Record

DKIM_PURPOSE = "ses dkim key"
"""What private keys are sealed for."""


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
    dkim_origin: str = "AWS_SES"
    """EXTERNAL: the owner has brought the key."""
    dkim_bits: int = 2048
    topics: dict[str, str] = {}
    """Who hears of what becomes of mail: topics by `Bounce`, `Complaint` and `Delivery`."""
    headers_in: list[str] = []
    """The notifications that show the headers of the mail."""
    forwarding: bool = True
    configuration_set: str = ""
    """For mail that names none."""

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


class DkimKey(Record):
    """The key that signs mail of a domain."""

    table = "ses.dkim_key"
    key = ("account", "region", "identity")
    indexes = {"by_token": lambda key: [(token,) for token in key.tokens]}
    watched = False

    account: str
    region: str
    identity: str
    selector: str
    public: str
    """Base64, as the DNS has it."""
    sealed: bytes
    """The private key: PKCS #8."""
    bits: int
    made: datetime
    tokens: list[str] = []
    """Names below dkim.amazonses.com where the public key is found; none for a key that its owner brought."""

    def fits(self, identity: Identity) -> bool:
        """Whether it is the key that the identity wants made."""
        wanted = (identity.dkim_origin, identity.dkim_tokens, identity.dkim_bits)
        return wanted == ("AWS_SES", self.tokens, self.bits)


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
    suppressed_reasons: list[str] | None = None
    """None where the account's are its."""
    sending_enabled: bool = True


class DimensionConfiguration(Part):
    dimension_name: str
    dimension_value_source: str
    default_dimension_value: str


class EventDestination(Record):
    """Who hears of what becomes of a configuration set's mail: a topic, or CloudWatch."""

    table = "ses.event_destination"
    key = ("account", "region", "configuration_set", "name")
    absent = EventDestinationDoesNotExist
    watched = False

    account: str
    region: str
    configuration_set: str
    name: str
    enabled: bool
    types: list[str]
    """As the second API spells them: `RENDERING_FAILURE`."""
    topic_arn: str = ""
    dimensions: list[DimensionConfiguration] = []


class SuppressionSettings(Record):
    """For which reasons an account sends no more to an address."""

    table = "ses.suppression_settings"
    key = ("account", "region")
    watched = False

    account: str
    region: str
    reasons: tuple[str, ...] = ("BOUNCE", "COMPLAINT")


class AccountSending(Record):
    """Whether an account may send mail."""

    table = "ses.account_sending"
    key = ("account", "region")
    watched = False

    account: str
    region: str
    enabled: bool


class SuppressedAddress(Record):
    table = "ses.suppressed_address"
    key = ("account", "region", "address")
    watched = False

    account: str
    region: str
    address: str
    """In lower case."""
    reason: str
    at: datetime
    message_id: str = ""
    feedback_id: str = ""


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
    bounces: int = 0
    complaints: int = 0
