"""What botocore neither checks nor serializes in the product (``edu.aws.json_calls``), compared with what it would."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.validate import ParamValidator

from edu.aws import clients, scoped_clients
from edu.aws.json_calls import AsItIs

if TYPE_CHECKING:
    import pytest
    from botocore.model import OperationModel


def check_call_shapes(patch: pytest.MonkeyPatch) -> None:
    """From now on a call that DynamoDB does not know, or that botocore would send in another form, fails its test."""
    make: Any = clients.make_client

    def made(*args: Any, **kwargs: Any) -> Any:
        client = make(*args, **kwargs)
        client.meta.events.register("before-parameter-build.dynamodb", partial(_check, client))
        return client

    patch.setattr(scoped_clients, "make_client", made)
    scoped_clients.forget_scoped_clients()


def _check(client: Any, params: Any, model: OperationModel, **_kwargs: Any) -> None:
    assert model.input_shape
    report = ParamValidator().validate(params, model.input_shape)
    assert not report.has_errors(), report.generate_report()
    if isinstance(client._serializer, AsItIs):
        ours, botocores = (
            one.serialize_to_request(params, model) for one in (client._serializer, client._serializer.own)
        )
        assert _decoded(ours) == _decoded(botocores)


def _decoded(request: dict[str, Any]) -> dict[str, Any]:
    return request | {"body": json.loads(request["body"])}
