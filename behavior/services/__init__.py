"""The use cases of behaviour: what the worker, the console and other apps call."""

from behavior.services.listing import list_events, list_rejected_events
from behavior.services.profiles import get_profile
from behavior.services.storing import Stored, store_message, store_parts

__all__ = ["Stored", "get_profile", "list_events", "list_rejected_events", "store_message", "store_parts"]
