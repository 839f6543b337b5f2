"""Root is one access key, and its signature is checked.

Stock ministack takes ``test``, any twelve digits and the configured key for root and never checks their signatures: a
forgotten setting or a made-up key would pass as the account's owner, and isolation by credentials would prove nothing.
"""

import os

from deploy.emulator.extension import patching


def _is_root_access_key(_original: patching.AnyFunction) -> patching.AnyFunction:
    configured = os.environ["AWS_ACCESS_KEY_ID"]

    def is_root_access_key(access_key_id: str) -> bool:
        """Only the configured key. A request without any key is refused by ministack itself."""
        return not access_key_id or access_key_id == configured

    return is_root_access_key


def _skips_signature_check(_original: patching.AnyFunction) -> patching.AnyFunction:
    """What ministack asks before it leaves a signature unchecked: never."""

    def is_root_key(access_key_id: str) -> bool:
        return not access_key_id

    return is_root_key


def install() -> None:
    """Check root's signature like any other. Call before other modules take the functions over by name."""
    evaluator = patching.core("iam_evaluator")
    patching.replace(evaluator, "is_root_access_key", "access_key_id", _is_root_access_key)
    patching.replace(evaluator, "_is_root_key", "access_key_id", _skips_signature_check)
