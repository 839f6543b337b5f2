"""Cognito: tokens that verify, and attributes a user cannot change."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.integration.deploy.emulator.cloud import Cloud


@pytest.fixture(scope="module")
def tokens(emulated: Cloud) -> dict[str, str]:
    emulated.create_user("ana", "idp-1")
    return emulated.sign_in("ana")


def test_id_token_verifies_with_the_served_keys(emulated: Cloud, tokens: dict[str, str]) -> None:
    pool = emulated.outputs["PoolId"]
    keys = jwt.PyJWKClient(f"{emulated.process.endpoint_url}/{pool}/.well-known/jwks.json")
    claims = jwt.decode(
        tokens["IdToken"],
        keys.get_signing_key_from_jwt(tokens["IdToken"]),
        algorithms=["RS256"],
        audience=emulated.outputs["ClientId"],
        issuer=f"https://cognito-idp.us-east-1.amazonaws.com/{pool}",
    )
    assert (claims["token_use"], claims["custom:school_id"]) == ("id", "idp-1")


def test_discovery_points_at_the_emulator(emulated: Cloud) -> None:
    url = f"{emulated.process.endpoint_url}/{emulated.outputs['PoolId']}/.well-known/openid-configuration"
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own emulator
        assert json.load(answer)["jwks_uri"].startswith(emulated.process.endpoint_url)


@pytest.mark.parametrize("name", ["custom:school_id", "custom:role", "sub", "email_verified"])
def test_user_writing_an_attribute_the_client_may_not_is_refused(
    emulated: Cloud, tokens: dict[str, str], name: str
) -> None:
    with pytest.raises(ClientError) as refused:
        emulated.root("cognito-idp").update_user_attributes(
            AccessToken=tokens["AccessToken"], UserAttributes=[{"Name": name, "Value": "x"}]
        )
    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"


def test_user_writing_an_attribute_the_client_may_is_accepted(emulated: Cloud, tokens: dict[str, str]) -> None:
    emulated.root("cognito-idp").update_user_attributes(
        AccessToken=tokens["AccessToken"], UserAttributes=[{"Name": "email", "Value": "new@example.org"}]
    )


def attributes(cloud: Cloud, username: str) -> dict[str, Any]:
    user = cloud.root("cognito-idp").admin_get_user(UserPoolId=cloud.outputs["PoolId"], Username=username)
    return {item["Name"]: item["Value"] for item in user["UserAttributes"]}


def test_admin_changes_only_mutable_attributes(emulated: Cloud) -> None:
    emulated.create_user("luz", "idp-1")
    cognito, pool = emulated.root("cognito-idp"), emulated.outputs["PoolId"]

    def update(name: str, value: str) -> None:
        changed = [{"Name": name, "Value": value}]
        cognito.admin_update_user_attributes(UserPoolId=pool, Username="luz", UserAttributes=changed)

    update("custom:role", "auditor")
    with pytest.raises(ClientError):
        update("custom:school_id", "idp-2")
    found = attributes(emulated, "luz")
    assert (found["custom:role"], found["custom:school_id"]) == ("auditor", "idp-1")


def test_sign_up_is_refused_where_only_admins_create_users(emulated: Cloud) -> None:
    with pytest.raises(ClientError) as refused:
        emulated.root("cognito-idp").sign_up(
            ClientId=emulated.outputs["ClientId"], Username="eva", Password="Abcdefgh1234!x"
        )
    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"


def post(cloud: Cloud, token: str, body: bytes) -> int:
    """POST to the stack's API; the status."""
    url = f"{cloud.process.endpoint_url}/restapis/{cloud.outputs['ApiId']}/v1/_user_request_/behavior"
    headers = {"Content-Type": "application/json", "Authorization": token}
    return urllib3.request("POST", url, body=body, headers=headers).status


def test_gateway_puts_the_claim_and_the_body_into_the_queue(emulated: Cloud, tokens: dict[str, str]) -> None:
    sqs = emulated.root("sqs")
    queue = sqs.get_queue_url(QueueName="emulator-test")["QueueUrl"]
    note = 'O\'Brien "q" ñ & = % +'
    assert post(emulated, tokens["IdToken"], json.dumps({"kind": "late", "note": note}).encode()) == 202
    message = wait_until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"), what="the message")[0]
    body = json.loads(message["Body"])
    assert body["school"] == "idp-1"
    assert body["id"]


@pytest.mark.parametrize("body", [b'{"kind": "A B"}', b'{"kind": "late", "school_id": "idp-2"}', b"[1]", b"{", b"{}"])
def test_gateway_refuses_a_body_the_model_does_not_allow(emulated: Cloud, tokens: dict[str, str], body: bytes) -> None:
    assert post(emulated, tokens["IdToken"], body) == 400


def test_gateway_refuses_without_a_token(emulated: Cloud) -> None:
    assert post(emulated, "", b'{"kind": "late"}') in (401, 403)
