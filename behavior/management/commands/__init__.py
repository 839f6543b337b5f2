"""Commands of behaviour."""
