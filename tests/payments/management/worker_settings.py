"""The tests' settings for a process of its own, which is pointed at the test's stand-in gateway."""

import os

from tests.settings import *  # noqa: F403

IAMPORT_API_URL = os.environ["TEST_GATEWAY_URL"]
