"""What an uncompressed PDF of reportlab shows, in the order in which it draws."""

from __future__ import annotations

import re

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_FONT_NAME = re.compile(rb"/Name /(\S+)")
_TO_UNICODE = re.compile(rb"/ToUnicode (\d+) 0 R")
_CODE = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{4,})>")
_STRING = rb"\(((?:[^()\\]|\\.)*)\)"
_SHOWN = re.compile(rb"/(\S+) [\d.]+ Tf|" + _STRING + rb" Tj|\[((?:" + _STRING + rb"|[^\]()])*)\] TJ", re.DOTALL)
_PART = re.compile(_STRING, re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


def text_of(content: bytes) -> str:
    """One line for each string that is shown."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    fonts = dict(filter(None, (_font(body, objects) for body in objects.values())))
    assert fonts
    lines, codes = [], next(iter(fonts.values()))
    for name, shown, parts, _last in _SHOWN.findall(content):
        if name:
            codes = fonts[name]
        else:
            lines.append("".join(_text(part, codes) for part in ([shown] if not parts else _PART.findall(parts))))
    return "\n".join(lines)


def _font(body: bytes, objects: dict[int, bytes]) -> tuple[bytes, dict[int, str]] | None:
    """A font's name in content streams, and the character of each code."""
    name, mapped = _FONT_NAME.search(body), _TO_UNICODE.search(body)
    if not name or b"/Type /Font" not in body:
        return None
    if mapped:
        return name[1], {int(code, 16): chr(int(found, 16)) for code, found in _CODE.findall(objects[int(mapped[1])])}
    assert b"/WinAnsiEncoding" in body
    return name[1], {code: bytes([code]).decode("cp1252", "replace") for code in range(256)}


def _text(string: bytes, codes: dict[int, str]) -> str:
    return "".join(codes[code] for code in _ESCAPED.sub(_unescaped, string))


def _unescaped(found: re.Match[bytes]) -> bytes:
    code = found[1]
    if len(code) == 3:
        return bytes([int(code, 8)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(code, code)
