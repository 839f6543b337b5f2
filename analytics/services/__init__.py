"""The use cases of analytics, inside a school's scope: those for which pyarrow need not be loaded.

The others stand in modules of their own, for workers and commands (``exporting.making``).
"""

from analytics.services.asking import Asked, ask, look
from analytics.services.counting import count_events, count_grades
from analytics.services.exporting.linking import ExportLink, get_link
from analytics.services.exporting.ordering import erase_exports, get_export, list_exports, order_export

__all__ = [
    "Asked",
    "ExportLink",
    "ask",
    "count_events",
    "count_grades",
    "erase_exports",
    "get_export",
    "get_link",
    "list_exports",
    "look",
    "order_export",
]
