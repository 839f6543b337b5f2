"""Tests of the government sync against the emulated cloud and the simulated government."""
