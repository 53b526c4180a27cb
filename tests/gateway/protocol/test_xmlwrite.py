"""Writers of XML: one function for each type of values, texts that are looked through at once, parts that are kept."""

from typing import NamedTuple

import pytest

from groundcloud.fixed import Fixed
from groundcloud.gateway.protocol.xmlwrite import XmlWriters
from groundcloud.models import service_model
from groundcloud.store import Part


class TagPart(Part):
    key: str
    value: str | None = None


class TagTuple(NamedTuple):
    key: str
    value: str | None = None


class TagObject:
    def __init__(self, key, value=None):
        self.key = key
        self.value = value


def tags(*items):
    """These as the tags of a VPC."""
    shape = service_model("ec2").shape_for("Vpc")
    return XmlWriters(milliseconds=True).members(shape)({"tags": list(items)})


@pytest.mark.parametrize("kind", [dict, Fixed, TagPart, TagTuple, TagObject])
def test_values_of_every_type_are_written_alike(kind):
    assert tags(kind(key="Name", value="web"), kind(key="empty", value=None)) == (
        "<tagSet><item><key>Name</key><value>web</value></item><item><key>empty</key></item></tagSet>"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a<b & \"c\"", "a&lt;b &amp; &quot;c&quot;"),
        ("line\r\n", "line&#13;\n"),
        ("tab\tand\u00a0space", "tab\tand\u00a0space"),
        ("\x00\ud800\uffff", "\ufffd\ufffd\ufffd"),
        ("naïve 日本", "naïve 日本"),
    ],
)  # fmt: skip
def test_a_text_is_escaped_wherever_it_stands_among_plain_ones(text, written):
    found = tags({"key": "plain", "value": text}, {"key": text, "value": "plain"})
    assert found == (
        f"<tagSet><item><key>plain</key><value>{written}</value></item>"
        f"<item><key>{written}</key><value>plain</value></item></tagSet>"
    )


def test_what_is_fixed_is_written_once():
    shape = service_model("ec2").shape_for("Vpc")
    write = XmlWriters(milliseconds=True).members(shape)
    known = Fixed(key="a&b", value="<>")
    first = write({"tags": [known, known]})
    assert first.count("<key>a&amp;b</key><value>&lt;&gt;</value>") == 2
    known["key"] = "changed, which nobody may"
    assert write({"tags": [known, known]}) == first


def test_values_that_are_no_texts_are_written_as_their_texts():
    assert "<value>7</value>" in tags({"key": "number", "value": 7})
