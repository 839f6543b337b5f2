"""Management commands of the local system."""
