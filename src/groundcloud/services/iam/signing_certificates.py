"""Signing certificates of users: two at most. They sign nothing that this cloud reads; tools keep them here."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.certificates import read_certificate
from groundcloud.services.iam.common import caller_or, user
from groundcloud.services.iam.provider_common import check_quota
from groundcloud.services.iam.provider_records import SigningCertificate
from groundcloud.services.iam.records import User
from groundcloud.tokens import BASE32

MOST_CERTIFICATES = 2


def _name(ctx: Context, user_name: str) -> str:
    name = caller_or(ctx, user_name)
    if name:
        ctx.find(User, name)
    return name


def _found(ctx: Context, user_name: str, certificate_id: str) -> SigningCertificate:
    found = ctx.get(SigningCertificate, _name(ctx, user_name), certificate_id)
    if found is None:
        raise errors.NoSuchCertificate(certificate_id=certificate_id)
    return found


@operation(on=user)
def upload_signing_certificate(ctx: Context, certificate_body: str, user_name: str = "") -> object:
    name = _name(ctx, user_name)
    facts = read_certificate(certificate_body)
    if facts.expires <= ctx.now():
        raise errors.InvalidCertificate(reason="The certificate has expired.")
    others = list(ctx.scan(SigningCertificate, name))
    for other in others:
        if read_certificate(other.certificate_body).der == facts.der:
            raise errors.DuplicateCertificate(certificate_id=other.certificate_id)
    check_quota(len(others), MOST_CERTIFICATES, "CertificatesPerUser")
    made = SigningCertificate(
        account=ctx.account,
        user_name=name,
        certificate_id=ctx.random_text(BASE32, 32),
        certificate_body=certificate_body,
        upload_date=ctx.now(),
    )
    return {"certificate": ctx.put(made)}


@operation(on=user, read=True)
def list_signing_certificates(ctx: Context, user_name: str = "") -> dict[str, Page]:
    return {"certificates": ctx.page(SigningCertificate, _name(ctx, user_name))}


@operation(on=user)
def update_signing_certificate(ctx: Context, certificate_id: str, status: str, user_name: str = "") -> None:
    found = _found(ctx, user_name, certificate_id)
    found.status = status
    ctx.put(found)


@operation(on=user)
def delete_signing_certificate(ctx: Context, certificate_id: str, user_name: str = "") -> None:
    ctx.delete(_found(ctx, user_name, certificate_id))
