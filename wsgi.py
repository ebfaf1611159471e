"""The WSGI entry: `granian --interface wsgi wsgi:app`, or any other WSGI server."""

from core.app import boot

app = boot()
