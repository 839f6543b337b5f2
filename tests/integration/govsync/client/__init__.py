"""Tests of its HTTP client against the simulated government and the emulated cloud."""
