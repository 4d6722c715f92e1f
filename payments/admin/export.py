"""The CSV of exactly the payments on the screen, streamed: memory stays flat however many there are.

UTF-8 with a byte order mark, because Excel takes anything else for a legacy code page. Who took what
is logged at the start and at the end. The columns are in `resources.PaymentResource`.
"""

import csv
import logging
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils import timezone

from payments.kst import day_of
from payments.models import Payment

from .resources import PaymentResource

logger = logging.getLogger("payments.export")

BOM = "\ufeff"
CHUNK = 1_000
