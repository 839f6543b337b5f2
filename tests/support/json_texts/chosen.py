"""What RFC 8259 leaves to each reader, with what this house has chosen (``True``: it is taken), and why."""

from __future__ import annotations

# numbers are kept digit by digit, so that none is rounded or too large by itself (RFC 8259, 6)
_NUMBERS = {
    "more than a float holds": (b"[1e400]", True),
    "more than a float holds, below": (b"[-1e400]", True),
    "less than a float tells from nothing": (b"[1e-400]", True),
    "digits that a float loses": (b"[123456789012345678901234567890.123456789]", True),
    "fifty digits": (b"[" + b"7" * 50 + b"]", True),
    "a hundred digits": (b"[" + b"7" * 100 + b"]", True),
    "more than a hundred digits": (b"[" + b"7" * 101 + b"]", False),
    "more than a hundred characters": (b"[0." + b"3" * 99 + b"]", False),
    "an exponent of thirty digits": (b"[1e" + b"9" * 30 + b"]", False),
}
# half a pair is a text that other readers take; whoever needs UTF-8 refuses the field (RFC 8259, 8.2)
_TEXTS = {
    "the first half of a pair": (rb'["\ud800"]', True),
    "the second half of a pair": (rb'["\udfaa"]', True),
    "two first halves": (rb'["\ud800\ud800"]', True),
    "the halves in the other order": (rb'["\udd1e\ud834"]', True),
    "half a pair and a letter": (rb'["\ud800abc"]', True),
    "half a pair and an escape": (rb'["\ud800\n"]', True),
    "half a pair in a name": (rb'{"\ud800": 1}', True),
    "longer than any field": (b'["' + b"x" * 9000 + b'"]', False),
}
# names that are repeated have no one meaning (RFC 8259, 4)
_OBJECTS = {
    "a name twice": (b'{"a": 1, "a": 2}', False),
    "a name twice with the same value": (b'{"a": 1, "a": 1}', False),
    "a name twice by an escape": (rb'{"a": 1, "\u0061": 2}', False),
    "a name twice inside": (b'[{"b": {"a": 1, "a": 2}}]', False),
}
# UTF-8 and nothing else (RFC 8259, 8.1), whatever a reader could guess; a byte order mark is named, not skipped
_ENCODINGS = {
    "a byte order mark first": (b"\xef\xbb\xbf{}", False),
    "a byte order mark before a list": (b"\xef\xbb\xbf[1]", False),
    "sixteen bits, little end first": ("[1]".encode("utf-16-le"), False),
    "sixteen bits, big end first": ("[1]".encode("utf-16-be"), False),
    "sixteen bits with a mark": ("[1]".encode("utf-16"), False),
    "thirty-two bits": ("[1]".encode("utf-32"), False),
    "Latin-1 in a text": ('["é"]'.encode("latin-1"), False),
    "a byte that is never UTF-8": (b'["\xff"]', False),
    "a continuation byte alone": (b'["\x81"]', False),
    "a character cut short": (b'["\xe0\xff"]', False),
    "a character in more bytes than it needs": (b'["\xc0\xaf"]', False),
    "a character in many more bytes": (b'["\xfc\x83\xbf\xbf\xbf\xbf"]', False),
    "half a pair as bytes": (b'["\xed\xa0\x80"]', False),
    "after the last character": (b'["\xf4\xbf\xbf\xbf"]', False),
    "a byte of no text after a text": (b'"a"\xe9', False),
}
# how much one body may hold (RFC 8259, 9)
_LIMITS = {
    "seventeen deep": (b"[" * 17 + b"]" * 17, False),
    "five hundred deep": (b"[" * 500 + b"]" * 500, False),
    "a hundred thousand beginnings": (b"[" * 100_000, False),
    "twenty thousand beginnings of both": (b'[{"":' * 20_000, False),
    "nine hundred items": (b"[" + b",".join([b"1"] * 900) + b"]", True),
    "a thousand items": (b"[" + b",".join([b"1"] * 1_000) + b"]", False),
    "a thousand members": (b"{" + b",".join(b'"%d":1' % n for n in range(1_000)) + b"}", False),
    "a thousand empty lists": (b"[" + b",".join([b"[]"] * 1_000) + b"]", False),
    "a text of a thousand commas": (b'["' + b"," * 1_000 + b'"]', True),
    "texts of thousands of brackets": (b"[" + b",".join([b'"[[{{"'] * 400) + b"]", True),
    "spaces by the thousand": (b" " * 100_000 + b"1" + b" " * 100_000, True),
}
CHOSEN: dict[str, tuple[bytes, bool]] = {
    f"{kind}: {name}": choice
    for kind, choices in {
        "number": _NUMBERS,
        "text": _TEXTS,
        "object": _OBJECTS,
        "encoding": _ENCODINGS,
        "limit": _LIMITS,
    }.items()
    for name, choice in choices.items()
}
