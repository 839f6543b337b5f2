"""Tests against the emulated cloud."""
