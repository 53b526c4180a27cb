"""Values of parameters; secure ones under KMS.

Source: AWS Systems Manager User Guide, "How AWS Systems Manager Parameter Store uses AWS KMS": a standard parameter's
value is KMS's ciphertext, an advanced one's is under a data key; both are bound to `PARAMETER_ARN`.
"""

import base64
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.services.ssm import errors
from groundcloud.services.ssm.records import Parameter, ParameterVersion

DEFAULT_KEY = "alias/aws/ssm"
_IV = 12


def write(ctx: Context, parameter: Parameter, version: ParameterVersion, value: str) -> None:
    """Put the value into its version."""
    if parameter.type != "SecureString":
        version.value = value
        return
    asked = {"key_id": version.key_id or DEFAULT_KEY, "encryption_context": {"PARAMETER_ARN": parameter.arn}}
    if version.tier == "Standard":
        version.sealed = _kms(ctx, "encrypt", plaintext=value.encode(), **asked)["ciphertext_blob"]
        return
    made = _kms(ctx, "generate_data_key", key_spec="AES_256", **asked)
    iv = ctx.random(_IV)
    version.data_key = made["ciphertext_blob"]
    version.sealed = iv + AESGCM(made["plaintext"]).encrypt(iv, value.encode(), parameter.arn.encode())


def read(ctx: Context, parameter: Parameter, version: ParameterVersion, decrypt: bool) -> str:
    """The value; of a secure one its ciphertext in base64, unless it is to be decrypted."""
    if parameter.type != "SecureString":
        return version.value
    if not decrypt:
        return base64.b64encode(version.data_key + version.sealed).decode()
    context = {"PARAMETER_ARN": parameter.arn}
    blob = version.data_key or version.sealed
    opened = _kms(ctx, "decrypt", ciphertext_blob=blob, encryption_context=context)["plaintext"]
    if not version.data_key:
        return str(opened, "utf-8")
    sealed = version.sealed
    return AESGCM(opened).decrypt(sealed[:_IV], sealed[_IV:], parameter.arn.encode()).decode()


def _kms(ctx: Context, operation: str, **arguments: Any) -> dict[str, Any]:
    """Call KMS. Its denials go through as they are; what else is wrong with the key is `InvalidKeyId`."""
    try:
        answer: dict[str, Any] = ctx.call("kms", operation, **arguments)
    except AwsError as error:
        if "AccessDenied" in error.code:
            raise
        raise errors.InvalidKey(reason=error.message) from error
    return answer
