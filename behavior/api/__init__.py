"""Reading behaviour events back, on the web process; they come in through ``behavior.door``."""
