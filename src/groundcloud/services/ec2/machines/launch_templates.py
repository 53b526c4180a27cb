"""Launch templates: what launches have in common, in versions. A launch's own words count over its template's."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, TagSpecification, as_resource, find, made, register
from groundcloud.services.ec2.filters import Filter, Filters, listed, matcher
from groundcloud.services.ec2.machines.parts import (
    CreditSpecification,
    EnclaveOptions,
    HibernationOptions,
    InterfaceSpecification,
    MaintenanceOptions,
    Mapping,
    MarketOptions,
    MetadataSpecification,
    MonitoringSpecification,
    PlacementSpecification,
    PrivateDnsNameOptions,
    ProfileSpecification,
    TemplateSpecification,
)
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once
from groundcloud.store import Part, Record

_STAMP = "%Y-%m-%dT%H:%M:%S.000Z"


class TemplateData(Part):
    """What a version says; None and empty lists are what it leaves to the launch."""

    ebs_optimized: bool | None = None
    iam_instance_profile: ProfileSpecification | None = None
    block_device_mappings: list[Mapping] = []
    network_interfaces: list[InterfaceSpecification] = []
    image_id: str = ""
    instance_type: str = ""
    key_name: str = ""
    monitoring: MonitoringSpecification | None = None
    placement: PlacementSpecification | None = None
    disable_api_termination: bool | None = None
    instance_initiated_shutdown_behavior: str = ""
    user_data: str = ""
    tag_specifications: list[TagSpecification] = []
    security_group_ids: list[str] = []
    security_groups: list[str] = []
    instance_market_options: MarketOptions | None = None
    credit_specification: CreditSpecification | None = None
    metadata_options: MetadataSpecification | None = None
    disable_api_stop: bool | None = None
    hibernation_options: HibernationOptions | None = None
    enclave_options: EnclaveOptions | None = None
    maintenance_options: MaintenanceOptions | None = None
    private_dns_name_options: PrivateDnsNameOptions | None = None

    def said(self) -> dict[str, Any]:
        """What is not left to the launch, by the names of RunInstances' arguments."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if value is not None and value not in ("", [])}


class LaunchTemplate(Tagged):
    table = "ec2.launch_template"
    key = ("owner_id", "region", "launch_template_id")
    indexes = {"by_name": ("owner_id", "region", "launch_template_name")}
    absent = errors.NoSuchLaunchTemplate
    prefix, resource_type = "lt", "launch-template"

    owner_id: str
    region: str
    launch_template_id: str
    launch_template_name: str
    create_time: datetime
    created_by: str
    default_version_number: int = 1
    latest_version_number: int = 1


class LaunchTemplateVersion(Record):
    table = "ec2.launch_template_version"
    key = ("owner_id", "region", "launch_template_id", "version_number")
    watched = False

    owner_id: str
    region: str
    launch_template_id: str
    version_number: int
    create_time: datetime
    created_by: str
    launch_template_data: TemplateData
    version_description: str | None = None


register(LaunchTemplate)


def template(ctx: Context, template_id: str, name: str) -> LaunchTemplate:
    """The template that an id or a name means. Raises EC2's errors for none, for both, and for one that is absent."""
    if bool(template_id) == bool(name):
        raise errors.MissingParameter(name="LaunchTemplateId or LaunchTemplateName")
    if template_id:
        return find(ctx, LaunchTemplate, template_id)
    found = next(ctx.scan(LaunchTemplate, name, index="by_name"), None)
    if found is None:
        raise errors.NoSuchLaunchTemplateName()
    return found


def known_template(ctx: Context, wanted: TemplateSpecification) -> LaunchTemplate | None:
    """The template that is meant, if there is one: for permissions, which are asked for first."""
    if wanted.launch_template_id:
        return ctx.get(LaunchTemplate, wanted.launch_template_id)
    return next(ctx.scan(LaunchTemplate, wanted.launch_template_name, index="by_name"), None)


