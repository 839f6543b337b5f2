"""What behaviour holds of a student, for an erasure: events, and what was rejected. The profile is counted when read.

What comes later of a student who was erased (a message that waited, a device that nobody took away) is stored under a
pseudonym that is nobody's and ends like every event; what a worker wrote with a key that it still remembered is found
when the events are erased a second time.
"""

from __future__ import annotations

from behavior.repository import events
from edu.erasure.parts import Part, register_part


def register() -> None:
    """Tell it, once, as the app is loaded."""
    register_part(Part("20-events", events.delete_of_student, events.count_of_student))
    register_part(Part("90-late-events", events.delete_of_student, events.count_of_student, late=True))
