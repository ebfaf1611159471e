"""The WSGI entry: `granian --interface wsgi wsgi:app`, or any other WSGI server."""

from core import started
from core.app import boot
from core.web import logs

with logs.told():
    app = boot()
started()
