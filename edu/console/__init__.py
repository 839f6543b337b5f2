"""The console: Django admin over services, without a relational database (ADR 0004)."""
