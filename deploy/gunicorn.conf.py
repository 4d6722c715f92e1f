"""gunicorn's settings, from the environment: `gunicorn -c deploy/gunicorn.conf.py backoffice.wsgi`.

WEB_BIND, WEB_PROCESSES and WEB_THREADS are read where all variables are, in `backoffice.settings`.
A proxy that takes slow clients (deploy/nginx.conf) belongs in front: a thread here waits for the
whole of a request, so as many slow ones as there are threads would stop the rest.
"""

import os
import sys
from pathlib import Path

# gunicorn reads this file before it goes into the project's folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

from django.conf import settings

chdir = str(settings.BASE_DIR)
bind = settings.WEB_BIND
workers = settings.WEB_PROCESSES
worker_class = "gthread"
threads = settings.WEB_THREADS
# Beyond the proxy's own idle connections, so that it is the proxy that closes them.
keepalive = 75
# Seconds without a sign of life of a process. Its threads may take longer: an export does.
timeout = 60
# What is under way at the end (`systemctl stop`) may take so long.
graceful_timeout = 30
# Each process is replaced after so many requests, not all at the same time: no leak can grow.
max_requests = 20_000
max_requests_jitter = 2_000
# Longer than any address of ours; what is longer is refused before Django sees it.
limit_request_line = 8_190
# The proxy has its own log of requests, and Django's lines say more.
accesslog = None
errorlog = "-"
loglevel = "warning"
# In memory: on a disk the processes' signs of life would wait for whatever else is written there.
_memory = "/dev/shm"  # noqa: S108 (gunicorn makes a file there that has no name)
worker_tmp_dir = _memory if os.access(_memory, os.W_OK | os.X_OK) else None
