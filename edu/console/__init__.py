"""The console: Django admin over repositories, without a relational database (ADR 0004)."""
