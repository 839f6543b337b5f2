"""The isolation between schools, asked of every door: ``python -m tests.isolation`` (ADR 0009, docs/ISOLATION.md)."""
