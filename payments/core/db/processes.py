"""Processes of our own that work on the same database, each with a connection of its own.

They are started afresh, not forked: a fork copies locks that other threads hold at that moment,
and a connection that two processes then speak on. A task is a function of a module, with arguments
that can be pickled.
"""

import gc
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import django
from django.db import connection

# So many new objects wait for the collector of cycles; rows have none, and are many.
_UNCOLLECTED = 50_000


def pool(processes: int) -> ProcessPoolExecutor:
    """So many processes on the database that this one is connected to."""
    return ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(str(connection.settings_dict["NAME"]),),
    )


def _begin(database: str) -> None:
    django.setup()
    # A test's database is not the one that the settings name.
    connection.settings_dict["NAME"] = database
    # What is loaded by now stays: the collector need not look at it again and again.
    gc.freeze()
    gc.set_threshold(_UNCOLLECTED)
