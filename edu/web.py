"""The teachers' API and the console behind their front: ``granian --interface asgi edu.web:app`` (ADR 0018)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")

from django.conf import settings

from edu.http.front.application import Front
from edu.http.front.limits import Limits
from edu.http.front.wsgi import ThreadedWSGI
from edu.startup import allow_open_files, keep_what_is_loaded
from edu.wsgi import application

allow_open_files()
_limits = Limits(
    body_bytes=settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    body_s=settings.BODY_TIMEOUT_S,
    silence_s=settings.SILENCE_TIMEOUT_S,
)
app = Front(ThreadedWSGI(application, _limits), _limits, pages=True, tokens=True)
keep_what_is_loaded()
