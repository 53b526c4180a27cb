"""User data as cloud-init takes them. Source: cloud-init's "User data formats"."""

import base64
import gzip
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from groundcloud.engines.machines.agent.userdata import (
    CONFIG,
    HOOK,
    INCLUDE,
    INCLUDE_ONCE,
    JINJA,
    SCRIPT,
    UNKNOWN,
    Part,
    Refused,
    addresses,
    kind_of,
    parts,
    script_of_hook,
)

SCRIPT_TEXT = b"#!/bin/bash\necho hello\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (b"#!/bin/sh\n", SCRIPT),
        (b"\n  #!/bin/sh\n", SCRIPT),
        (b"#cloud-config\npackages: []", CONFIG),
        (b"#Cloud-Config\n", CONFIG),
        (b"#cloud-boothook\n#!/bin/sh\n", HOOK),
        (b"#include\nhttp://example.com/a\n", INCLUDE),
        (b"#include-once\nhttp://example.com/a\n", INCLUDE_ONCE),
        (b"## template: jinja\n#cloud-config\n", JINJA),
        (b"just text", UNKNOWN),
    ],
)
def test_the_first_line_says_what_a_part_is(text, kind):
    assert kind_of(text) == kind
    assert parts(text) == [Part(kind, text)]


def test_nothing_is_no_part():
    assert parts(b"") == parts(b" \n") == []


@pytest.mark.parametrize("wrap", [gzip.compress, base64.b64encode, lambda data: base64.b64encode(gzip.compress(data))])
def test_what_is_packed_is_unpacked(wrap):
    assert parts(wrap(SCRIPT_TEXT)) == [Part(SCRIPT, SCRIPT_TEXT)]


def test_text_that_looks_like_base64_stays_text():
    assert parts(b"abcd") == [Part(UNKNOWN, b"abcd")]


def test_gzip_that_is_broken_is_refused():
    with pytest.raises(Refused, match="cannot be unpacked"):
        parts(gzip.compress(SCRIPT_TEXT)[:8] + b"broken" * 9)


def test_a_multipart_message_has_its_parts_in_order():
    message = MIMEMultipart()
    for kind, text, name in (
        ("cloud-config", "#cloud-config\nhostname: a\n", "a.yaml"),
        ("x-shellscript", "echo it has no first line\n", "b.sh"),
        ("plain", "#!/bin/sh\necho by its first line\n", "c.txt"),
    ):
        part = MIMEText(text, kind)
        part.add_header("Content-Disposition", "attachment", filename=name)
        message.attach(part)
    found = parts(message.as_bytes())
    assert [(each.kind, each.name) for each in found] == [
        (CONFIG, "a.yaml"), (SCRIPT, "b.sh"), (SCRIPT, "c.txt"),
    ]  # fmt: skip
    assert found[1].content == b"echo it has no first line\n"
    assert parts(gzip.compress(message.as_bytes())) == found


def test_an_include_names_addresses():
    text = b"#include\n# a comment\nhttps://example.com/one\n\nhttp://example.com/two\n"
    assert addresses(text) == ["https://example.com/one", "http://example.com/two"]


def test_a_boot_hook_is_what_follows_its_mark():
    assert script_of_hook(b"#cloud-boothook\n#!/bin/sh\necho a\n") == b"#!/bin/sh\necho a\n"
    assert script_of_hook(b"#!/bin/sh\necho a\n") == b"#!/bin/sh\necho a\n"
