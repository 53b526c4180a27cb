"""CORS: the User Guide's rules and the answers of S3 to browsers."""

import pytest

from groundcloud.services.s3.rules import cors, errors
from groundcloud.services.s3.rules.cors import CORSConfiguration, CORSRule, CorsRules, check_cors


def check(**members):
    check_cors(CORSConfiguration([CORSRule(**{"allowed_methods": ["GET"], "allowed_origins": ["*"], **members})]))


def preflight(rules, origin="http://www.example.com", method="PUT", headers=None):
    return CorsRules(rules).preflight(origin, method, headers, resource_type="OBJECT")


def test_a_configuration_names_methods_origins_and_one_wildcard_each():
    check()
    check(allowed_methods=list(cors.METHODS), allowed_origins=["http://*.example.com"], allowed_headers=["x-amz-*"])
    with pytest.raises(errors.InvalidRequest, match="Unsupported method is PATCH"):
        check(allowed_methods=["GET", "PATCH"])
    with pytest.raises(
        errors.InvalidRequest, match=r'AllowedOrigin "http://\*\.\*" can not have more than one wildcard'
    ):
        check(allowed_origins=["http://*.*"])
    with pytest.raises(errors.InvalidRequest, match="AllowedHeader"):
        check(allowed_headers=["*-x-*"])
    with pytest.raises(errors.InvalidRequest, match="do not support wildcard for ExposeHeader"):
        check(expose_headers=["x-amz-*"])
    for rules in ([], [CORSRule(["GET"], ["*"])] * 101, [CORSRule([], ["*"])], [CORSRule(["GET"], [])]):
        with pytest.raises(errors.MalformedXML):
            check_cors(CORSConfiguration(rules))


def test_a_preflight_answers_with_the_rules_headers():
    rule = CORSRule(
        ["PUT", "POST"],
        ["http://www.example.com"],
        allowed_headers=["*"],
        expose_headers=["x-amz-server-side-encryption", "ETag"],
        max_age_seconds=3000,
    )
    assert preflight([rule], headers="Content-Type,X-Amz-Date") == {
        "Access-Control-Allow-Origin": "http://www.example.com",
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Allow-Methods": "PUT, POST",
        "Access-Control-Allow-Headers": "content-type, x-amz-date",
        "Access-Control-Expose-Headers": "x-amz-server-side-encryption, ETag",
        "Access-Control-Max-Age": "3000",
        "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }


def test_any_origin_is_answered_with_a_star_and_without_credentials():
    found = preflight([CORSRule(["PUT"], ["*"])])
    assert found["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in found
    assert "Access-Control-Allow-Headers" not in found


@pytest.mark.parametrize(
    ("pattern", "origin", "allowed"),
    [
        ("http://*.example.com", "http://a.b.example.com", True),
        ("http://*.example.com", "http://example.com", False),
        ("http://*.example.com", "https://a.example.com", False),
        ("http://*.example.com", "http://a.example.com.evil.org", False),
        ("https://*", "https://anything", True),
        ("http://a.example.com", "http://axexample.com", False),
    ],
)
def test_one_wildcard_stands_in_an_origin(pattern, origin, allowed):
    rules = CorsRules([CORSRule(["GET"], [pattern])])
    found = rules.headers(origin, "GET")
    assert found.get("Access-Control-Allow-Origin") == (origin if allowed else None)


def test_headers_are_compared_without_case_and_all_must_be_allowed():
    rule = CORSRule(["PUT"], ["*"], allowed_headers=["x-amz-*", "Content-Type"])
    assert preflight([rule], headers="CONTENT-TYPE, X-Amz-Meta-A")
    with pytest.raises(errors.AccessForbidden):
        preflight([rule], headers="content-type, x-other")


def test_the_first_rule_that_matches_decides():
    first = CORSRule(["PUT"], ["http://www.example.com"], max_age_seconds=1)
    second = CORSRule(["PUT", "GET"], ["*"], max_age_seconds=2)
    assert preflight([first, second])["Access-Control-Max-Age"] == "1"
    assert preflight([first, second], method="GET")["Access-Control-Max-Age"] == "2"


def test_a_preflight_that_no_rule_allows_is_refused_in_s3s_words():
    with pytest.raises(errors.AccessForbidden, match="CORSResponse: This CORS request is not allowed") as refused:
        preflight([CORSRule(["GET"], ["*"])])
    assert refused.value.status == 403
    assert refused.value.facts["method"] == "PUT"
    assert refused.value.facts["resource_type"] == "OBJECT"
    assert cors.not_enabled("GET", "BUCKET").message == "CORSResponse: CORS is not enabled for this bucket."


def test_a_preflight_says_who_and_what():
    cors.check_preflight("http://a", "GET")
    with pytest.raises(errors.BadRequest, match="Origin request header needed"):
        cors.check_preflight(None, "GET")
    with pytest.raises(errors.BadRequest, match="Invalid Access-Control-Request-Method: null"):
        cors.check_preflight("http://a", None)


def test_real_answers_have_headers_for_allowed_origins_only():
    rules = CorsRules(cors.DEFAULT.cors_rules)
    assert rules.headers(None, "GET") == {}
    assert rules.headers("http://a", "PUT") == {}
    assert rules.headers("http://a", "GET") == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET",
        "Access-Control-Max-Age": "3000",
        "Vary": cors.VARY,
    }


def test_the_default_configuration_lets_pages_send_authorization():
    check_cors(cors.DEFAULT)
    assert preflight(cors.DEFAULT.cors_rules, method="GET", headers="authorization")["Access-Control-Max-Age"] == "3000"
