"""The ground floor as a Django app."""

from django.apps import AppConfig


class EduConfig(AppConfig):
    """Makes the Celery application known before any task is sent."""

    name = "edu"
    verbose_name = "Libreta"

    def ready(self) -> None:
        """Load the Celery application; its settings are read later, on first use."""
        import edu.celery  # noqa: F401, PLC0415 - only once Django's settings stand
