"""What Route 53 Domains remembers: domains, and the operations that change them."""

from datetime import datetime

from groundcloud.store import Part, Record


class ExtraParam(Part):
    name: str
    value: str


class ContactDetail(Part):
    first_name: str | None = None
    last_name: str | None = None
    contact_type: str | None = None
    organization_name: str | None = None
    address_line1: str | None = None
    address_line2: str | None = None
    city: str | None = None
    state: str | None = None
    country_code: str | None = None
    zip_code: str | None = None
    phone_number: str | None = None
    email: str | None = None
    fax: str | None = None
    extra_params: list[ExtraParam] | None = None


class Nameserver(Part):
    name: str
    glue_ips: list[str] | None = None


class Tag(Part):
    key: str = ""
    value: str = ""


class Domain(Record):
    table = "route53domains.domain"
    key = ("account", "name")
    indexes = {"by_name": ("name",)}

    account: str
    name: str
    nameservers: list[Nameserver]
    creation_date: datetime
    updated_date: datetime
    expiration_date: datetime
    admin_contact: ContactDetail
    registrant_contact: ContactDetail
    tech_contact: ContactDetail
    billing_contact: ContactDetail | None = None
    admin_privacy: bool = True
    registrant_privacy: bool = True
    tech_privacy: bool = True
    billing_privacy: bool = True
    auto_renew: bool = True
    transfer_lock: bool = True
    tags: list[Tag] = []


class DomainTransfer(Record):
    """A domain that its account offers to another one."""

    table = "route53domains.transfer"
    key = ("name",)
    watched = False

    name: str
    account: str
    receiver: str
    sealed: bytes
    """The password."""
    operation_id: str
    asked: datetime


class DomainOperation(Record):
    """A change of a domain on its way to the DNS server."""

    table = "route53domains.operation"
    key = ("account", "operation_id")
    indexes = {"by_date": ("account", "submitted", "operation_id")}

    account: str
    operation_id: str
    domain_name: str
    type: str
    status: str
    submitted: int
    """Milliseconds since 1970, by which they are listed."""
    submitted_date: datetime
    last_updated_date: datetime
