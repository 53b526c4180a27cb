"""Domains: registered for years, renewed, described, listed, changed and given up.

They cost nothing here and belong to this cloud only: its DNS server answers for them as their name servers say.
"""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.route53domains import errors
from groundcloud.services.route53domains.records import ContactDetail, Domain, Nameserver
from groundcloud.services.route53domains.shared import begin, changed, existing, is_taken, plain_name, years_later
from groundcloud.store import Part


class FilterCondition(Part):
    name: str
    operator: str
    values: list[str]


class SortCondition(Part):
    name: str
    sort_order: str


class Consent(Part):
    max_price: float
    currency: str


@operation(on="*", read=True)
def check_domain_availability(ctx: Context, domain_name: str, idn_lang_code: str | None = None) -> object:
    return {"availability": "UNAVAILABLE" if is_taken(ctx, plain_name(domain_name)) else "AVAILABLE"}


@operation(on="*")
def register_domain(
    ctx: Context,
    domain_name: str,
    duration_in_years: int,
    admin_contact: ContactDetail,
    registrant_contact: ContactDetail,
    tech_contact: ContactDetail,
    idn_lang_code: str | None = None,
    auto_renew: bool = True,
    privacy_protect_admin_contact: bool = True,
    privacy_protect_registrant_contact: bool = True,
    privacy_protect_tech_contact: bool = True,
    billing_contact: ContactDetail | None = None,
    privacy_protect_billing_contact: bool = True,
    consent: Consent | None = None,
) -> object:
    """With a hosted zone of its name, whose name servers it gets (Developer Guide, "Registering a new domain")."""
    name = plain_name(domain_name)
    if is_taken(ctx, name):
        raise errors.InvalidInput(reason=f"Domain {name} is not available for registration")
    for contact in (admin_contact, registrant_contact, tech_contact):
        _check_contact(contact)
    answer = begin(ctx, name, "REGISTER_DOMAIN")
    zone = ctx.call(
        "route53", "create_hosted_zone", name=name, caller_reference=f"RISWorkflow-RD:{answer['operation_id']}",
        hosted_zone_config={"comment": "HostedZone created by Route53 Registrar"},
    )  # fmt: skip
    now = ctx.now()
    ctx.put(
        Domain(
            account=ctx.account, name=name, creation_date=now, updated_date=now,
            nameservers=[Nameserver(each) for each in zone["delegation_set"]["name_servers"]],
            expiration_date=years_later(now, duration_in_years), admin_contact=admin_contact,
            registrant_contact=registrant_contact, tech_contact=tech_contact, billing_contact=billing_contact,
            admin_privacy=privacy_protect_admin_contact, registrant_privacy=privacy_protect_registrant_contact,
            tech_privacy=privacy_protect_tech_contact, billing_privacy=privacy_protect_billing_contact,
            auto_renew=auto_renew,
        )
    )  # fmt: skip
    return answer


def _check_contact(contact: ContactDetail) -> None:
    for member in ("first_name", "last_name", "email", "phone_number", "address_line1", "city", "country_code"):
        if not getattr(contact, member):
            shown = "".join(part.capitalize() for part in member.split("_"))
            raise errors.InvalidInput(reason=f"Contact detail {shown} is required")


@operation(on="*")
def renew_domain(
    ctx: Context,
    domain_name: str,
    current_expiry_year: int,
    duration_in_years: int = 1,
    consent: Consent | None = None,
) -> object:
    found = existing(ctx, domain_name)
    if found.expiration_date.year != current_expiry_year:
        raise errors.InvalidInput(reason=f"The domain {found.name} does not expire in {current_expiry_year}")
    later = years_later(found.expiration_date, duration_in_years)
    if later > years_later(ctx.now(), 10):
        raise errors.InvalidInput(reason="A domain is registered for at most 10 years")
    found.expiration_date = later
    return changed(ctx, found, "RENEW_DOMAIN")


@operation(on="*")
def delete_domain(ctx: Context, domain_name: str) -> object:
    found = existing(ctx, domain_name)
    ctx.delete(found)
    return begin(ctx, found.name, "DELETE_DOMAIN")


@operation(on="*", read=True)
def get_domain_detail(ctx: Context, domain_name: str) -> object:
    found = existing(ctx, domain_name)
    fields = {
        name: getattr(found, name) for name in Domain.__struct_fields__ if name not in ("account", "name", "tags")
    }
    status = ["clientTransferProhibited"] if found.transfer_lock else ["ok"]
    return {
        **fields,
        "domain_name": found.name,
        "registrar_name": "Groundcloud",
        "status_list": status,
    }


@operation(on="*", read=True, page_size=20)
def list_domains(
    ctx: Context,
    filter_conditions: Sequence[FilterCondition] = (),
    sort_condition: SortCondition | None = None,
) -> dict[str, Page]:
    found = [each for each in ctx.scan(Domain) if all(_fits(each, wanted) for wanted in filter_conditions)]
    if sort_condition is None or (sort_condition.name, sort_condition.sort_order) == ("DomainName", "ASC"):
        return {"domains": _page(found, lambda each: each.name)}
    by_name = sort_condition.name == "DomainName"
    found.sort(key=lambda each: each.name if by_name else str(each.expiration_date))
    if sort_condition.sort_order == "DESC":
        found.reverse()
    places = {each.name: f"{number:08}" for number, each in enumerate(found)}
    return {"domains": _page(found, lambda each: places[each.name])}


def _page(found: Sequence[Domain], key: Any) -> Page:
    shown = page_of(found, key=key)
    return Page(lambda after: ((position, _summary(each)) for position, each in shown.start(after)))


def _summary(found: Domain) -> dict[str, Any]:
    return {
        "domain_name": found.name,
        "auto_renew": found.auto_renew,
        "transfer_lock": found.transfer_lock,
        "expiry": found.expiration_date,
    }


def _fits(found: Domain, wanted: FilterCondition) -> bool:
    value = wanted.values[0]
    if wanted.name == "DomainName":
        return found.name.startswith(value.lower())
    try:
        limit = float(value)
    except ValueError as error:
        raise errors.InvalidInput(reason=f"Invalid value for Expiry: {value}") from error
    expiry = found.expiration_date.timestamp()
    return expiry <= limit if wanted.operator == "LE" else expiry >= limit
