"""The teachers' API and the console, as WSGI (ADR 0007 says why not ASGI)."""

import os

from django.core.wsgi import get_wsgi_application

from edu.startup import require_serving_settings, warm_up

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edu.settings")

application = get_wsgi_application()
require_serving_settings()
warm_up()
