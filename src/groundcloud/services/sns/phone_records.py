"""What SNS remembers of phones: applications and devices that get push notifications, and numbers that get texts."""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.sns import errors
from groundcloud.store import Key, Record


class PlatformApplication(Record):
    table = "sns.platform_application"
    key = ("account", "region", "platform", "name")
    absent = errors.PlatformApplicationNotFound

    account: str
    region: str
    platform: str
    name: str
    sealed: bytes
    """The credentials for the platform's service: a JSON object of attributes."""
    attributes: dict[str, str] = {}
    """All others that were set."""

    @property
    def arn(self) -> str:
        return f"arn:aws:sns:{self.region}:{self.account}:app/{self.platform}/{self.name}"


def _by_token(endpoint: "PlatformEndpoint") -> Iterable[Key]:
    place = (endpoint.account, endpoint.region, endpoint.platform, endpoint.application)
    return [(*place, endpoint.token)]


class PlatformEndpoint(Record):
    """A device with an application."""

    table = "sns.platform_endpoint"
    key = ("account", "region", "platform", "application", "id")
    indexes = {"by_token": _by_token}
    absent = errors.EndpointNotFound
    watched = False

    account: str
    region: str
    platform: str
    application: str
    id: str
    token: str
    enabled: bool = True
    user_data: str = ""

    @property
    def arn(self) -> str:
        return f"arn:aws:sns:{self.region}:{self.account}:endpoint/{self.platform}/{self.application}/{self.id}"

    @property
    def shown(self) -> dict[str, str]:
        """Its attributes, as AWS spells them."""
        found = {"Token": self.token, "Enabled": str(self.enabled).lower()}
        return {**found, "CustomUserData": self.user_data} if self.user_data else found


class TextPreferences(Record):
    """An account's SMS attributes in a Region."""

    table = "sns.text_preferences"
    key = ("account", "region")
    watched = False

    account: str
    region: str
    attributes: dict[str, str] = {}


class OptedOutNumber(Record):
    """A number that wants no texts of this account. `opted_in` keeps the day of its last opt-in."""

    table = "sns.opted_out"
    key = ("account", "region", "number")
    watched = False

    account: str
    region: str
    number: str
    out: bool
    opted_in: datetime | None = None


class SandboxNumber(Record):
    """A number that an account has registered, and whether its holder has shown the password sent to it."""

    table = "sns.sandbox_number"
    key = ("account", "region", "number")
    absent = errors.PhoneNumberNotFound
    watched = False

    account: str
    region: str
    number: str
    sealed: bytes
    """The password that was sent."""
    sent: datetime
    verified: bool = False
    attempts: int = 0
