"""Parameters: put, read by name, deleted."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ssm import errors, names, patterns, policies, public, values
from groundcloud.services.ssm.records import Parameter, ParameterVersion, Tag
from groundcloud.services.ssm.tags import merged_tags

_SIZES = {"Standard": 4096, "Advanced": 8192}
_MOST_VERSIONS = 100
_ADVANCED = "https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html"


@operation(
    on=names.parameter,
    conditions={
        "ssm:Overwrite": "overwrite",
        "ssm:Policies": "policies",
    },
)
def put_parameter(
    ctx: Context,
    name: str,
    value: str,
    description: str | None = None,
    type: str = "",
    key_id: str | None = None,
    overwrite: bool = False,
    allowed_pattern: str | None = None,
    tags: Sequence[Tag] = (),
    tier: str = "",
    policies: str | None = None,
    data_type: str = "text",
) -> object:
    found = ctx.get(Parameter, name)
    before = latest(ctx, found) if found is not None else None
    if found is None:
        found = _new(ctx, name, type, tags, overwrite)
    else:
        _check_overwrite(found, type, tags, overwrite)
    version = ParameterVersion(
        account=ctx.account, region=ctx.region, name=name, number=found.latest, last_modified_date=ctx.now(),
        last_modified_user=ctx.principal.arn, description=description, allowed_pattern=allowed_pattern,
        data_type=_checked_data_type(data_type),
    )  # fmt: skip
    if before is not None:
        _inherit(version, before)
        _next(ctx, found, version)
    _settle(ctx, found, version, value, tier, policies)
    if found.type == "SecureString":
        version.key_id = key_id or (before.key_id if before is not None else None) or values.DEFAULT_KEY
    elif key_id:
        raise errors.ValidationException(reason="KeyId is required for SecureString type parameter only.")
    _check_value(found.type, version, value)
    values.write(ctx, found, version, value)
    ctx.put(version)
    ctx.put(found)
    return {"version": version.number, "tier": version.tier}


def _new(ctx: Context, name: str, kind: str, tags: Sequence[Tag], overwrite: bool) -> Parameter:
    names.check_new_name(name)
    if not kind:
        raise errors.ValidationException(reason="A parameter type is required when you create a parameter.")
    _check_tags(tags, overwrite)
    return Parameter(
        account=ctx.account, region=ctx.region, name=name, arn=names.arn_of(ctx, name), type=kind,
        tags=merged_tags((), tags),
    )  # fmt: skip


def _check_tags(tags: Sequence[Tag], overwrite: bool) -> None:
    if tags and overwrite:
        raise errors.ValidationException(
            reason="Invalid request: tags and overwrite can't be used together. To create a parameter with tags, "
            "please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or "
            "RemoveTagsFromResource."
        )


def _check_overwrite(found: Parameter, kind: str, tags: Sequence[Tag], overwrite: bool) -> None:
    _check_tags(tags, overwrite)
    if not overwrite:
        raise errors.ParameterExists()
    if kind and kind != found.type:
        raise errors.TypeMismatch()


def _checked_data_type(data_type: str) -> str:
    if data_type in ("aws:ec2:image", "aws:ssm:integration"):
        raise errors.DataTypeNotWritten(data_type=data_type)
    if data_type not in ("", "text"):
        raise errors.ValidationException(
            reason=f"The following data type is not supported: {data_type} (Data type names are all lowercase.)"
        )
    return "text"


def _inherit(version: ParameterVersion, before: ParameterVersion) -> None:
    """What a new version does not say stays as it was."""
    if version.description is None:
        version.description = before.description
    if version.allowed_pattern is None:
        version.allowed_pattern = before.allowed_pattern
    version.tier = before.tier
    version.policies = before.policies


def _next(ctx: Context, found: Parameter, version: ParameterVersion) -> None:
    """Number a new version; the oldest of a hundred goes, unless it has a label."""
    found.latest += 1
    version.number = found.latest
    if found.latest - found.oldest < _MOST_VERSIONS:
        return
    if found.oldest in found.labels.values():
        raise errors.OldestVersionLabelled(name=found.name, version=found.oldest)
    oldest = ctx.get(ParameterVersion, found.name, found.oldest)
    if oldest is not None:
        ctx.delete(oldest)
    found.oldest += 1


def _settle(
    ctx: Context, found: Parameter, version: ParameterVersion, value: str, tier: str, written: str | None
) -> None:
    """The tier and the policies of a new version."""
    if written is not None:
        version.policies = "" if written.strip() in ("", "[]", "{}") else written
        found.expires = policies.expiry(version.policies)
    needs_advanced = bool(version.policies) or len(value.encode()) > _SIZES["Standard"]
    if tier == "Intelligent-Tiering":
        version.tier = "Advanced" if needs_advanced or version.tier == "Advanced" else "Standard"
    elif tier == "Standard" and version.tier == "Advanced":
        raise errors.ValidationException(
            reason="This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
            "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced "
            "parameter and recreate it as a standard parameter."
        )
    elif tier:
        version.tier = tier
    if version.policies and version.tier == "Standard":
        raise errors.ValidationException(
            reason="Parameter policies are supported by the advanced-parameter tier only. For more information, see "
            + _ADVANCED
        )


def _check_value(kind: str, version: ParameterVersion, value: str) -> None:
    most = _SIZES[version.tier]
    if not value:
        raise errors.ValidationException(
            reason="1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1"
        )
    if len(value.encode()) > most:
        reason = f"{version.tier} tier parameters support a maximum parameter value of {most} characters."
        if version.tier == "Standard":
            reason += (
                " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. "
                f"For more information, see {_ADVANCED}"
            )
        raise errors.ValidationException(reason=reason)
    if version.allowed_pattern:
        for part in value.split(",") if kind == "StringList" else [value]:
            patterns.check(version.allowed_pattern, part)


def latest(ctx: Context, found: Parameter) -> ParameterVersion:
    return numbered(ctx, found, found.latest)


def numbered(ctx: Context, found: Parameter, number: int) -> ParameterVersion:
    """Raises `ParameterVersionNotFound`."""
    version = ctx.get(ParameterVersion, found.name, number)
    if version is None:
        raise errors.NoSuchVersion(selector=number, name=found.name)
    return version


def shown(ctx: Context, wanted: names.Selected, decrypt: bool) -> dict[str, Any]:
    """A parameter as the Get operations show it. Raises `ParameterNotFound`, `ParameterVersionNotFound`."""
    if wanted.name.startswith(names.PUBLIC):
        return public.shown(ctx, wanted.name)
    found = ctx.find(Parameter, wanted.name)
    number = found.latest
    if wanted.selector:
        labelled = found.labels.get(wanted.selector)
        if labelled is None and not wanted.selector.isdecimal():
            raise errors.NoSuchVersion(selector=wanted.selector, name=found.name)
        number = labelled if labelled is not None else int(wanted.selector)
    return entry(ctx, found, numbered(ctx, found, number), decrypt, f":{wanted.selector}" if wanted.selector else None)


def entry(
    ctx: Context, found: Parameter, version: ParameterVersion, decrypt: bool, selector: str | None = None
) -> dict[str, Any]:
    return {
        "name": found.name,
        "type": found.type,
        "value": values.read(ctx, found, version, decrypt),
        "version": version.number,
        "selector": selector,
        "last_modified_date": version.last_modified_date,
        "arn": found.arn,
        "data_type": version.data_type,
    }


@operation(on=names.parameter, read=True)
def get_parameter(ctx: Context, name: str, with_decryption: bool = False) -> object:
    return {"parameter": shown(ctx, names.selected(ctx, name), with_decryption)}


@operation(on=names.parameters, read=True)
def get_parameters(ctx: Context, names: list[str], with_decryption: bool = False) -> object:
    """Names that mean nothing are listed apart."""
    found, invalid = [], []
    for name in names:
        try:
            found.append(shown(ctx, _selected(ctx, name), with_decryption))
        except (errors.NoSuchParameter, errors.NoSuchVersion):
            invalid.append(name)
    return {"parameters": found, "invalid_parameters": invalid}


_selected = names.selected


@operation(on=names.parameter)
def delete_parameter(ctx: Context, name: str) -> object:
    remove(ctx, ctx.find(Parameter, _selected(ctx, name).name))
    return {}


@operation(on=names.parameters)
def delete_parameters(ctx: Context, names: list[str]) -> object:
    deleted, invalid = [], []
    for name in names:
        found = ctx.get(Parameter, name)
        if found is None:
            invalid.append(name)
        else:
            remove(ctx, found)
            deleted.append(name)
    return {"deleted_parameters": deleted, "invalid_parameters": invalid}


def remove(ctx: Context, found: Parameter) -> None:
    for version in list(ctx.scan(ParameterVersion, found.name)):
        ctx.delete(version)
    ctx.delete(found)
