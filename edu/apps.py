"""The ground floor as a Django app."""

from django.apps import AppConfig


class EduConfig(AppConfig):
    """Makes the Celery application known before any task is sent."""

    name = "edu"
    verbose_name = "Libreta"

    def ready(self) -> None:
        """Load the Celery application, whose settings are read later, and what an erasure begins and ends with."""
        import edu.celery  # noqa: PLC0415 - only once Django's settings stand
        import edu.erasure.erasing  # noqa: F401, PLC0415 - the same
