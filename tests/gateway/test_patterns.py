"""The patterns of the models in Python's dialect."""

import time

import pytest

from groundcloud.gateway.constraints import constraints_of
from groundcloud.gateway.patterns import exponential, matcher, translate
from tests.gateway.protocol.samples import loader, service, service_names

UNTRANSLATABLE = {
    ("autoscaling-plans", "ScalingPlanName"): "a class intersection",
    ("budgets", "BudgetName"): "a flag in the middle",
    ("chime-sdk-voice", "ClientRequestId"): "no pattern in any dialect: an anchor is repeated",
    ("codeartifact", "PackageGroupPattern"): "an unusual property",
    ("dlm", "DescriptionRegex"): "an unusual property",
    ("dlm", "StatusMessage"): "an unusual property",
    ("dlm", "String"): "an unusual property",
    ("dlm", "TagFilter"): "an unusual property",
    ("dlm", "TagValue"): "an unusual property",
    ("ds", "RadiusSharedSecret"): "an unusual property",
    ("ds", "TrustPassword"): "an unusual property",
    ("fsx", "VerboseFlag"): "a flag in the middle",
    ("iotsitewise", "EnvironmentVariableName"): "a flag in the middle",
    ("iotwireless", "CertificatePEM"): "no pattern in any dialect: an anchor is repeated",
    ("rbin", "RuleArn"): "a repetition is repeated",
    ("sagemaker", "CustomerMetadataKey"): "no pattern in any dialect: an anchor is repeated",
    ("sagemaker", "CustomerMetadataValue"): "no pattern in any dialect: an anchor is repeated",
}


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"[\w+=,.@-]+", "a.b@c-d_1", "a b"),
        (r"[\w+=,.@-]+", "a", "é"),
        (r"^[a-z]+$", "abc", "abc\n"),
        (r"^arn:aws", "arn:aws:iam::1:user/x", "x arn:aws"),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+", "Größe 漢字 ٣", "a;b"),
        (r"\p{Alpha}+", "aZ", "é"),
        (r"[^\p{L}]+", "123", "1é3"),
        (r"[\P{C}]+", "aé 漢", "a\x00"),
        (r"[\u0009\u000A\u000D\u0020-\u00FF]+", "a\té", "漢"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a漢😀", "\x00"),
        (r"[\w-_]*", "a-_", "a b"),
        (r"[a-z[\]]+", "a[]", "b!"),
        (r"(?<name>a)b", "ab", "a"),
        (r"\Qa.b\E+", "a.bb", "axb"),
        (r"[^]]+", "ab", "a]"),
    ],
)
def test_a_pattern_means_what_it_means_in_java(pattern, good, bad):
    assert matcher(pattern)(good)
    assert not matcher(pattern)(bad)


def test_what_cannot_be_translated_is_not_enforced():
    assert matcher(r"[\p{Print}&&[^|:/]]+") is None
    assert matcher("(") is None


def test_a_pattern_that_takes_exponential_time_is_not_run():
    (pattern,) = [one for one in exponential() if one == r"[a-zA-Z0-9_](([a-zA-Z0-9_]+)*([a-zA-Z0-9_]+))?"]
    assert matcher(pattern) is None


@pytest.mark.slow
def test_every_pattern_of_every_model_is_translated_or_known_not_to_be():
    found = {}
    for name in service_names():
        for shape_name, shape in loader().load_service_model(name, "service-2")["shapes"].items():
            pattern = shape.get("pattern")
            if pattern and pattern not in exponential() and matcher(pattern) is None:
                found[name, shape_name] = pattern
    assert found.keys() == UNTRANSLATABLE.keys()


@pytest.mark.parametrize("name", ["iam", "sts", "organizations", "kms", "sqs", "sns", "ec2", "rds"])
def test_hostile_text_costs_little(name):
    model = service(name)
    texts = [piece * 3000 for piece in ("a", "0", "-", "a-", "a.", "/a", ":", " ", "é", "a@", "arn:")]
    start = time.process_time()
    for shape_name in model.shape_names:
        shape = model.shape_for(shape_name)
        if shape.type_name == "string":
            for holds, _ in constraints_of(shape, frozenset({"pattern"})):
                for text in texts:
                    holds(text)
                    holds(text[:500] + "\0")
    assert time.process_time() - start < 3


def test_the_end_of_a_text_is_its_very_end():
    assert translate("^a$") == r"^a\Z"
    assert translate(r"a\$") == r"a\$"
    assert translate("[$]") == "[$]"
