"""The use cases of analytics, inside a school's scope."""

from analytics.services.counting import count_events, count_grades

__all__ = ["count_events", "count_grades"]
