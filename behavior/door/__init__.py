"""The event door: a pure ASGI application beside Django's WSGI one, for what arrives in bursts (ADR 0005).

``granian --interface asgi behavior.door:app``
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")
django.setup()

from behavior.door.application import event_door  # noqa: E402 - settings and apps come first
from edu.startup import allow_open_files, keep_what_is_loaded  # noqa: E402 - the same

allow_open_files()
app = event_door()
keep_what_is_loaded()
