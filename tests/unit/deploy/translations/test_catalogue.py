"""The ``.po`` reader and the ``.mo`` maker, judged by the standard library's reader."""

from __future__ import annotations

import gettext
import io

import pytest

from deploy.translations.catalogue import CatalogueError, make_mo, read_po

_HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)


def _loaded(body: str) -> gettext.GNUTranslations:
    return gettext.GNUTranslations(io.BytesIO(make_mo(read_po(_HEADER + body))))


def test_plain_message_read_by_the_standard_library() -> None:
    assert _loaded('# note\nmsgid "a \\"b\\"\\n"\nmsgstr ""\n"línea 1\\n"\n"ñ"\n').gettext('a "b"\n') == "línea 1\nñ"


def test_plural_message_read_by_the_standard_library() -> None:
    found = _loaded('msgid "%(n)s day"\nmsgid_plural "%(n)s days"\nmsgstr[0] "%(n)s día"\nmsgstr[1] "%(n)s días"\n')
    assert [found.ngettext("%(n)s day", "%(n)s days", n) for n in (0, 1, 2)] == [
        "%(n)s días",
        "%(n)s día",
        "%(n)s días",
    ]


def test_many_messages_are_all_found() -> None:
    body = "\n".join(f'msgid "m{n}"\nmsgstr "t{n}"\n' for n in range(500))
    found = _loaded(body)
    assert all(found.gettext(f"m{n}") == f"t{n}" for n in range(500))


@pytest.mark.parametrize(
    "body",
    [
        'msgctxt "x"\nmsgid "a"\nmsgstr "b"\n',
        '#, fuzzy\nmsgid "a"\nmsgstr "b"\n',
        'msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n',
        '"a"\n',
        "nonsense\n",
    ],
)
def test_what_is_not_understood_is_refused(body: str) -> None:
    with pytest.raises(CatalogueError):
        read_po(_HEADER + body)
