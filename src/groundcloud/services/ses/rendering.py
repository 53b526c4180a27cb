"""Templates: `{{name}}` and `{{a.b}}` are filled in; `{{{name}}}` too. In HTML the former is escaped (Handlebars)."""

import html
import json
import re
from typing import Any

from groundcloud.services.ses.composing import Whole
from groundcloud.services.ses.errors import InvalidParameterValue, InvalidTemplate
from groundcloud.services.ses.records import Template

_PLACE = re.compile(r"\{\{\{\s*([\w.-]+)\s*\}\}\}|\{\{\s*([\w.-]+)\s*\}\}")
_OTHER = re.compile(r"\{\{\s*[#/^>!&]")


class MissingAttribute(Exception):
    """A value that the template needs is not there."""

    template = ""
    """The template's name."""


def check(*texts: str | None) -> None:
    """Raises `InvalidTemplate` for what is beyond plain values: blocks and partials."""
    for text in texts:
        if text and _OTHER.search(text):
            raise InvalidTemplate(reason="This cloud fills in values; blocks, helpers and partials of Handlebars are "
                "not there.")  # fmt: skip


def _document(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise InvalidParameterValue(reason="Template data is not valid JSON.") from error
    if not isinstance(found, dict):
        raise InvalidParameterValue(reason="Template data must be a JSON object.")
    return found


def rendered(template: Template, *data: str) -> Whole:
    """The template with values; later data go before earlier ones. Raises `MissingAttribute`."""
    values: dict[str, Any] = {}
    for text in data:
        values |= _document(text)

    def fill(text: str | None, escape: bool) -> str | None:
        def value(found: "re.Match[str]") -> str:
            shown = _value(values, found[1] or found[2])
            return html.escape(shown) if escape and found[2] else shown

        return None if text is None else _PLACE.sub(value, text)

    try:
        return Whole(fill(template.subject, False) or "", fill(template.text, False), fill(template.html, True))
    except MissingAttribute as error:
        error.template = template.template_name
        raise


def _value(values: dict[str, Any], path: str) -> str:
    found: Any = values
    for name in path.split("."):
        if not isinstance(found, dict) or name not in found:
            raise MissingAttribute(f"Attribute '{path}' is not present in the rendering data.")
        found = found[name]
    return found if isinstance(found, str) else json.dumps(found)
