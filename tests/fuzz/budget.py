"""How long fuzzers run: the same few cases in every run of the tests, and minutes of new ones by `make fuzz`."""

import os

from hypothesis import HealthCheck, Phase, settings

SECONDS = "TINYGRAD_CNN_FUZZ_SECONDS"
"""The environment variable that asks for the long form: how long each fuzzer is to run."""


def seconds(short):
    """Return how long a fuzzer is to run: `short` seconds unless the long form is asked for."""
    return float(os.environ.get(SECONDS, short))


def is_long():
    """Tell whether the long form is asked for."""
    return SECONDS in os.environ


def budget(examples):
    """Return the settings of a hypothesis fuzzer: `examples` cases, always the same; in the long form more, and new."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    if not is_long():
        return settings(max_examples=examples, derandomize=True, deadline=None, suppress_health_check=slow)
    each = 0.02  # seconds, about
    return settings(
        max_examples=max(examples, int(seconds(60) / each)),
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=slow,
    )
