from pathlib import Path

import pytest

from groundcloud.settings import BadSetting, load, without_password


def settings_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path):
    path = settings_file(tmp_path, 'port = 1\nregion = "eu-west-1"\nworkers = 2\n')
    environment = {"GROUNDCLOUD_PORT": "2", "GROUNDCLOUD_REGION": "eu-north-1", "HOME": str(tmp_path)}
    settings, origins = load({"port": "3"}, environment, path)
    assert (settings.port, settings.region, settings.workers) == (3, "eu-north-1", 2)
    assert origins["port"] == "--port"
    assert origins["region"] == "GROUNDCLOUD_REGION"
    assert origins["workers"] == str(path)
    assert origins["store"] == "default"


def test_the_file_lies_where_the_environment_says(tmp_path):
    path = settings_file(tmp_path, "port = 17\n")
    assert load({}, {"GROUNDCLOUD_CONFIG": str(path)}).settings.port == 17
    folder = tmp_path / "groundcloud"
    folder.mkdir()
    path.rename(folder / "config.toml")
    assert load({}, {"XDG_CONFIG_HOME": str(tmp_path)}).settings.port == 17


def test_without_a_file_the_defaults_hold(tmp_path):
    settings = load({}, {"XDG_CONFIG_HOME": str(tmp_path)}).settings
    assert (settings.host, settings.port, settings.tls_port) == (("127.0.0.1",), 4566, 4567)
    assert not settings.trust_any_key


def test_domains_are_a_list_or_a_line_of_names(tmp_path):
    path = settings_file(tmp_path, 'domains = ["S3.example.com."]')
    assert load({}, {}, path).settings.domains == ("s3.example.com",)
    assert load({}, {"GROUNDCLOUD_DOMAINS": "a.test b.test", "HOME": "/"}).settings.domains == ("a.test", "b.test")
    with pytest.raises(BadSetting, match="it is one domain name"):
        load({"domains": ["not/a/name"]}, {"HOME": "/"})


def test_another_port_takes_a_free_one_for_tls(tmp_path):
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert load({"port": 5000}, environment).settings.tls_port == 0
    assert load({"port": 5000, "tls_port": 5001}, environment).settings.tls_port == 5001


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "unknown setting prot. Is port meant?"),
        ("port = 70000", "it is a number from 0 to 65535"),
        ("port = true", "it is a number from 0 to 65535"),
        ("workers = 0", "it is a number from 1 to 64"),
        ('trust_any_key = "perhaps"', "it is true or false"),
        ("host = []", "it is one address or a list of them"),
        ("region = 1", "it is a text"),
        ("port = ", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_place_and_what_it_can_be(tmp_path, text, said):
    path = settings_file(tmp_path, text)
    with pytest.raises(BadSetting) as refused:
        load({}, {}, path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/var/bytes", "it is s3://bucket"),
        ("s3://", "it is s3://bucket"),
        ("s3://AKIAIOSFODNN7EXAMPLE:secret@bucket", "without keys"),
        ("s3://bucket?secret=x", "unknown option secret"),
    ],
)
def test_a_cluster_is_named_without_keys(place, said):
    with pytest.raises(BadSetting, match=said):
        load({"objects": place}, {})
    right = "s3://bucket/prefix?endpoint=https://rgw.example.com&region=eu-west-1&profile=rgw"
    assert load({"objects": right}, {}).settings.objects == right


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/var/lib/lxd/unix.socket", "lxd:///path"),
        ("lxd://host:8443", "lxd:///path"),
        ("lxd:///socket?project=x", "unknown option project"),
    ],
)
def test_a_cluster_of_machines_is_named_by_its_socket_on_this_host(place, said):
    with pytest.raises(BadSetting, match=said):
        load({"machine_cluster": place}, {})
    right = "lxd:///var/lib/lxd/unix.socket?pool=fast"
    assert load({"machine_cluster": right}, {}).settings.machine_cluster == right


def test_an_unknown_variable_is_refused_by_its_name():
    with pytest.raises(BadSetting, match="GROUNDCLOUD_STORES"):
        load({}, {"GROUNDCLOUD_STORES": "x"})


def test_a_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(BadSetting, match="no settings file"):
        load({}, {}, tmp_path / "absent.toml")


def test_several_addresses_are_a_list_or_a_line(tmp_path):
    path = settings_file(tmp_path, 'host = ["127.0.0.1", "::1"]')
    assert load({}, {}, path).settings.host == ("127.0.0.1", "::1")
    assert load({}, {"GROUNDCLOUD_HOST": "127.0.0.1, ::1", "HOME": "/"}).settings.host == ("127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@db:5432/cloud", "postgresql://me:***@db:5432/cloud"),
        ("postgresql://me:se@cret@db/cloud", "postgresql://me:***@db/cloud"),
        ("postgresql://me@db/cloud", "postgresql://me@db/cloud"),
        ("postgresql://db/cloud?user=me&password=secret", "postgresql://db/cloud?user=me&password=***"),
        ("/var/lib/cloud.db", "/var/lib/cloud.db"),
    ],
)
def test_a_password_is_never_shown(url, shown):
    assert without_password(url) == shown


def test_dns_has_its_usual_port_beside_the_usual_one_and_a_free_one_beside_another():
    assert load({}, {}).settings.dns_port == 5353
    assert load({"port": "0"}, {}).settings.dns_port == 0
    assert load({"port": "0", "dns_port": "5300"}, {}).settings.dns_port == 5300


def test_lists_of_dns_settings_are_written_with_commas():
    places = load({}, {"GROUNDCLOUD_DNS_LOCATIONS": "192.0.2.0/24 EU DE, 198.51.100.0/24 eu-west-1"}).settings
    assert places.dns_locations == ("192.0.2.0/24 EU DE", "198.51.100.0/24 eu-west-1")
    with pytest.raises(BadSetting, match="dns_secondaries"):
        load({"dns_secondaries": "no address"}, {})
