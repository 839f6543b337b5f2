"""A school as its grades need it: its rules as this process remembers them, its terms and their locks, its roster."""
