"""Django's settings and Libreta's own, read once from the environment. ``.env.example`` explains each variable.

Beside it only ``edu.aws`` looks at the environment: for ``AWS_PROFILE``, which says whose keys sign, and for variables
that would turn calls elsewhere. A contradiction stops the program here, at start-up; what each setting may be stands in
``edu.configuration.declared``.
"""

from __future__ import annotations

from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from edu import environment
from edu.aws.endpoint import check_endpoint
from edu.http import contract
from edu.http.guide import GUIDE
from edu.logs import configure_logging
from edu.queues import QUEUES

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
STATE_DIR = Path(env.str("LIBRETA_STATE_DIR", str(BASE_DIR / ".libreta")))
for name in ("local.env", "stack.env"):  # what `make run` and `manage.py deploy` leave behind; the environment wins
    if (STATE_DIR / name).is_file():
        env.read_env(STATE_DIR / name)

# --- the cloud
ENVIRONMENT = env.str("LIBRETA_ENV", "dev")
CLOUD = env.str("LIBRETA_CLOUD", "")
AWS_ENDPOINT_URL = check_endpoint(CLOUD, env.str("AWS_ENDPOINT_URL", ""))
AWS_REGION = env.str("AWS_REGION", env.str("AWS_DEFAULT_REGION", "us-east-1"))
AWS_POOL_CONNECTIONS = environment.whole_number(env, "LIBRETA_AWS_POOL_CONNECTIONS", 25)

# --- the stack's outputs, as `manage.py deploy` writes them
TABLE_NAME = env.str("LIBRETA_TABLE_NAME", "")
TENANT_ROLE_ARN = env.str("LIBRETA_TENANT_ROLE_ARN", "")
PLATFORM_ROLE_ARN = env.str("LIBRETA_PLATFORM_ROLE_ARN", "")
CONSOLE_ROLE_ARN = env.str("LIBRETA_CONSOLE_ROLE_ARN", "")
LAKE_ROLE_ARN = env.str("LIBRETA_LAKE_ROLE_ARN", "")
globals().update({queue.setting: env.str(queue.variable, "") for queue in QUEUES})  # e.g. BEHAVIOR_QUEUE_URL
PIPE_DLQ_URL = env.str("LIBRETA_PIPE_DLQ_URL", "")
USER_POOL_ID = env.str("LIBRETA_USER_POOL_ID", "")
USER_POOL_CLIENT_ID = env.str("LIBRETA_USER_POOL_CLIENT_ID", "")
JWT_ISSUER = env.str("LIBRETA_JWT_ISSUER", "")
JWKS_URL = env.str("LIBRETA_JWKS_URL", "")
LAKE_BUCKET = env.str("LIBRETA_LAKE_BUCKET", "")
ATHENA_WORKGROUP = env.str("LIBRETA_ATHENA_WORKGROUP", "")
GLUE_DATABASE = env.str("LIBRETA_GLUE_DATABASE", "")

# --- secrets and neighbours
SECRET_KEY = env.str("LIBRETA_SECRET_KEY", "")
PSEUDONYM_KEY = env.str("LIBRETA_PSEUDONYM_KEY", "")
GOV_API_URL = env.str("LIBRETA_GOV_API_URL", "")
GOV_API_KEY = env.str("LIBRETA_GOV_API_KEY", "")
GOV_API_KEY_SECRET = env.str("LIBRETA_GOV_API_KEY_SECRET", "")
GOV_API_SHAPE = env.str("LIBRETA_GOV_API_SHAPE", "direct")
GOV_CA_FILE = env.str("LIBRETA_GOV_CA_FILE", "")

