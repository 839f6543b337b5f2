"""The template, and the scripts of the local target. Nothing here runs in production."""
