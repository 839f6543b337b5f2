"""Management commands of the emulator."""
