"""What benchmarks stand on measures what it says."""

import sys

from benchmarks.harness import peak_of

MIB = 1 << 20


def test_the_peak_of_a_process_is_its_own_and_not_that_of_whoever_started_it() -> None:
    ours = b"x" * (300 * MIB)
    out, peak = peak_of([sys.executable, "-c", "print('small')"], {})
    assert (out, len(ours)) == ("small\n", 300 * MIB)
    assert peak < 100


def test_the_peak_of_a_process_counts_the_largest_of_its_own() -> None:
    begun = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    _out, peak = peak_of([sys.executable, "-c", begun, f"b'x' * {200 * MIB}"], {})
    assert 200 < peak < 300
