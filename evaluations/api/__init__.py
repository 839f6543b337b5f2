"""The teachers' API: parse, call a service, render."""
