"""The WSGI entry: `granian --interface wsgi wsgi:app`, or any other WSGI server."""

import gc

from core import SERVING
from core.app import boot

app = boot()
gc.freeze()  # what is there now stays: no later collection looks through it, and pages shared after a fork stay shared
gc.set_threshold(*SERVING)
