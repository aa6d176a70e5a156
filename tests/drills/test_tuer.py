"""The drill in short: one kill of each kind, and the control that must lose."""

import subprocess
import sys
from pathlib import Path

TUER = Path(__file__).with_name("tuer.py")


def run(*arguments):
    return subprocess.run(
        [sys.executable, str(TUER), "--quick", *arguments], capture_output=True, text=True, timeout=480, check=False
    )


def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice():
    fini = run()
    assert fini.returncode == 0, fini.stdout + fini.stderr
    assert "perdus 0, en double 0" in fini.stdout
    assert "6 coups" in fini.stdout


def test_control_without_the_outbox_something_is_lost():
    fini = run("--sans-outbox")
    assert fini.returncode == 0, fini.stdout + fini.stderr
    assert "il perd, comme prévu" in fini.stdout
