"""The data plane's stack: the template applied, its outputs read, and what was deployed verified."""
