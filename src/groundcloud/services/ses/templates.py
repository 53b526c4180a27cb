"""Templates and configuration sets of the first API."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.ses.composing import preview
from groundcloud.services.ses.errors import (
    AlreadyExists,
    ConfigurationSetAlreadyExists,
    InvalidParameterValue,
    InvalidRenderingParameter,
    InvalidTemplate,
    MissingRenderingAttribute,
)
from groundcloud.services.ses.records import ConfigurationSet, EventDestination, Template
from groundcloud.services.ses.rendering import MissingAttribute, check, rendered
from groundcloud.store import Part


class TemplateParts(Part):
    """AWS's `Template`."""

    template_name: str
    subject_part: str | None = None
    text_part: str | None = None
    html_part: str | None = None


class ConfigurationSetName(Part):
    """AWS's `ConfigurationSet`."""

    name: str


def found_template(ctx: Context, name: str) -> Template:
    """Raises `TemplateDoesNotExist`."""
    return ctx.find(Template, name)


def _put(ctx: Context, given: TemplateParts, known: Template | None) -> None:
    if not given.subject_part:
        raise InvalidTemplate(reason="The subject must be specified.")
    check(given.subject_part, given.text_part, given.html_part)
    created = known.created if known is not None else ctx.now()
    ctx.put(
        Template(
            ctx.account, ctx.region, given.template_name, created, given.subject_part, given.text_part, given.html_part
        )
    )


@operation(on="*")
def create_template(ctx: Context, template: TemplateParts) -> None:
    if ctx.exists(Template, template.template_name):
        raise AlreadyExists(template_name=template.template_name)
    _put(ctx, template, None)


@operation(on="*")
def update_template(ctx: Context, template: TemplateParts) -> None:
    _put(ctx, template, found_template(ctx, template.template_name))


@operation(on="*", read=True)
def get_template(ctx: Context, template_name: str) -> dict[str, Any]:
    found = found_template(ctx, template_name)
    return {
        "template": {
            "template_name": found.template_name, "subject_part": found.subject, "text_part": found.text,
            "html_part": found.html,
        }
    }  # fmt: skip


@operation(on="*")
def delete_template(ctx: Context, template_name: str) -> None:
    """One that is not there is no error."""
    found = ctx.get(Template, template_name)
    if found is not None:
        ctx.delete(found)


@operation(on="*", read=True)
def test_render_template(ctx: Context, template_name: str, template_data: str) -> dict[str, str]:
    found = found_template(ctx, template_name)
    try:
        return {"rendered_template": preview(rendered(found, template_data), ctx.now())}
    except MissingAttribute as error:
        raise MissingRenderingAttribute(reason=str(error)) from error
    except InvalidParameterValue as error:
        raise InvalidRenderingParameter(reason=error.message) from error


@operation(on="*", read=True)
def list_templates(ctx: Context) -> dict[str, Page]:
    return {
        "templates_metadata": ctx.page(
            Template, each=lambda each: {"name": each.template_name, "created_timestamp": each.created}
        )
    }


@operation(on="*")
def create_configuration_set(ctx: Context, configuration_set: ConfigurationSetName) -> None:
    if ctx.exists(ConfigurationSet, configuration_set.name):
        raise ConfigurationSetAlreadyExists(name=configuration_set.name)
    ctx.put(ConfigurationSet(ctx.account, ctx.region, configuration_set.name))


@operation(on="*", read=True)
def list_configuration_sets(ctx: Context) -> dict[str, Any]:
    return {"configuration_sets": ctx.page(ConfigurationSet, each=lambda each: {"name": each.name})}


@operation(on="*")
def delete_configuration_set(ctx: Context, configuration_set_name: str) -> None:
    remove_set(ctx, ctx.find(ConfigurationSet, configuration_set_name))


def remove_set(ctx: Context, found: ConfigurationSet) -> None:
    """A configuration set with its event destinations."""
    for destination in list(ctx.scan(EventDestination, found.name)):
        ctx.delete(destination)
    ctx.delete(found)
