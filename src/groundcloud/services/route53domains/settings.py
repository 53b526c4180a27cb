"""What changes of a domain that is registered: name servers, contacts, privacy, locks, renewal, tags."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53domains import errors
from groundcloud.services.route53domains.domains import Consent
from groundcloud.services.route53domains.records import ContactDetail, Nameserver, Tag
from groundcloud.services.route53domains.shared import changed, existing


@operation(on="*", harmless=("FIAuthKey",))
def update_domain_nameservers(ctx: Context, domain_name: str, nameservers: Sequence[Nameserver]) -> object:
    found = existing(ctx, domain_name)
    if len(nameservers) > 6:
        raise errors.InvalidInput(reason="A domain has at most 6 name servers")
    found.nameservers = [Nameserver(each.name.lower().rstrip("."), each.glue_ips) for each in nameservers]
    return changed(ctx, found, "UPDATE_NAMESERVER")


@operation(on="*")
def update_domain_contact(
    ctx: Context,
    domain_name: str,
    admin_contact: ContactDetail | None = None,
    registrant_contact: ContactDetail | None = None,
    tech_contact: ContactDetail | None = None,
    billing_contact: ContactDetail | None = None,
    consent: Consent | None = None,
) -> object:
    found = existing(ctx, domain_name)
    found.admin_contact = admin_contact or found.admin_contact
    found.registrant_contact = registrant_contact or found.registrant_contact
    found.tech_contact = tech_contact or found.tech_contact
    found.billing_contact = billing_contact or found.billing_contact
    return changed(ctx, found, "UPDATE_DOMAIN_CONTACT")


@operation(on="*")
def update_domain_contact_privacy(
    ctx: Context,
    domain_name: str,
    admin_privacy: bool | None = None,
    registrant_privacy: bool | None = None,
    tech_privacy: bool | None = None,
    billing_privacy: bool | None = None,
) -> object:
    found = existing(ctx, domain_name)
    found.admin_privacy = found.admin_privacy if admin_privacy is None else admin_privacy
    found.registrant_privacy = found.registrant_privacy if registrant_privacy is None else registrant_privacy
    found.tech_privacy = found.tech_privacy if tech_privacy is None else tech_privacy
    found.billing_privacy = found.billing_privacy if billing_privacy is None else billing_privacy
    return changed(ctx, found, "CHANGE_PRIVACY_PROTECTION")


def _set_renewal(ctx: Context, domain_name: str, on: bool) -> None:
    found = existing(ctx, domain_name)
    found.auto_renew = on
    ctx.put(found)


@operation(on="*")
def enable_domain_auto_renew(ctx: Context, domain_name: str) -> None:
    _set_renewal(ctx, domain_name, True)


@operation(on="*")
def disable_domain_auto_renew(ctx: Context, domain_name: str) -> None:
    _set_renewal(ctx, domain_name, False)


def _set_lock(ctx: Context, domain_name: str, on: bool) -> object:
    found = existing(ctx, domain_name)
    found.transfer_lock = on
    return changed(ctx, found, "DOMAIN_LOCK")


@operation(on="*")
def enable_domain_transfer_lock(ctx: Context, domain_name: str) -> object:
    return _set_lock(ctx, domain_name, True)


@operation(on="*")
def disable_domain_transfer_lock(ctx: Context, domain_name: str) -> object:
    return _set_lock(ctx, domain_name, False)


@operation(on="*", read=True)
def list_tags_for_domain(ctx: Context, domain_name: str) -> object:
    return {"tag_list": existing(ctx, domain_name).tags}


@operation(on="*")
def update_tags_for_domain(ctx: Context, domain_name: str, tags_to_update: Sequence[Tag] = ()) -> None:
    found = existing(ctx, domain_name)
    tags = {tag.key: tag for tag in (*found.tags, *tags_to_update)}
    if len(tags) > 50:
        raise errors.InvalidInput(reason="A domain has at most 50 tags")
    found.tags = list(tags.values())
    ctx.put(found)


@operation(on="*")
def delete_tags_for_domain(ctx: Context, domain_name: str, tags_to_delete: Sequence[str]) -> None:
    found = existing(ctx, domain_name)
    found.tags = [tag for tag in found.tags if tag.key not in tags_to_delete]
    ctx.put(found)
