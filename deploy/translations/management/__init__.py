"""Management commands of the translations."""
