"""Where the sync's state stands: a school's runs in its own partitions, what all schools share in the platform's."""
