"""Checksums: published check values, laws of CRCs, and S3's refusals."""

import base64
import zlib

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.names import snake
from groundcloud.services.s3.rules import checksums, errors
from groundcloud.services.s3.rules.checksums import ALGORITHMS

CRCS = [ALGORITHMS[name] for name in ("CRC32", "CRC32C", "CRC64NVME")]


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("CRC32", "cbf43926"),
        ("CRC32C", "e3069283"),
        ("CRC64NVME", "ae8b14860a799888"),
        ("SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ("MD5", "25f9e794323b453885f5181f1b624d0b"),
        ("XXHASH64", "8cb841db40e6ae83"),
    ],
)
def test_the_digits_have_their_published_sums(name, digest):
    """The check values of the CRC catalogue, of FIPS 180 and of xxHash for the text 123456789."""
    assert ALGORITHMS[name].of(b"123456789") == base64.b64encode(bytes.fromhex(digest)).decode()


def test_every_algorithm_of_the_model_has_its_member_header_and_size():
    model = get_session().get_service_model("s3")
    assert set(ALGORITHMS) == set(model.shape_for("ChecksumAlgorithm").enum)
    members = model.operation_model("PutObject").input_shape.members
    by_header = {shape.serialization.get("name"): snake(name) for name, shape in members.items()}
    for algorithm in ALGORITHMS.values():
        assert by_header[algorithm.header] == algorithm.member
        assert len(algorithm.start().digest()) == algorithm.size
        assert algorithm.raw(algorithm.of(b"")) is not None


@given(st.lists(st.binary(max_size=200), max_size=8), st.sampled_from(list(ALGORITHMS.values())))
def test_a_sum_does_not_care_how_the_data_come(pieces, algorithm):
    running = algorithm.start()
    for piece in pieces:
        running.update(piece)
    assert checksums.encoded(running) == algorithm.of(b"".join(pieces))


@given(st.lists(st.binary(max_size=200), max_size=8), st.sampled_from(CRCS))
def test_sums_of_parts_make_the_sum_of_the_whole(parts, algorithm):
    values = [(algorithm.of(part), len(part)) for part in parts]
    assert checksums.full_object(algorithm, values) == algorithm.of(b"".join(parts))


@given(st.binary(max_size=300))
def test_crc32_is_that_of_zlib(data):
    assert ALGORITHMS["CRC32"].of(data) == base64.b64encode(zlib.crc32(data).to_bytes(4)).decode()


def test_a_composite_is_the_sum_of_the_sums_and_counts_the_parts():
    sha = ALGORITHMS["SHA256"]
    parts = [sha.of(b"a"), sha.of(b"b")]
    whole = sha.of(base64.b64decode(parts[0]) + base64.b64decode(parts[1]))
    assert checksums.composite(sha, parts) == f"{whole}-2"


def test_a_completion_may_name_a_composite_sum_with_or_without_its_count():
    sha = ALGORITHMS["SHA256"]
    whole = checksums.composite(sha, [sha.of(b"a"), sha.of(b"b")])
    assert checksums.claimed({"checksum_sha256": whole}, of_parts=True) == (sha, whole)
    checksums.check_match(sha, whole, whole)
    checksums.check_match(sha, whole.removesuffix("-2"), whole)
    with pytest.raises(errors.BadDigest):
        checksums.check_match(sha, whole.replace("-2", "-3"), whole)
    with pytest.raises(errors.InvalidRequest, match="header is invalid"):
        checksums.claimed({"checksum_sha256": whole})


def test_only_crcs_make_a_full_object_sum():
    with pytest.raises(ValueError, match="SHA1"):
        checksums.full_object(ALGORITHMS["SHA1"], [])


def test_a_request_has_one_checksum_at_most():
    crc = ALGORITHMS["CRC32"]
    assert checksums.claimed({}) is None
    assert checksums.claimed({"checksum_crc32": crc.of(b"x"), "checksum_sha1": None}) == (crc, crc.of(b"x"))
    assert checksums.claimed({}, "CRC32", "x-amz-checksum-crc32") == (crc, None)
    with pytest.raises(errors.InvalidRequest, match="Multiple checksum Types are not allowed"):
        checksums.claimed({"checksum_crc32": crc.of(b"x"), "checksum_sha1": ALGORITHMS["SHA1"].of(b"x")})


