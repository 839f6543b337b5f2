"""Behaviour events: what students' devices report, from the door to the table."""