def version_of(ctx: Context, found: LaunchTemplate, version: str) -> LaunchTemplateVersion:
    """A version by its number, `$Latest` or `$Default`. Raises `InvalidLaunchTemplateId.VersionNotFound`."""
    number = {
        "$Latest": found.latest_version_number,
        "$Default": found.default_version_number,
        "": found.default_version_number,
    }.get(version)
    if number is None:
        if not version.isascii() or not version.isdigit():
            raise errors.InvalidParameterValue(reason=f"Invalid launch template version: {version}")
        number = int(version)
    kept = ctx.get(LaunchTemplateVersion, found.launch_template_id, number)
    if kept is None:
        raise errors.NoSuchLaunchTemplateVersion(id=found.launch_template_id, version=number)
    return kept


def data_of(ctx: Context, wanted: TemplateSpecification) -> dict[str, Any]:
    """What a launch's template says, as arguments of RunInstances."""
    found = template(ctx, wanted.launch_template_id, wanted.launch_template_name)
    return version_of(ctx, found, wanted.version).launch_template_data.said()


def _existing(ctx: Context, launch_template_id: str, launch_template_name: str) -> Resource:
    if launch_template_id:
        found = ctx.get(LaunchTemplate, launch_template_id)
    else:
        found = next(ctx.scan(LaunchTemplate, launch_template_name, index="by_name"), None)
    return (
        as_resource(found) if found is not None else Resource(ctx.arn(f"launch-template/{launch_template_id or '*'}"))
    )


def _new(ctx: Context, tag_specifications: Sequence[TagSpecification]) -> list[Resource]:
    return made(ctx, "launch-template", "CreateLaunchTemplate", tag_specifications, {"ec2:region": ctx.region})


def _version_view(found: LaunchTemplate, version: LaunchTemplateVersion) -> dict[str, Any]:
    return {
        "launch_template_id": found.launch_template_id,
        "launch_template_name": found.launch_template_name,
        "version_number": version.version_number,
        "version_description": version.version_description,
        "create_time": version.create_time,
        "created_by": version.created_by,
        "default_version": version.version_number == found.default_version_number,
        "launch_template_data": version.launch_template_data.said()
        | {"tag_specifications": version.launch_template_data.tag_specifications or None},
    }


def _new_version(
    ctx: Context, template_id: str, number: int, description: str | None, data: TemplateData
) -> LaunchTemplateVersion:
    return ctx.put(
        LaunchTemplateVersion(
            ctx.account, ctx.region, template_id, number, ctx.now(), ctx.principal.arn, data, description
        )
    )


