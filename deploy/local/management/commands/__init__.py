"""Commands of the local system."""
