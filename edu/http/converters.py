"""Path converters of the API's routes. Ids have one form, so nothing else reaches a view."""

from django.urls import register_converter

from edu import values


class IdConverter:
    """An id as the domains make them."""

    regex = values.ID

    def to_python(self, value: str) -> str:
        """The id itself."""
        return value

    def to_url(self, value: str) -> str:
        """The id itself."""
        return value


register_converter(IdConverter, "id")
