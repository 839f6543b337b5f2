"""The use cases of behaviour: what the worker, the console and other apps call."""

from behavior.services.expiring import put_off_expiry
from behavior.services.kinds import SchoolKind, list_kinds, switch_kind
from behavior.services.ledger import check_ledger, read_ledger, write_ledger
from behavior.services.listing import iterate_lake_rows, list_events, list_rejected_events
from behavior.services.profiles import get_profile
from behavior.services.storing import (
    Stored,
    is_table_answering,
    read_message,
    store_by_school,
    store_parts,
)

__all__ = [
    "SchoolKind",
    "Stored",
    "check_ledger",
    "get_profile",
    "is_table_answering",
    "iterate_lake_rows",
    "list_events",
    "list_kinds",
    "list_rejected_events",
    "put_off_expiry",
    "read_ledger",
    "read_message",
    "store_by_school",
    "store_parts",
    "switch_kind",
    "write_ledger",
]
