"""Server certificates: uploaded with their private keys, which are kept sealed and never shown again."""

from collections.abc import Sequence
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.iam import provider_errors as errors
from groundcloud.services.iam.certificates import check_chain, check_key, read_certificate
from groundcloud.services.iam.common import new_unique_id, to_make
from groundcloud.services.iam.provider_common import check_quota, described, tags_set, without_tags
from groundcloud.services.iam.provider_records import ServerCertificate, ServerCertificateKey
from groundcloud.services.iam.records import Tag

KEY_PURPOSE = "server certificate"
MOST_CERTIFICATES = 20


def _new_certificate(ctx: Context, server_certificate_name: str, path: str, tags: Sequence[Tag]) -> list[Resource]:
    return to_make(ctx.arn(f"server-certificate{path}{server_certificate_name}"), tags, "iam:TagServerCertificate")


def _certificate(ctx: Context, server_certificate_name: str) -> Resource:
    found = ctx.get(ServerCertificate, server_certificate_name)
    arn = found.arn if found is not None else ctx.arn(f"server-certificate/{server_certificate_name}")
    return described(found, arn)


@operation(on=_new_certificate)
def upload_server_certificate(
    ctx: Context,
    server_certificate_name: str,
    certificate_body: str,
    private_key: str,
    path: str = "/",
    certificate_chain: str | None = None,
    tags: Sequence[Tag] = (),
) -> object:
    _check_free(ctx, server_certificate_name)
    check_quota(len(list(ctx.scan(ServerCertificate))), MOST_CERTIFICATES, "ServerCertificatesPerAccount")
    facts = read_certificate(certificate_body)
    check_key(facts, private_key)
    if certificate_chain:
        check_chain(certificate_body, certificate_chain)
    made = ServerCertificate(
        account=ctx.account,
        server_certificate_name=server_certificate_name,
        server_certificate_id=new_unique_id(ctx, "ASCA"),
        arn=ctx.arn(f"server-certificate{path}{server_certificate_name}"),
        upload_date=ctx.now(),
        expiration=facts.expires,
        certificate_body=certificate_body,
        certificate_chain=certificate_chain or None,
        path=path,
        tags=tags_set((), tags),
    )
    sealed = ctx.seal(private_key.encode(), KEY_PURPOSE)
    ctx.put(ServerCertificateKey(ctx.account, made.server_certificate_id, sealed))
    return {"server_certificate_metadata": _metadata(ctx.put(made)), "tags": made.tags or None}


def _check_free(ctx: Context, name: str) -> None:
    if any(name.lower() == each.server_certificate_name.lower() for each in ctx.scan(ServerCertificate)):
        raise errors.AlreadyExists(reason=f"The Server Certificate with name {name} already exists.")


def _metadata(certificate: ServerCertificate) -> dict[str, Any]:
    members = ("path", "server_certificate_name", "server_certificate_id", "arn", "upload_date", "expiration")
    return {name: getattr(certificate, name) for name in members}


@operation(on=_certificate, read=True)
def get_server_certificate(ctx: Context, server_certificate_name: str) -> object:
    found = ctx.find(ServerCertificate, server_certificate_name)
    return {
        "server_certificate": {
            "server_certificate_metadata": _metadata(found),
            "certificate_body": found.certificate_body,
            "certificate_chain": found.certificate_chain,
            "tags": found.tags or None,
        }
    }


@operation(on="*", read=True)
def list_server_certificates(ctx: Context, path_prefix: str = "/") -> dict[str, Page]:
    found = ctx.page(ServerCertificate, where=lambda each: each.path.startswith(path_prefix), each=_metadata)
    return {"server_certificate_metadata_list": found}


def _before_and_after(
    ctx: Context, server_certificate_name: str, new_path: str, new_server_certificate_name: str
) -> list[Resource]:
    """Renaming takes the permission for both names (API reference, UpdateServerCertificate)."""
    found = ctx.get(ServerCertificate, server_certificate_name)
    before = _certificate(ctx, server_certificate_name)
    path = new_path or (found.path if found is not None else "/")
    after = ctx.arn(f"server-certificate{path}{new_server_certificate_name or server_certificate_name}")
    return [before, before._replace(arn=after)]


@operation(on=_before_and_after)
def update_server_certificate(
    ctx: Context, server_certificate_name: str, new_path: str = "", new_server_certificate_name: str = ""
) -> None:
    found = ctx.find(ServerCertificate, server_certificate_name)
    name, path = new_server_certificate_name or server_certificate_name, new_path or found.path
    if name.lower() != server_certificate_name.lower():
        _check_free(ctx, name)
    arn = ctx.arn(f"server-certificate{path}{name}")
    ctx.delete(found)
    ctx.put(msgspec.structs.replace(found, server_certificate_name=name, path=path, arn=arn))


@operation(on=_certificate)
def delete_server_certificate(ctx: Context, server_certificate_name: str) -> None:
    found = ctx.find(ServerCertificate, server_certificate_name)
    if (key := ctx.get(ServerCertificateKey, found.server_certificate_id)) is not None:
        ctx.delete(key)
    ctx.delete(found)


@operation(on=_certificate)
def tag_server_certificate(ctx: Context, server_certificate_name: str, tags: Sequence[Tag]) -> None:
    found = ctx.find(ServerCertificate, server_certificate_name)
    found.tags = tags_set(found.tags, tags)
    ctx.put(found)


@operation(on=_certificate)
def untag_server_certificate(ctx: Context, server_certificate_name: str, tag_keys: Sequence[str]) -> None:
    found = ctx.find(ServerCertificate, server_certificate_name)
    found.tags = without_tags(found.tags, tag_keys)
    ctx.put(found)


@operation(on=_certificate, read=True)
def list_server_certificate_tags(ctx: Context, server_certificate_name: str) -> dict[str, Page]:
    return {"tags": page_of(ctx.find(ServerCertificate, server_certificate_name).tags, key=lambda tag: tag.key)}
