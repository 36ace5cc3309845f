"""What a failed activity leaves in the log."""

import io
import logging

import pytest
from temporalio.exceptions import ApplicationError

from workers.temporal import in_one_line


@pytest.mark.parametrize(("level", "traceback"), [(logging.WARNING, False), (logging.DEBUG, True)])
def test_a_failed_activity_is_one_line_with_type_and_opaque_id(level, traceback):
    shown = io.StringIO()
    log = logging.getLogger(f"tests.one_line.{level}")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(logging.StreamHandler(shown))
    log.addFilter(in_one_line)

    error = ApplicationError("6f1c1f1e", type="KeyError")
    log.log(level, "Completing activity as failed", exc_info=(ApplicationError, error, None))

    assert ("ApplicationError" in shown.getvalue()) == traceback
    assert traceback or shown.getvalue() == "an activity failed: KeyError at 6f1c1f1e\n"
