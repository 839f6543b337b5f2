"""Django's database engine for a project without a relational database (ADR 0004)."""
