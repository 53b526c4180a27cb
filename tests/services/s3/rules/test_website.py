"""Website hosting: the redirect examples of the User Guide, and what PutBucketWebsite refuses."""

import msgspec
import pytest

from groundcloud.services.s3.rules import errors, website
from groundcloud.services.s3.rules.website import Moved, Problem, RoutingRule, WebsiteConfiguration


def check(**members):
    website.check_website(
        msgspec.convert({"index_document": {"suffix": "index.html"}, **members}, WebsiteConfiguration)
    )


def routed(key, *rules, error=None):
    given = msgspec.convert(list(rules), list[RoutingRule])
    return website.route(given, key, host="b.s3-website-us-east-1.amazonaws.com", scheme="http", error=error)


HOST = "http://b.s3-website-us-east-1.amazonaws.com"


def test_the_guides_configurations_are_taken():
    check(error_document={"key": "error.html"})
    check(index_document=None, redirect_all_requests_to={"host_name": "example.com", "protocol": "https"})
    check(
        routing_rules=[{"redirect": {"replace_key_with": "error.html"}, "condition": {"key_prefix_equals": "images/"}}]
    )


@pytest.mark.parametrize(
    ("members", "error", "text"),
    [
        ({"index_document": None}, errors.InvalidArgument, "IndexDocument Suffix must be provided"),
        ({"index_document": {"suffix": "a/b"}}, errors.InvalidArgument, "IndexDocument Suffix is not well formed"),
        ({"index_document": {"suffix": ""}}, errors.InvalidArgument, "IndexDocument Suffix is not well formed"),
        ({"error_document": {"key": ""}}, errors.InvalidArgument, "ErrorDocument Key is not well formed"),
        ({"redirect_all_requests_to": {"host_name": "x"}}, errors.InvalidRequest, "cannot be provided in conjunction"),
        ({"routing_rules": [{"redirect": {"host_name": "x"}}] * 51}, errors.InvalidRequest, "limited to 50"),
    ],
)
def test_a_configuration_against_a_rule_is_refused(members, error, text):
    with pytest.raises(error) as refused:
        check(**members)
    assert text in refused.value.message


@pytest.mark.parametrize(
    ("redirect", "condition", "text"),
    [
        ({"host_name": "x"}, {}, "Condition cannot be empty"),
        ({"host_name": "x"}, {"http_error_code_returned_equals": "200"}, "Valid codes are 4XX or 5XX"),
        ({"http_redirect_code": "200"}, None, "Valid codes are 3XX except 300"),
        ({"http_redirect_code": "300"}, None, "Valid codes are 3XX except 300"),
        ({"protocol": "ftp"}, None, "protocol can be http or https"),
        ({"replace_key_with": "a", "replace_key_prefix_with": "b"}, None, "but not both"),
    ],
)
def test_a_routing_rule_against_a_rule_is_refused(redirect, condition, text):
    with pytest.raises(errors.InvalidRequest) as refused:
        check(routing_rules=[{"redirect": redirect, "condition": condition}])
    assert text in refused.value.message


def test_a_redirect_to_nowhere_is_malformed():
    with pytest.raises(errors.MalformedXML):
        check(routing_rules=[{"redirect": {}}])


def test_a_renamed_prefix_is_redirected():
    """User Guide, example 1: docs/ becomes documents/."""
    rule = {"condition": {"key_prefix_equals": "docs/"}, "redirect": {"replace_key_prefix_with": "documents/"}}
    assert routed("docs/a b.html", rule) == Moved(301, f"{HOST}/documents/a%20b.html")
    assert routed("other/a.html", rule) is None
    assert routed("docs/a.html", rule, error=404) is None


def test_a_deleted_folder_is_redirected_to_one_page():
    """User Guide, example 2: everything in images/ shows folderdeleted.html."""
    rule = {"condition": {"key_prefix_equals": "images/"}, "redirect": {"replace_key_with": "folderdeleted.html"}}
    assert routed("images/a.jpg", rule) == Moved(301, f"{HOST}/folderdeleted.html")


def test_an_error_is_redirected_to_another_host():
    """User Guide, example 3: a 404 goes to a server that makes a report."""
    rule = {
        "condition": {"http_error_code_returned_equals": "404"},
        "redirect": {"host_name": "ec2.example.com", "replace_key_prefix_with": "report-404/"},
    }
    assert routed("a.html", rule) is None
    assert routed("a.html", rule, error=403) is None
    assert routed("a.html", rule, error=404) == Moved(301, "http://ec2.example.com/report-404/a.html")


def test_a_rule_may_name_prefix_and_code_and_the_first_match_decides():
    both = {
        "condition": {"http_error_code_returned_equals": "404", "key_prefix_equals": "x/"},
        "redirect": {"protocol": "https", "http_redirect_code": "307"},
    }
    code = {"condition": {"http_error_code_returned_equals": "404"}, "redirect": {"replace_key_with": "n"}}
    assert routed("x/a", both, code, error=404) == Moved(307, "https://b.s3-website-us-east-1.amazonaws.com/x/a")
    assert routed("y/a", both, code, error=404) == Moved(301, f"{HOST}/n")


def test_folders_show_their_index_and_get_their_slash():
    assert website.index_key("", "index.html") == "index.html"
    assert website.index_key("photos/", "index.html") == "photos/index.html"
    assert website.index_key("photos", "index.html") == "photos"
    assert website.folder_redirect("a photo", "index.html") == ("a photo/index.html", Moved(302, "/a%20photo/"))


def test_all_requests_go_on_with_path_and_query():
    target = website.RedirectAllRequestsTo("example.com")
    assert website.all_requests(target, "a/b", "x=1", "http") == Moved(301, "http://example.com/a/b?x=1")
    target = website.RedirectAllRequestsTo("example.com", "https")
    assert website.all_requests(target, "", "", "http") == Moved(301, "https://example.com/")


def test_an_objects_redirect_is_a_path_or_a_url():
    for good in ("/a.html", "http://example.com/", "https://example.com/"):
        website.check_redirect_location(good)
    for bad in ("a.html", "ftp://x", "/" + "a" * 2048):
        with pytest.raises(errors.InvalidRedirectLocation):
            website.check_redirect_location(bad)


def test_an_error_page_lists_the_error_and_escapes_what_the_caller_sent():
    page = website.error_page(
        404,
        Problem("NoSuchKey", "The specified key does not exist.", (("Key", "<script>"),)),
        request_id="R1",
        host_id="H1",
        document_problem=Problem("AccessDenied", "Access Denied"),
    )
    assert "<title>404 Not Found</title>" in page
    assert "<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>" in page
    assert "<li>Key: &lt;script&gt;</li>\n<li>RequestId: R1</li>\n<li>HostId: H1</li>" in page
    assert "<li>Code: AccessDenied</li>" in page


def test_error_documents_are_for_4xx_and_websites_only_read():
    assert website.shows_error_document(404)
    assert not website.shows_error_document(503)
    website.check_method("HEAD")
    with pytest.raises(errors.MethodNotAllowed):
        website.check_method("PUT")
