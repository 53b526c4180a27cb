import base64

import pytest
from botocore.exceptions import ClientError

from groundcloud import totp
from tests.cloud import TestCloud

RFC_SEED = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str):
    """RFC 6238, appendix B, the SHA-1 rows; their last six digits."""
    assert totp.code_at(RFC_SEED, seconds // totp.STEP) == code


class Device:
    """What a person holds in the hand."""

    def __init__(self, cloud: TestCloud, iam, name: str = "phone", ahead: int = 0) -> None:
        self.cloud = cloud
        self.iam = iam
        self.ahead = ahead
        self.made = iam.create_virtual_mfa_device(VirtualMFADeviceName=name, Path="/it/")["VirtualMFADevice"]
        self.serial = self.made["SerialNumber"]
        self.seed = base64.b32decode(self.made["Base32StringSeed"])

    def codes(self) -> dict[str, str]:
        step = totp.counter(self.cloud.clock()) + self.ahead
        return {
            "AuthenticationCode1": totp.code_at(self.seed, step - 1),
            "AuthenticationCode2": totp.code_at(self.seed, step),
        }

    def enable(self, user_name: str = "admin") -> None:
        self.iam.enable_mfa_device(UserName=user_name, SerialNumber=self.serial, **self.codes())


def test_a_device_comes_with_its_seed_and_a_picture_of_it(iam, cloud: TestCloud):
    device = Device(cloud, iam)
    assert device.serial == f"arn:aws:iam::{cloud.account}:mfa/it/phone"
    assert len(device.made["Base32StringSeed"]) == 64
    assert device.made["QRCodePNG"].startswith(b"\x89PNG")
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        Device(cloud, iam)


def test_a_device_is_enabled_by_two_codes_in_order(iam, cloud: TestCloud):
    device = Device(cloud, iam)
    codes = device.codes()
    swapped = {"AuthenticationCode1": codes["AuthenticationCode2"], "AuthenticationCode2": codes["AuthenticationCode1"]}
    with pytest.raises(ClientError) as refused:
        iam.enable_mfa_device(UserName="admin", SerialNumber=device.serial, **swapped)
    assert refused.value.response["Error"]["Code"] == "InvalidAuthenticationCode"
    assert iam.list_mfa_devices(UserName="admin")["MFADevices"] == []
    device.enable()
    found = iam.list_mfa_devices()["MFADevices"]
    assert found == [{"UserName": "admin", "SerialNumber": device.serial, "EnableDate": cloud.clock()}]
    got = iam.get_mfa_device(SerialNumber=device.serial, UserName="admin")
    assert got["EnableDate"] == cloud.clock()
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        device.enable()


def test_a_clock_that_is_off_is_learned_when_the_device_is_synchronized(iam, cloud: TestCloud):
    """IAM guide, "Resync virtual and hardware MFA devices"."""
    device = Device(cloud, iam)
    device.enable()
    device.ahead = 200
    iam.resync_mfa_device(UserName="admin", SerialNumber=device.serial, **device.codes())
    cloud.clock.advance(seconds=30)
    code = device.codes()["AuthenticationCode2"]
    assert cloud.client("sts").get_session_token(SerialNumber=device.serial, TokenCode=code)
    device.ahead = 100
    with pytest.raises(ClientError, match="InvalidAuthenticationCode"):
        iam.resync_mfa_device(UserName="admin", SerialNumber=device.serial, **device.codes())


def test_an_enabled_device_is_not_deleted(iam, cloud: TestCloud):
    device = Device(cloud, iam)
    device.enable()
    with pytest.raises(iam.exceptions.DeleteConflictException, match="Must deactivate first"):
        iam.delete_virtual_mfa_device(SerialNumber=device.serial)
    iam.deactivate_mfa_device(UserName="admin", SerialNumber=device.serial)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.deactivate_mfa_device(UserName="admin", SerialNumber=device.serial)
    iam.delete_virtual_mfa_device(SerialNumber=device.serial)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.delete_virtual_mfa_device(SerialNumber=device.serial)


def test_devices_are_listed_by_whether_somebody_has_them(iam, cloud: TestCloud):
    mine, free = Device(cloud, iam, "mine"), Device(cloud, iam, "free")
    mine.enable()
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert [each["SerialNumber"] for each in assigned] == [mine.serial]
    assert assigned[0]["User"]["UserName"] == "admin"
    assert "Base32StringSeed" not in assigned[0]
    unassigned = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert [each["SerialNumber"] for each in unassigned] == [free.serial]
    assert len(iam.list_virtual_mfa_devices()["VirtualMFADevices"]) == 2


def test_a_user_has_eight_devices_at_most(iam, cloud: TestCloud):
    """IAM guide, "IAM and AWS STS quotas"."""
    for number in range(8):
        Device(cloud, iam, f"phone{number}").enable()
    with pytest.raises(iam.exceptions.LimitExceededException, match="MFADevicesPerUser: 8"):
        Device(cloud, iam, "phone8").enable()


def test_devices_have_tags(iam, cloud: TestCloud):
    serial = Device(cloud, iam).serial
    iam.tag_mfa_device(SerialNumber=serial, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_mfa_device(SerialNumber=serial, TagKeys=["a"])
    assert iam.list_mfa_device_tags(SerialNumber=serial)["Tags"] == [{"Key": "b", "Value": "2"}]
