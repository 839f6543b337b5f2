"""Demo data: invented schools that look real, the same ones for the same seed. No person in it exists."""

from evaluations.demo.generator import MAX_SCHOOLS, MAX_STUDENTS, SIZES, DemoSize, generate
from evaluations.demo.model import DemoSchool

__all__ = ["MAX_SCHOOLS", "MAX_STUDENTS", "SIZES", "DemoSchool", "DemoSize", "generate"]
