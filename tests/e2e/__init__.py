"""Tests against everything running."""
