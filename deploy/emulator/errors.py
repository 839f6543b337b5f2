"""What can keep the emulator from running."""


class EmulatorError(Exception):
    """The emulator cannot start, stop or be reached; the message is one line for a person."""


class PortBusyError(EmulatorError):
    """Something already listens on the port."""


class StateDirBusyError(EmulatorError):
    """Another emulator works on the same state directory."""


class MinistackChangedError(EmulatorError):
    """The installed ministack is not the one our extension was written against."""
