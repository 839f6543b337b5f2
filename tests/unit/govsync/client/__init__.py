"""Tests of its HTTP client."""
