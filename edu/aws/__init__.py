"""How Libreta reaches AWS: one endpoint rule, one client per service, credentials chosen by scope."""
