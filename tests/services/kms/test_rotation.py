import pytest

from tests.services.kms.conftest import refused


def material_of(kms, key_id: str) -> str:
    return kms.describe_key(KeyId=key_id)["KeyMetadata"]["CurrentKeyMaterialId"]


def test_old_ciphertexts_open_after_a_rotation(kms, key_id):
    before = material_of(kms, key_id)
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"old")["CiphertextBlob"]
    kms.rotate_key_on_demand(KeyId=key_id)
    assert material_of(kms, key_id) != before
    opened = kms.decrypt(CiphertextBlob=blob)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"old", before)
    new = kms.encrypt(KeyId=key_id, Plaintext=b"new")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=new)["KeyMaterialId"] == material_of(kms, key_id)


def test_a_key_rotates_on_its_dates(kms, key_id, pass_time):
    kms.enable_key_rotation(KeyId=key_id, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=key_id)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    first = material_of(kms, key_id)
    pass_time(days=89, hours=23)
    assert material_of(kms, key_id) == first
    pass_time(hours=1)
    second = material_of(kms, key_id)
    pass_time(days=90)
    third = material_of(kms, key_id)
    assert len({first, second, third}) == 3
    rotations = kms.list_key_rotations(KeyId=key_id)["Rotations"]
    assert [(each["KeyMaterialId"], each["RotationType"]) for each in rotations] == [
        (second, "AUTOMATIC"),
        (third, "AUTOMATIC"),
    ]
    states = kms.list_key_rotations(KeyId=key_id, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert [each["KeyMaterialState"] for each in states] == ["NON_CURRENT", "NON_CURRENT", "CURRENT"]


def test_a_key_whose_rotation_is_off_stays(kms, key_id, pass_time):
    kms.enable_key_rotation(KeyId=key_id)
    kms.disable_key_rotation(KeyId=key_id)
    before = material_of(kms, key_id)
    pass_time(days=400)
    assert material_of(kms, key_id) == before
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"] is False


def test_a_key_is_rotated_on_demand_twenty_five_times(kms, key_id):
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=key_id)
    assert refused(kms.rotate_key_on_demand, KeyId=key_id)[0] == "LimitExceededException"


@pytest.mark.parametrize("spec", ["HMAC_256", "ECC_NIST_P256"])
def test_only_symmetric_encryption_keys_rotate(kms, spec):
    usage = "GENERATE_VERIFY_MAC" if spec.startswith("HMAC") else "SIGN_VERIFY"
    key = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    for call in (kms.enable_key_rotation, kms.rotate_key_on_demand, kms.get_key_rotation_status):
        assert refused(call, KeyId=key)[0] == "UnsupportedOperationException"
