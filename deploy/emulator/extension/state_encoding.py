"""A service's state as bytes: MessagePack at once, or ministack's own JSON where MessagePack has no word for a value.

That is a text with half a surrogate pair, or an integer of more than 64 bits: rare, slower, and kept all the same.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import ast
import json
from typing import Any

import msgspec

from deploy.emulator.extension import patching

MSGPACK, JSON = "msgpack", "json"
_BY_REGION, _BY_ACCOUNT = 1, 2


def encode(state: Any) -> tuple[str, bytes]:
    """The encoding's name and the bytes. The encoder itself runs in one go: no other thread changes what it reads.

    Raises:
        TypeError: a value that cannot be kept.
    """
    try:
        return MSGPACK, _encoder.encode(state)
    except (UnicodeEncodeError, OverflowError, TypeError):
        default = patching.core("persistence")._json_default
        return JSON, json.dumps(state, default=default).encode("ascii")


def decode(encoding: str, content: bytes) -> Any:
    """What ``encode`` was given, with lists for tuples.

    Raises:
        ValueError: no such encoding, or bytes of another.
    """
    if encoding == MSGPACK:
        return _decoder.decode(content)
    if encoding == JSON:
        return json.loads(content, object_hook=patching.core("persistence")._json_object_hook)
    raise ValueError(f"unknown encoding {encoding}")


def _scoped_rows(value: Any) -> msgspec.msgpack.Ext:
    """Ministack's dictionaries by account (and region), whose keys are tuples around keys of any kind."""
    responses = patching.core("responses")
    if isinstance(value, responses.AccountRegionScopedDict):
        code = _BY_REGION
    elif isinstance(value, responses.AccountScopedDict):
        code = _BY_ACCOUNT
    else:
        raise TypeError(f"{type(value).__name__} cannot be kept")
    return msgspec.msgpack.Ext(code, _encoder.encode([[repr(key), content] for key, content in value._data.items()]))


def _scoped_dictionary(code: int, content: memoryview) -> Any:
    responses = patching.core("responses")
    kinds = {_BY_REGION: responses.AccountRegionScopedDict, _BY_ACCOUNT: responses.AccountScopedDict}
    if code not in kinds:
        raise ValueError(f"unknown extension {code}")
    return kinds[code].from_dict({ast.literal_eval(key): value for key, value in _decoder.decode(content)})


_encoder = msgspec.msgpack.Encoder(enc_hook=_scoped_rows)
_decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ext_hook=_scoped_dictionary)
