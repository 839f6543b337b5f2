"""Items of the table <-> the domain of evaluations: the only place that knows this app's keys."""
