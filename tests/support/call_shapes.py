"""What botocore does not check in the product (``edu.aws.scoped_clients``): that a call has DynamoDB's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.validate import ParamValidator

from edu.aws import clients, scoped_clients

if TYPE_CHECKING:
    import pytest
    from botocore.model import OperationModel


def check_call_shapes(patch: pytest.MonkeyPatch) -> None:
    """From now on a call with an argument that DynamoDB does not know, or of another type, fails its test."""
    make: Any = clients.make_client

    def made(*args: Any, **kwargs: Any) -> Any:
        client = make(*args, **kwargs)
        client.meta.events.register("before-parameter-build.dynamodb", _check)
        return client

    patch.setattr(scoped_clients, "make_client", made)
    scoped_clients.forget_scoped_clients()


def _check(params: Any, model: OperationModel, **_kwargs: Any) -> None:
    assert model.input_shape
    report = ParamValidator().validate(params, model.input_shape)
    assert not report.has_errors(), report.generate_report()
