"""Bytes as text, in whichever of the common encodings they are."""

from __future__ import annotations

import codecs

_UTF8 = "utf-8"
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# What spreadsheets of one byte a letter were saved in: Windows, DOS, the old Macintosh. They read nearly any bytes, so
# the one counts in which most of what is not ASCII are letters of names, Spanish before Portuguese and French ones.
_OLD = ("cp1252", "cp850", "mac_roman")
_WORTH = dict.fromkeys("àâãäçèêëìîïòôõöùûÀÂÃÄÇÈÊËÌÎÏÒÔÕÖÙÛ¿¡ºª°", 1) | dict.fromkeys("áéíóúüñÁÉÍÓÚÜÑ", 3)
_SOME = 200


def decode(content: bytes) -> tuple[str, bool] | None:
    """The text, and whether it was UTF-8; ``None`` when it is in no encoding that is read."""
    for bom, encoding in _BOMS.items():
        if content.startswith(bom):
            return _decoded(content, encoding, is_utf8=encoding != "utf-16")
    if b"\0" in content[:_SOME]:
        little = content[1:2] == b"\0"
        return _decoded(content, "utf-16-le" if little else "utf-16-be", is_utf8=False)
    return _decoded(content, _UTF8, is_utf8=True) or _of_one_byte(content)


def _decoded(content: bytes, encoding: str, *, is_utf8: bool) -> tuple[str, bool] | None:
    try:
        return content.decode(encoding), is_utf8
    except UnicodeDecodeError:
        return None


def _of_one_byte(content: bytes) -> tuple[str, bool] | None:
    read = [text for encoding in _OLD if (text := _decoded(content, encoding, is_utf8=False))]
    return max(
        read, key=lambda found: sum(_WORTH.get(letter, 0) for letter in found[0] if not letter.isascii()), default=None
    )
