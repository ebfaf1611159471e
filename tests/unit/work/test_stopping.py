"""A worker that is told to stop hears it, at whatever moment it is told."""

import subprocess
import sys

import pytest

TURNS, STUCK = 300, 3
TOLD = """
import os, signal, sys, threading, time

def by_an_event():
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    return asked.wait

if sys.argv[1] == "pipe":
    from core.work.worker import stop_signals as way
else:
    way = by_an_event
turns, patience = int(sys.argv[2]), float(sys.argv[3])
begun, heard = threading.Semaphore(0), 0

def tell():
    while True:
        begun.acquire()
        for _ in range(heard % 60):  # now sooner and now later
            pass
        os.kill(os.getpid(), signal.SIGTERM)

def be_busy():
    while True:  # but not for the seconds in which nothing is heard any more
        seen = heard
        for _ in range(1_000_000):
            pass
        if seen == heard:
            time.sleep(0.05)

def watch():
    seen = -1
    while seen != heard:
        seen = heard
        time.sleep(patience)
    print("stuck", flush=True)
    os._exit(1)

sys.setswitchinterval(1e-5)
for work in (tell, watch, be_busy):
    threading.Thread(target=work, daemon=True).start()
while heard < turns:
    wait = way()
    begun.release()
    wait()
    heard += 1
print("heard", heard, flush=True)
os._exit(0)
"""


def _told(way: str, turns: int, patience: int) -> str:
    words = [sys.executable, "-W", "ignore", "-c", TOLD, way, str(turns), str(patience)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=200).stdout.strip()


def test_a_signal_is_heard_whenever_it_comes() -> None:
    assert _told("pipe", TURNS, 20 * STUCK) == f"heard {TURNS}"


@pytest.mark.slow
def test_one_that_sets_an_event_is_missed_now_and_then() -> None:
    assert _told("event", 1000 * TURNS, STUCK) == "stuck"
