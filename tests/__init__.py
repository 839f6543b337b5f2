"""Tests, by kind: unit, integration (the emulator), e2e (everything running), bench."""
