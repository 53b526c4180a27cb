import pytest

CONFIG = "config.amazonaws.com"


def test_service_access_is_enabled_and_disabled(company):
    company.api.enable_aws_service_access(ServicePrincipal=CONFIG)
    company.api.enable_aws_service_access(ServicePrincipal=CONFIG)
    (shown,) = company.api.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert shown["ServicePrincipal"] == CONFIG
    company.api.disable_aws_service_access(ServicePrincipal=CONFIG)
    assert company.api.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []


def test_a_service_principal_must_look_like_one(company):
    with pytest.raises(company.api.exceptions.InvalidInputException) as refused:
        company.api.enable_aws_service_access(ServicePrincipal="config")
    assert refused.value.response["Reason"] == "UNRECOGNIZED_SERVICE_PRINCIPAL"


def test_a_delegated_administrator_may_read_and_change_policies_but_no_accounts(company):
    account = company.make_account("security")
    company.api.enable_aws_service_access(ServicePrincipal=CONFIG)
    api = company.client(account, "organizations")
    with pytest.raises(api.exceptions.AccessDeniedException):
        api.list_accounts()
    company.api.register_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    assert len(api.list_accounts()["Accounts"]) == 2
    with pytest.raises(api.exceptions.AccessDeniedException):
        api.create_account(Email="x@example.com", AccountName="x")
    (shown,) = company.api.list_delegated_administrators(ServicePrincipal=CONFIG)["DelegatedAdministrators"]
    assert (shown["Id"], shown["Name"]) == (account, "security")
    (service,) = company.api.list_delegated_services_for_account(AccountId=account)["DelegatedServices"]
    assert service["ServicePrincipal"] == CONFIG
    company.api.deregister_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    with pytest.raises(api.exceptions.AccessDeniedException):
        api.list_accounts()


def test_only_active_members_are_registered_and_only_for_enabled_services(company):
    account = company.make_account("security")
    register = company.api.register_delegated_administrator

    def reason(account_id: str) -> str:
        with pytest.raises(company.api.exceptions.ConstraintViolationException) as refused:
            register(AccountId=account_id, ServicePrincipal=CONFIG)
        return refused.value.response["Reason"]

    assert reason(account) == "SERVICE_ACCESS_NOT_ENABLED"
    assert reason(company.cloud.account) == "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"
    company.api.enable_aws_service_access(ServicePrincipal=CONFIG)
    register(AccountId=account, ServicePrincipal=CONFIG)
    with pytest.raises(company.api.exceptions.AccountAlreadyRegisteredException):
        register(AccountId=account, ServicePrincipal=CONFIG)
    company.api.deregister_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    with pytest.raises(company.api.exceptions.AccountNotRegisteredException):
        company.api.deregister_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    company.api.close_account(AccountId=account)
    assert reason(account) == "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR"
