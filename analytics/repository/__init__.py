"""What analytics keeps in the table."""
