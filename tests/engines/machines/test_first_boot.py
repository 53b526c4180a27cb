"""The first boot of a machine: its user data, and what of it is done again."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

pytestmark = pytest.mark.machines

DONE = "cloud-init status --wait"

CONFIG = """#cloud-config
hostname: web
fqdn: web.example.com
timezone: Asia/Seoul
users:
  - default
  - name: ann
    groups: [adm, operators]
    sudo: ALL=(ALL) NOPASSWD:ALL
    ssh_authorized_keys: [KEY]
write_files:
  - {path: /etc/early.txt, content: early, permissions: '0600', owner: 'ann:ann'}
  - {path: /home/ann/late.txt, content: bGF0ZQ==, encoding: b64, owner: 'ann:ann', defer: true}
bootcmd: [echo boot >> /var/tmp/boots]
runcmd:
  - [sh, -c, 'echo "run $(id -u) $(cat /etc/early.txt)" >> /var/tmp/run']
ntp: {enabled: true}
final_message: up after $UPTIME seconds
"""
SCRIPT = "#!/usr/bin/python3\nprint('a script', file=open('/var/tmp/run', 'a'))\nprint('said by the script')\n"


def multipart(key):
    message = MIMEMultipart()
    for kind, text in (
        ("cloud-config", CONFIG.replace("KEY", key)), ("x-shellscript", SCRIPT),
        ("cloud-boothook", "#cloud-boothook\n#!/bin/sh\necho hook >> /var/tmp/boots\n"),
    ):  # fmt: skip
        message.attach(MIMEText(text, kind))
    return gzip.compress(message.as_bytes()).decode("latin-1")


def authority():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def machine(ground):
    data = multipart(ground.lab.public_key)
    ground.boot(user_data=data, answers={"dynamic/groundcloud/ca.pem": authority()})
    assert ground.ssh(DONE) == "status: done\n"
    return ground


def test_a_multipart_message_is_done_part_by_part(machine):
    assert machine.ssh("cat /var/tmp/run") == "run 0 early\na script\n"
    assert machine.ssh("cat /var/tmp/boots") == "hook\nboot\n"
    assert "said by the script" in machine.ssh("cat /var/log/cloud-init-output.log")
    console = machine.machines.console("i-0").decode()
    assert "said by the script" in console
    assert "up after " in console


def test_names_time_zone_users_and_files(machine):
    assert machine.ssh("hostname; hostname -f; date +%Z").split() == ["web", "web.example.com", "KST"]
    assert machine.ssh("sudo id -u; id -nG; cat late.txt; sudo stat -c '%U %a' /etc/early.txt", user="ann").split() == [
        "0", "ann", "adm", "operators", "lateann", "600",
    ]  # fmt: skip


def test_what_is_not_done_is_in_the_log(machine):
    assert "ntp is not done: the machine has its host's clock" in machine.ssh("cat /var/log/cloud-init.log")


def test_nobody_has_a_password_and_root_is_told_whom_to_ask(machine):
    assert machine.ssh("sudo grep -v ':[!*]' /etc/shadow || true") == ""
    assert "Please login as the user" in machine.ssh("sudo cat /root/.ssh/authorized_keys")


def test_the_authority_is_trusted_by_programs_and_by_boto3(machine):
    machine.ssh("openssl verify -CApath /etc/ssl/certs /usr/local/share/ca-certificates/groundcloud.crt")
    machine.ssh(
        "openssl verify -CAfile /etc/ssl/certs/ca-certificates.crt /usr/local/share/ca-certificates/groundcloud.crt"
    )
    assert (
        machine.ssh("echo $AWS_CA_BUNDLE; sudo sh -c 'echo $AWS_CA_BUNDLE'").split()
        == ["/etc/ssl/certs/ca-certificates.crt"] * 2
    )


def test_at_the_second_boot_only_boot_commands_run_again(machine):
    again = []
    machine.machines.again = again.append
    machine.machines.reboot("i-0")
    machine.wait(lambda: again)
    machine.lab.plug(machine.state().pid, "10.9.0.10")
    assert machine.ssh(DONE) == "status: done\n"
    assert machine.ssh("cat /var/tmp/run").splitlines() == ["run 0 early", "a script"]
    assert machine.ssh("cat /var/tmp/boots").splitlines() == ["hook", "boot", "hook", "boot"]
    assert machine.ssh("hostname") == "web\n"


def test_a_script_that_fails_is_told_by_the_status(machine):
    machine.boot(1, user_data="#!/bin/sh\nexit 3\n")
    assert "status: error" in machine.ssh(DONE + " --long || true", 1)
    result = json.loads(machine.ssh("cat /run/cloud-init/result.json", 1))
    assert result["v1"]["errors"][0].endswith("scripts/part-001 ended with 3")


def test_a_machine_without_metadata_boots_all_the_same(machine):
    """Its key cannot come, so it is looked at from the console."""
    machine.volumes.create_root("vol-2", 8, machine.image)
    machine.start(2)
    machine.wait(lambda: b"END SSH HOST KEY KEYS" in machine.machines.console("i-2"))
