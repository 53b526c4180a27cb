def test_the_caller_is_told_who_it_is(sts, cloud):
    found = sts.get_caller_identity()
    assert found["Account"] == cloud.account
    assert found["Arn"] == f"arn:aws:iam::{cloud.account}:user/admin"
