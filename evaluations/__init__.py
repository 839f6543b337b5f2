"""Evaluations: what teachers record about students, term by term."""
