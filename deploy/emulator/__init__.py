"""The AWS emulator: ministack, with what it lacks. For development and tests; nothing in production imports it."""
