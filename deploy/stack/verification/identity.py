"""Verifies the user pool: which attributes a person may change decides which school they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.stack.verification.mismatch import Mismatch, differences

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

    from deploy.stack.verification.expected import Expected


def check_identity(
    cognito: CognitoIdentityProviderClient, pool_id: str, client_id: str, expected: Expected
) -> list[Mismatch]:
    """Mutability of our attributes, who may create accounts, what a signed-in person may write."""
    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    client = cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)["UserPoolClient"]
    schema = {attribute.get("Name", ""): attribute for attribute in pool.get("SchemaAttributes", [])}
    return differences(
        f"user pool {pool_id}",
        {
            "mutable": dict(expected.attribute_is_mutable),
            "only administrators create accounts": True,
            "deletion protection": "ACTIVE" if expected.protected else "INACTIVE",
        },
        {
            "mutable": {name: schema.get(name, {}).get("Mutable") for name in expected.attribute_is_mutable},
            "only administrators create accounts": pool.get("AdminCreateUserConfig", {}).get(
                "AllowAdminCreateUserOnly"
            ),
            "deletion protection": pool.get("DeletionProtection"),
        },
    ) + differences(
        f"user pool client {client_id}",
        {"writes": sorted(expected.client_write_attributes), "reads": True},
        {
            "writes": sorted(client.get("WriteAttributes", [])),
            "reads": set(expected.attribute_is_mutable) <= set(client.get("ReadAttributes", [])),
        },
    )