# --- Django
DEBUG = False
ALLOWED_HOSTS = env.list("LIBRETA_ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("LIBRETA_CSRF_TRUSTED_ORIGINS", default=[])
PRODUCTION_APPS = [
    "edu.console",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "edu",
    "evaluations",
    "behavior",
    "govsync",
    "analytics",
]
INSTALLED_APPS = [*PRODUCTION_APPS, *env.list("LIBRETA_EXTRA_APPS", default=[])]
MIDDLEWARE = [
    "edu.http.middleware.CorrelationMiddleware",
    "edu.http.unhandled.ApiProblemMiddleware",
    "edu.http.conditional.ConditionalReadMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "edu.http.middleware.ContentSecurityPolicyMiddleware",
    "edu.http.forms.FormBodyMiddleware",
    "edu.console.middleware.ConsoleSessionMiddleware",
    "edu.http.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "edu.identity.middleware.BearerTokenMiddleware",
    "edu.console.middleware.ConsoleScopeMiddleware",
    "edu.console.middleware.ConsoleMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "edu.urls"
WSGI_APPLICATION = "edu.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]
DATABASES = {"default": {"ENGINE": "edu.console.nodb"}}
MIGRATION_MODULES = dict.fromkeys(name.rpartition(".")[2] for name in PRODUCTION_APPS)  # no app has any
AUTH_USER_MODEL = "console.StaffUser"
AUTHENTICATION_BACKENDS = ["edu.console.auth.CognitoBackend"]
SESSION_ENGINE = "edu.console.sessions"
SESSION_COOKIE_AGE = environment.whole_number(env, "LIBRETA_SESSION_AGE_S", 8 * 3600)
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
CACHES = {
    # the counters of the limits, up to three for each account and minute; past minutes' go when it is full, and
    # the default of 300 would take this minute's
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "default",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
}

# --- languages: Spanish first, English second
LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Spanish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "edu" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- static files (the console's), served by whitenoise
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

# --- browser security
_SECURE = environment.truth(env, "LIBRETA_SECURE_COOKIES", default=CLOUD == "aws")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- the API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["edu.identity.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["edu.identity.permissions.CapabilityPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "edu.http.negotiation.ContentNegotiation",
    "DEFAULT_PARSER_CLASSES": ["edu.http.parsers.StrictJSONParser"],
    "DEFAULT_THROTTLE_CLASSES": ["edu.http.throttles.ReadThrottle", "edu.http.throttles.WriteThrottle"],
    "DEFAULT_SCHEMA_CLASS": "edu.http.schema.LibretaSchema",
    "NUM_PROXIES": environment.whole_number(env, "LIBRETA_TRUSTED_PROXIES", 1 if CLOUD == "aws" else 0),
    "EXCEPTION_HANDLER": "edu.http.exception_handler.handle_exception",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Libreta",
    "DESCRIPTION": GUIDE,
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "APPEND_COMPONENTS": contract.COMPONENTS,
    "COMPONENT_SPLIT_PATCH": False,
    "COMPONENT_SPLIT_REQUEST": True,  # says which texts may not be empty
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": "evaluations.api.score_serializers.KINDS",  # a scale has a kind too
        "StateEnum": "evaluations.api.score_serializers.STATES",
        "CapacityEnum": "evaluations.domain.teaching.CAPACITIES",
        "AssignableCapacityEnum": "evaluations.domain.teaching.ASSIGNABLE",
        "RecordableStateEnum": "evaluations.api.score_serializers.RECORDABLE",
        "ExportStateEnum": "analytics.domain.exports.STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "edu.http.codes.add_codes",
        "evaluations.api.contract.add_codes",
        "analytics.api.contract.add_codes",
        "behavior.api.contract.add_event_door",
    ],
}
API_RATES = {
    "reads": environment.rate(env, "LIBRETA_API_READS", "600/minute"),
    "writes": environment.rate(env, "LIBRETA_API_WRITES", "240/minute"),
}
REFUSED_KIB_A_MINUTE = environment.whole_number(env, "LIBRETA_REFUSED_KIB_A_MINUTE", 2048)  # see edu.http.refused_work
EVENTS_A_MINUTE_OF_DEVICE = environment.whole_number(env, "LIBRETA_EVENTS_A_MINUTE_OF_DEVICE", 12_000)
EVENTS_A_MINUTE_OF_SCHOOL = environment.whole_number(env, "LIBRETA_EVENTS_A_MINUTE_OF_SCHOOL", 300_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
BODY_TIMEOUT_S = environment.seconds(
    env, "LIBRETA_BODY_TIMEOUT_S", 15.0
)  # from the end of a request's head to the end of its body
SILENCE_TIMEOUT_S = environment.seconds(
    env, "LIBRETA_SILENCE_TIMEOUT_S", 30.0
)  # of a client that takes nothing of its answer
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]  # nothing is written to the disk

# --- Celery over SQS: see edu.celeryconfig
SQS_WAIT_TIME_S = environment.whole_number(env, "LIBRETA_SQS_WAIT_TIME_S", 10)
EVENT_BATCH_S = environment.whole_number(env, "LIBRETA_EVENT_BATCH_S", 5)  # see behavior.consumer
EVENT_RETRY_S = environment.whole_number(env, "LIBRETA_EVENT_RETRY_S", 30)
EVENT_REPORT_S = environment.whole_number(env, "LIBRETA_EVENT_REPORT_S", 60)  # see behavior.door.publisher

# --- the isolation canary: two schools that are nobody's, see edu.canary
CANARY_SCHOOLS = env.list("LIBRETA_CANARY_SCHOOLS", default=["canary-a", "canary-b"])
CANARY_EVERY_S = environment.seconds(env, "LIBRETA_CANARY_EVERY_S", 300.0)

LOGGING_CONFIG = None
LOG_LEVEL = env.str("LIBRETA_LOG_LEVEL", "INFO")
configure_logging(LOG_LEVEL)
