"""Verifies the pipeline to the lake: what a pipe selects and how it writes it, and that Firehose makes Parquet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deploy.stack.verification.mismatch import Mismatch, differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_firehose import FirehoseClient
    from mypy_boto3_pipes import EventBridgePipesClient

    from deploy.stack.deployment import Clients
    from deploy.stack.verification.expected import Expected, LakeStream


def check_pipeline(clients: Clients, outputs: Mapping[str, str], expected: Expected) -> list[Mismatch]:
    """Both pipes and both delivery streams."""
    return [
        *check_pipe(clients.pipes, outputs, "Events", expected.events),
        *check_pipe(clients.pipes, outputs, "Grades", expected.grades),
        *check_delivery(clients.firehose, outputs["EventsFirehoseName"], expected.events),
        *check_delivery(clients.firehose, outputs["GradesFirehoseName"], expected.grades),
    ]


def check_pipe(
    pipes: EventBridgePipesClient, outputs: Mapping[str, str], kind: str, stream: LakeStream
) -> list[Mismatch]:
    """Source, filter, target, columns and dead-letter queue of one pipe."""
    name = outputs[f"{kind}PipeName"]
    pipe = pipes.describe_pipe(Name=name)
    source = pipe.get("SourceParameters", {})
    filters = source.get("FilterCriteria", {}).get("Filters", [])
    dead_letters = source.get("DynamoDBStreamParameters", {}).get("DeadLetterConfig", {}).get("Arn", "")
    template = pipe.get("TargetParameters", {}).get("InputTemplate", "")
    return differences(
        f"pipe {name}",
        {
            "source": outputs["TableStreamArn"],
            "lets through": [list(stream.entities)],
            "target": outputs[f"{kind}FirehoseName"],
            "columns": sorted(stream.columns),
            "dead letters go to": outputs["PipeDlqUrl"].rsplit("/", 1)[-1],
        },
        {
            "source": pipe.get("Source"),
            "lets through": [_entities(item.get("Pattern", "")) for item in filters],
            "target": pipe.get("Target", "").rsplit("/", 1)[-1],
            "columns": sorted(_object(template)),
            "dead letters go to": dead_letters.rsplit(":", 1)[-1],
        },
    )


def check_delivery(firehose: FirehoseClient, name: str, stream: LakeStream) -> list[Mismatch]:
    """Parquet by the right schema, partitioned by the record's own month and school."""
    described = firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    target = described["Destinations"][0].get("ExtendedS3DestinationDescription", {})
    conversion = target.get("DataFormatConversionConfiguration", {})
    serializer = conversion.get("OutputFormatConfiguration", {}).get("Serializer", {})
    return differences(
        f"delivery stream {name}",
        {
            "converts": True,
            "format": ["ParquetSerDe"],
            "schema": stream.folder,
            "partitions by the record": True,
            "writes under": stream.folder,
        },
        {
            "converts": conversion.get("Enabled"),
            "format": list(serializer),
            "schema": conversion.get("SchemaConfiguration", {}).get("TableName"),
            "partitions by the record": target.get("DynamicPartitioningConfiguration", {}).get("Enabled"),
            "writes under": target.get("Prefix", "").split("/", 1)[0],
        },
    )


def _entities(pattern: str) -> object:
    image = _object(pattern).get("dynamodb", {}).get("NewImage", {})
    return image.get("entity", {}).get("S")


def _object(text: str) -> dict[str, Any]:
    """The JSON object in ``text``; empty when there is none, which then shows as a mismatch."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
