"""Erasing a student from everything that the product keeps of them, and the legal holds that forbid it (ADR 0036).

Each app says what it holds of a student (``parts``); the job (``erasing``) goes through all of that in one order.
"""
