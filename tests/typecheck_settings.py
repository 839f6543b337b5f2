"""The settings under which mypy's Django plugin loads the project: the product's, in the tests' environment."""

import tests.environment  # noqa: F401 - sets the environment before the settings are read
from edu.settings import *  # noqa: F403 - all of them
