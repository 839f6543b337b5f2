"""The government simulator, to develop and test against: an HTTP server with the faults of the real one."""
