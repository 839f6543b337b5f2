"""A government to develop and test against: a real HTTP server with the faults of the real one. Never in production."""