def test_a_checksum_of_a_wrong_form_is_refused():
    for value in ("????", "AAA=", base64.b64encode(b"12345").decode()):
        with pytest.raises(errors.InvalidRequest, match="Value for x-amz-checksum-crc32 header is invalid"):
            checksums.claimed({"checksum_crc32": value})
    with pytest.raises(errors.InvalidRequest, match="x-amz-trailer header is not supported"):
        checksums.claimed({}, trailer="x-amz-meta-colour")


def test_an_sdk_algorithm_needs_its_value():
    with pytest.raises(errors.InvalidRequest, match="no corresponding x-amz-checksum"):
        checksums.claimed({}, "SHA256")
    with pytest.raises(errors.InvalidRequest, match="x-amz-sdk-checksum-algorithm header is invalid"):
        checksums.claimed({"checksum_crc32": ALGORITHMS["CRC32"].of(b"")}, "SHA256")
    with pytest.raises(errors.InvalidRequest, match="Checksum algorithm provided is unsupported"):
        checksums.claimed({"checksum_crc32": ALGORITHMS["CRC32"].of(b"")}, "ADLER")


def test_data_that_differ_are_a_bad_digest():
    crc = ALGORITHMS["CRC32C"]
    checksums.check_match(crc, crc.of(b"a"), crc.of(b"a"))
    with pytest.raises(errors.BadDigest, match="The CRC32C you specified did not match the calculated checksum"):
        checksums.check_match(crc, crc.of(b"a"), crc.of(b"b"))


def test_content_md5_is_checked():
    digest = ALGORITHMS["MD5"].of(b"body")
    checksums.check_content_md5(digest, base64.b64decode(digest))
    with pytest.raises(errors.BadDigest, match="Content-MD5 you specified did not match what we received") as refused:
        checksums.check_content_md5(digest, bytes(16))
    assert refused.value.facts["expected_digest"] == base64.b64decode(digest).hex()  # as AWS writes it
    with pytest.raises(errors.InvalidDigest):
        checksums.content_md5("not base64")


def test_a_multipart_upload_has_a_type_that_its_algorithm_allows():
    crc32, nvme, sha = ALGORITHMS["CRC32"], ALGORITHMS["CRC64NVME"], ALGORITHMS["SHA256"]
    assert checksums.upload_type(crc32, None) == "COMPOSITE"
    assert checksums.upload_type(crc32, "FULL_OBJECT") == "FULL_OBJECT"
    assert checksums.upload_type(nvme, None) == "FULL_OBJECT"
    assert checksums.upload_type(None, None) is None
    with pytest.raises(errors.InvalidRequest, match="FULL_OBJECT checksum type cannot be used with the sha256"):
        checksums.upload_type(sha, "FULL_OBJECT")
    with pytest.raises(errors.InvalidRequest, match="COMPOSITE checksum type cannot be used with the crc64nvme"):
        checksums.upload_type(nvme, "COMPOSITE")
    with pytest.raises(errors.InvalidRequest, match="can only be used with the x-amz-checksum-algorithm header"):
        checksums.upload_type(None, "COMPOSITE")


def test_parts_and_completion_keep_to_the_upload():
    crc32, sha = ALGORITHMS["CRC32"], ALGORITHMS["SHA256"]
    checksums.check_part(crc32, crc32)
    checksums.check_part(None, crc32)
    with pytest.raises(errors.InvalidRequest, match="expected checksum Type: sha256, actual checksum Type: crc32"):
        checksums.check_part(sha, crc32)
    with pytest.raises(errors.InvalidRequest, match="created using the FULL_OBJECT checksum mode"):
        checksums.check_completion_type("FULL_OBJECT", "COMPOSITE")
    assert "missing for part 2" in checksums.part_missing(sha, 2).message
    checksums.check_object_size(10, 10)
    with pytest.raises(errors.InvalidRequest, match="header value 9 does not match what was computed: 10"):
        checksums.check_object_size(9, 10)
