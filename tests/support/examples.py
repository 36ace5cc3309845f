"""How many examples the laws are held against: few in the suite, as many times as TESTS_LONG says when somebody
hunts.
"""

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("TESTS_LONG", "1"))


def law(examples: int) -> settings:
    """Without a deadline: how long an example takes says more of the machine than of the law."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(max_examples=examples * TIMES, deadline=None, suppress_health_check=slow)
