"""Management commands of the embedded cloud."""
