"""The sync's rules, pure: runs, batches, what may follow what, and how two sets of grades are compared."""
