"""Translations without gettext's binaries: a ``.po`` file read, a ``.mo`` file made.

Covers what our catalogue uses: plain and plural messages, without contexts. Anything else in the file is an error.
https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
"""

from __future__ import annotations

import ast
import re
import struct

_LINE = re.compile(r'(?:(msgid|msgid_plural|msgstr|msgstr\[(\d)\]) )?(".*")')
_MAGIC, _HEADER_BYTES, _ENTRY_BYTES = 0x950412DE, 28, 8

Catalogue = dict[str, str]


class CatalogueError(ValueError):
    """The ``.po`` file holds something this reader does not know; the message names the line."""


def read_po(text: str) -> Catalogue:
    """The messages of a ``.po`` file in gettext's own form: the forms of a plural message are joined by NUL.

    Raises:
        CatalogueError: for a line that is not understood, a fuzzy or a repeated message.
    """
    catalogue: Catalogue = {}
    for block in re.split(r"\n\s*\n", text.strip()):
        message, translation = _read_block(block)
        if message in catalogue:
            raise CatalogueError(f"repeated: {message!r}")
        catalogue[message] = translation
    return catalogue


def make_mo(catalogue: Catalogue) -> bytes:
    """The ``.mo`` file of a catalogue; equal catalogues give equal bytes."""
    pairs = sorted((message.encode(), text.encode()) for message, text in catalogue.items())
    data, tables = b"", []
    start = _HEADER_BYTES + 2 * _ENTRY_BYTES * len(pairs)
    for side in (0, 1):
        table = b""
        for pair in pairs:
            table += struct.pack("<II", len(pair[side]), start + len(data))
            data += pair[side] + b"\0"
        tables.append(table)
    translations_at = _HEADER_BYTES + len(tables[0])
    header = struct.pack("<7I", _MAGIC, 0, len(pairs), _HEADER_BYTES, translations_at, 0, start)
    return header + tables[0] + tables[1] + data


def _read_block(block: str) -> tuple[str, str]:
    parts: dict[str, str] = {}
    current = ""
    for line in block.splitlines():
        if line.startswith("#") and "fuzzy" not in line:
            continue
        match = _LINE.fullmatch(line)
        if match is None or not (match[1] or current):
            raise CatalogueError(f"not understood: {line!r}")
        current = match[1] or current
        parts[current] = parts.get(current, "") + ast.literal_eval(match[3])
    if "msgid_plural" in parts:
        forms = [text for name, text in sorted(parts.items()) if name.startswith("msgstr[")]
        return f"{parts['msgid']}\0{parts['msgid_plural']}", "\0".join(forms)
    return parts["msgid"], parts["msgstr"]
