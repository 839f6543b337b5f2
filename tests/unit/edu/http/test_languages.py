"""The language of a message outside Django's middleware."""

import pytest

from edu.http.languages import language_of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "es"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("es-PE,es;q=0.9,en;q=0.8", "es"),
        ("qu, en;q=0.5", "en"),
        ("de", "es"),
        ("*", "es"),
        ("\x00;;q=x", "es"),
    ],
)
def test_language_is_the_best_of_ours(header: str, language: str) -> None:
    assert language_of(header) == language
