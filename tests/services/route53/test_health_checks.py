"""Health checks by API, their checkers on real endpoints, and the DNS answers that follow them."""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud import TestCloud
from tests.services.route53.conftest import Names, Zone, alias, record, refused


class Site:
    """A web server that a test can make sick."""

    def __init__(self) -> None:
        self.status = 200
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(site.status)
                self.end_headers()
                self.wfile.write(b"all is well")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture()
def site() -> Iterator[Site]:
    with contextlib.closing(Site()) as made:
        yield made


def config(type_: str = "HTTP", **settings: Any) -> dict[str, Any]:
    return {"Type": type_, "IPAddress": "127.0.0.1", "RequestInterval": 10, "FailureThreshold": 2, **settings}


def made(route53: Any, reference: str = "1", **settings: Any) -> str:
    answer = route53.create_health_check(CallerReference=reference, HealthCheckConfig=config(**settings))
    id_: str = answer["HealthCheck"]["Id"]
    return id_


def rounds_of(cloud: TestCloud, names: Names, count: int) -> None:
    """Let every checker ask so many times."""
    for _ in range(count * 10):
        cloud.cloud.rounds.monotonic = lambda: cloud.clock().timestamp()
        names.probe()
        cloud.clock.advance(seconds=1)


def test_a_check_has_defaults(route53: Any) -> None:
    found = route53.create_health_check(
        CallerReference="1", HealthCheckConfig={"Type": "HTTPS", "FullyQualifiedDomainName": "www.example.com"}
    )
    shown = found["HealthCheck"]
    assert shown["HealthCheckConfig"] == {
        "Type": "HTTPS",
        "FullyQualifiedDomainName": "www.example.com",
        "Port": 443,
        "RequestInterval": 30,
        "FailureThreshold": 3,
        "MeasureLatency": False,
        "Inverted": False,
        "Disabled": False,
        "EnableSNI": True,
    }
    assert shown["HealthCheckVersion"] == 1
    assert found["Location"].endswith(f"/2013-04-01/healthcheck/{shown['Id']}")
    assert route53.get_health_check(HealthCheckId=shown["Id"])["HealthCheck"] == shown


def test_the_same_reference_gives_the_same_check_and_other_settings_are_refused(route53: Any) -> None:
    assert made(route53) == made(route53)
    other = refused(route53.create_health_check, CallerReference="1", HealthCheckConfig=config(Port=81))
    assert other[0] == "HealthCheckAlreadyExists"


@pytest.mark.parametrize(
    "settings",
    [
        {"Type": "HTTP"},
        {"Type": "TCP", "IPAddress": "192.0.2.1"},
        {"Type": "HTTP_STR_MATCH", "IPAddress": "192.0.2.1"},
        {"Type": "HTTP", "IPAddress": "192.0.2.1", "SearchString": "x"},
        {"Type": "HTTP", "IPAddress": "192.0.2.1", "RequestInterval": 20},
        {"Type": "HTTP", "IPAddress": "10.0.0.1"},
        {"Type": "HTTP", "IPAddress": "224.0.0.1"},
        {"Type": "CALCULATED", "HealthThreshold": 1},
        {"Type": "CALCULATED", "HealthThreshold": 1, "ChildHealthChecks": ["11111111-1111-4111-a111-111111111111"]},
        {"Type": "CLOUDWATCH_METRIC"},
    ],
)
def test_settings_that_do_not_fit_are_refused(route53: Any, settings: dict[str, Any]) -> None:
    found = refused(route53.create_health_check, CallerReference="1", HealthCheckConfig=settings)
    assert found[0] == "InvalidInput"


def test_routing_controls_are_not_there(route53: Any) -> None:
    settings = {"Type": "RECOVERY_CONTROL", "RoutingControlArn": "arn:aws:route53-recovery-control::1:x"}
    assert refused(route53.create_health_check, CallerReference="1", HealthCheckConfig=settings)[0] == "NotImplemented"


def test_a_check_is_changed_from_the_version_that_its_changer_knows(route53: Any) -> None:
    id_ = made(route53, ResourcePath="/a", Regions=["us-east-1", "eu-west-1", "sa-east-1"])
    changed = route53.update_health_check(
        HealthCheckId=id_, HealthCheckVersion=1, FailureThreshold=5, ResetElements=["ResourcePath", "Regions"]
    )["HealthCheck"]
    assert (changed["HealthCheckVersion"], changed["HealthCheckConfig"]["FailureThreshold"]) == (2, 5)
    assert not {"ResourcePath", "Regions"} & changed["HealthCheckConfig"].keys()
    old = refused(route53.update_health_check, HealthCheckId=id_, HealthCheckVersion=1, Inverted=True)
    assert old[0] == "HealthCheckVersionMismatch"


