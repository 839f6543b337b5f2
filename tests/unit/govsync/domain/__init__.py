"""Tests of its rules."""
