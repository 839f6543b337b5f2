"""The embedded cloud: ministack with what it lacks. A development tool, imported by nothing in production."""
