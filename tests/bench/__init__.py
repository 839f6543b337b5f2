"""Measurements, always as ratios to a baseline taken in the same run; ``docs/BENCHMARKS.md`` keeps what was seen."""
