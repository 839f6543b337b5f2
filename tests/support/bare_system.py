"""A local system without demo data: whoever starts it brings what it needs."""

from __future__ import annotations

from deploy.local.run import LocalSystem


class BareSystem(LocalSystem):
    """The emulator with the stack, and whichever services are left in ``services``."""

    def _seed(self) -> None:
        """Nobody signs in here."""
