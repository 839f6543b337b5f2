"""Tests of the simulated government."""
