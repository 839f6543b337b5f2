"""Questions to the lake, asked through Athena with the credentials of the school in scope."""
