"""Path converters of the API's routes. Ids have one form, so nothing else reaches a view."""

from django.urls import register_converter


class IdConverter:
    """An id as the domains make them."""

    regex = "[a-z0-9-]{1,40}"

    def to_python(self, value: str) -> str:
        """The id itself."""
        return value

    def to_url(self, value: str) -> str:
        """The id itself."""
        return value


register_converter(IdConverter, "id")