def test_checks_are_listed_page_by_page(route53: Any) -> None:
    ids = sorted(made(route53, str(number)) for number in range(5))
    pages = route53.get_paginator("list_health_checks").paginate(PaginationConfig={"PageSize": 2})
    assert [each["Id"] for page in pages for each in page["HealthChecks"]] == ids
    assert route53.get_health_check_count()["HealthCheckCount"] == 5
    assert route53.get_checker_ip_ranges()["CheckerIpRanges"] == ["127.0.0.1/32"]


def test_a_child_of_a_calculated_check_is_not_deleted(route53: Any) -> None:
    child = made(route53)
    parent = route53.create_health_check(
        CallerReference="2",
        HealthCheckConfig={"Type": "CALCULATED", "ChildHealthChecks": [child], "HealthThreshold": 1},
    )["HealthCheck"]["Id"]
    assert refused(route53.delete_health_check, HealthCheckId=child)[0] == "HealthCheckInUse"
    route53.delete_health_check(HealthCheckId=parent)
    route53.delete_health_check(HealthCheckId=child)
    assert refused(route53.get_health_check, HealthCheckId=child)[0] == "NoSuchHealthCheck"


def test_a_record_names_a_check_that_exists(zone: Zone) -> None:
    sick = record("www.example.com", "A", "192.0.2.1", HealthCheckId="11111111-1111-4111-a111-111111111111")
    assert zone.refused(sick)[0] == "NoSuchHealthCheck"


def test_checkers_say_what_they_saw(cloud: TestCloud, route53: Any, names: Names, site: Site) -> None:
    id_ = made(route53, Port=site.port)
    rounds_of(cloud, names, 1)
    found = route53.get_health_check_status(HealthCheckId=id_)["HealthCheckObservations"]
    assert len(found) == 8
    assert {each["StatusReport"]["Status"] for each in found} == {
        "Success: HTTP Status Code: 200. Resolved IP: 127.0.0.1. OK"
    }
    assert route53.get_health_check_last_failure_reason(HealthCheckId=id_)["HealthCheckObservations"] == []
    site.status = 503
    rounds_of(cloud, names, 2)
    failures = route53.get_health_check_last_failure_reason(HealthCheckId=id_)["HealthCheckObservations"]
    assert {each["StatusReport"]["Status"] for each in failures} == {
        "Failure: HTTP Status Code: 503. Resolved IP: 127.0.0.1. Service Unavailable"
    }


def test_a_page_of_maintenance_is_answered_while_the_server_is_down(
    cloud: TestCloud, route53: Any, zone: Zone, names: Names, site: Site
) -> None:
    """The lesson that everybody begins with: failover from a server to a website in S3, and back."""
    cloud.cloud.dns.add_provider(_website)
    id_ = made(route53, Port=site.port)
    primary = {"SetIdentifier": "primary", "Failover": "PRIMARY", "HealthCheckId": id_}
    secondary = {"SetIdentifier": "secondary", "Failover": "SECONDARY"}
    website = alias("Z3W03O7B5YMIYP", "s3-website.ap-northeast-2.amazonaws.com")
    zone.change(
        record("www.example.com", "A", "192.0.2.1", **primary), record("www.example.com", "A", **website, **secondary)
    )
    assert names("www.example.com") == ["192.0.2.1"]
    site.status = 500
    rounds_of(cloud, names, 4)
    assert names("www.example.com") == ["127.0.0.1"]
    site.status = 200
    rounds_of(cloud, names, 4)
    assert names("www.example.com") == ["192.0.2.1"]


def _website(name: str, type_: int, vpc: str | None) -> Any:
    from groundcloud.engines.dns.providers import Endpoints

    return Endpoints(["127.0.0.1"], [])(name, type_, vpc)


def test_a_status_survives_a_restart(cloud: TestCloud, route53: Any, zone: Zone, names: Names) -> None:
    id_ = made(route53, Port=1)  # nobody listens there
    zone.change(
        record("www.example.com", "A", "192.0.2.1", SetIdentifier="p", Failover="PRIMARY", HealthCheckId=id_),
        record("www.example.com", "A", "192.0.2.2", SetIdentifier="s", Failover="SECONDARY"),
    )
    rounds_of(cloud, names, 4)
    assert names("www.example.com") == ["192.0.2.2"]
    del cloud.cloud.rounds
    cloud.cloud.dns.table.set_health(id_, True)
    again = Names(cloud)
    assert again("www.example.com") == ["192.0.2.2"]


def test_deleting_a_check_makes_its_records_healthy(cloud: TestCloud, route53: Any, zone: Zone, names: Names) -> None:
    id_ = made(route53, Port=1)
    zone.change(
        record("www.example.com", "A", "192.0.2.1", SetIdentifier="p", Failover="PRIMARY", HealthCheckId=id_),
        record("www.example.com", "A", "192.0.2.2", SetIdentifier="s", Failover="SECONDARY"),
    )
    rounds_of(cloud, names, 4)
    assert names("www.example.com") == ["192.0.2.2"]
    route53.delete_health_check(HealthCheckId=id_)
    assert names("www.example.com") == ["192.0.2.1"]
