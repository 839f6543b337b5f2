"""What behaviour events are and say. Pure: the time is an argument."""
