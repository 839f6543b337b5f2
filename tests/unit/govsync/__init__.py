"""Tests of the government sync."""
