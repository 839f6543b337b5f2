"""What is computed from the scores: consolidated grades, every night or when asked for, and report cards."""