@operation(on=_new)
def create_launch_template(
    ctx: Context,
    launch_template_name: str,
    launch_template_data: TemplateData,
    version_description: str | None = None,
    client_token: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    once = Once(ctx, "CreateLaunchTemplate", client_token, launch_template_name, launch_template_data)
    if once.made:
        return {"launch_template": find(ctx, LaunchTemplate, once.made[0])}
    if ctx.exists(LaunchTemplate, launch_template_name, index="by_name"):
        raise errors.LaunchTemplateExists()
    created = LaunchTemplate(
        owner_id=ctx.account, region=ctx.region, launch_template_id=ctx.new_id("lt"), create_time=ctx.now(),
        launch_template_name=launch_template_name, created_by=ctx.principal.arn,
        tags=tags_for(tag_specifications, "launch-template"),
    )  # fmt: skip
    ctx.put(created)
    _new_version(ctx, created.launch_template_id, 1, version_description, launch_template_data)
    once.remember(created.launch_template_id)
    return {"launch_template": created}


@operation(on=_existing)
def create_launch_template_version(
    ctx: Context,
    launch_template_data: TemplateData,
    launch_template_id: str = "",
    launch_template_name: str = "",
    source_version: str = "",
    version_description: str | None = None,
    client_token: str = "",
) -> object:
    """A version; with a source version, that version's words where this one has none."""
    found = template(ctx, launch_template_id, launch_template_name)
    once = Once(ctx, "CreateLaunchTemplateVersion", client_token, found.launch_template_id, launch_template_data)
    if once.made:
        return {"launch_template_version": _version_view(found, version_of(ctx, found, once.made[0]))}
    data = launch_template_data
    if source_version:
        source = version_of(ctx, found, source_version).launch_template_data
        data = TemplateData(**{**source.said(), **data.said()})
    found.latest_version_number += 1
    ctx.put(found)
    version = _new_version(ctx, found.launch_template_id, found.latest_version_number, version_description, data)
    once.remember(str(version.version_number))
    return {"launch_template_version": _version_view(found, version)}


_FILTERS: Filters = {
    "create-time": lambda found: found.create_time.strftime(_STAMP),
    "launch-template-name": lambda found: found.launch_template_name,
}


@operation(on="*", read=True)
def describe_launch_templates(
    ctx: Context,
    launch_template_ids: Sequence[str] = (),
    launch_template_names: Sequence[str] = (),
    filters: Sequence[Filter] = (),
) -> dict[str, Page]:
    ids = [*launch_template_ids, *(template(ctx, "", name).launch_template_id for name in launch_template_names)]
    return {"launch_templates": listed(ctx, LaunchTemplate, ids, filters, _FILTERS)}


_VERSION_FILTERS: Filters = {
    "create-time": lambda version: version.create_time.strftime(_STAMP),
    "image-id": lambda version: version.launch_template_data.image_id,
    "instance-type": lambda version: version.launch_template_data.instance_type,
}


@operation(on="*", read=True)
def describe_launch_template_versions(
    ctx: Context,
    launch_template_id: str = "",
    launch_template_name: str = "",
    versions: Sequence[str] = (),
    min_version: str = "",
    max_version: str = "",
    filters: Sequence[Filter] = (),
) -> dict[str, Page]:
    """The newest first. Without a template, the named versions (`$Latest`, `$Default`) of all templates."""
    passes = matcher(filters, _VERSION_FILTERS)
    if launch_template_id or launch_template_name:
        found = [template(ctx, launch_template_id, launch_template_name)]
    elif versions:
        found = list(ctx.scan(LaunchTemplate))
    else:
        raise errors.MissingParameter(name="LaunchTemplateId or LaunchTemplateName")

    def chosen() -> Iterator[tuple[bytes, dict[str, Any]]]:
        for one in found:
            kept = (
                [version_of(ctx, one, each) for each in versions]
                if versions
                else list(ctx.scan(LaunchTemplateVersion, one.launch_template_id))
            )
            for version in sorted(kept, key=lambda each: -each.version_number):
                number = version.version_number
                within = (not min_version or number >= int(min_version)) and (
                    not max_version or number <= int(max_version)
                )
                if within and passes(version):
                    position = f"{one.launch_template_id}/{10**12 - number:012d}".encode()
                    yield position, _version_view(one, version)

    return {"launch_template_versions": Page(lambda after: (pair for pair in chosen() if pair[0] > after))}


@operation(on=_existing)
def modify_launch_template(
    ctx: Context,
    launch_template_id: str = "",
    launch_template_name: str = "",
    default_version: str = "",
    client_token: str = "",
) -> object:
    found = template(ctx, launch_template_id, launch_template_name)
    found.default_version_number = version_of(ctx, found, default_version).version_number
    return {"launch_template": ctx.put(found)}


@operation(on=_existing)
def delete_launch_template(ctx: Context, launch_template_id: str = "", launch_template_name: str = "") -> object:
    found = template(ctx, launch_template_id, launch_template_name)
    for version in list(ctx.scan(LaunchTemplateVersion, found.launch_template_id)):
        ctx.delete(version)
    ctx.delete(found)
    return {"launch_template": found}


@operation(on=_existing)
def delete_launch_template_versions(
    ctx: Context, versions: Sequence[str], launch_template_id: str = "", launch_template_name: str = ""
) -> object:
    found = template(ctx, launch_template_id, launch_template_name)
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for each in versions:
        about = {
            "launch_template_id": found.launch_template_id,
            "launch_template_name": found.launch_template_name,
            "version_number": int(each) if each.isdigit() else None,
        }
        kept = ctx.get(LaunchTemplateVersion, found.launch_template_id, int(each)) if each.isdigit() else None
        if kept is None:
            code, message = "launchTemplateVersionDoesNotExist", f"The version {each} does not exist."
            failed.append({**about, "response_error": {"code": code, "message": message}})
        elif kept.version_number == found.default_version_number:
            code, message = "unexpectedError", "The default version cannot be deleted."
            failed.append({**about, "response_error": {"code": code, "message": message}})
        else:
            ctx.delete(kept)
            done.append(about)
    return {
        "successfully_deleted_launch_template_versions": done,
        "unsuccessfully_deleted_launch_template_versions": failed,
    }
