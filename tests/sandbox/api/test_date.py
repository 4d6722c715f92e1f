"""Every answer tells the gateway's time in its Date header."""

from email.utils import parsedate_to_datetime

import requests

from tests.gateway import SandboxGateway


def test_the_date_of_an_answer_follows_the_sandboxs_clock(sandbox_process: SandboxGateway) -> None:
    sandbox_process.reset()
    sandbox_process.control("POST", "clock", {"now": 1_800_000_000})
    answer = requests.get(f"{sandbox_process.url}/payments/imp_1", timeout=10)
    assert 0 <= parsedate_to_datetime(answer.headers["Date"]).timestamp() - 1_800_000_000 < 60
    assert len(answer.raw.headers.getlist("Date")) == 1
    sandbox_process.reset()
