"""The garbage collector of a process that works for long."""

import gc


def freeze_loaded_objects() -> None:
    """Let the collector pass over what is loaded by now, for good.

    A full collection looks at every object; nearly all of a worker's are code that was loaded when
    it started, and looking at them costs as much as settling two hundred payments.
    """
    gc.collect()
    gc.freeze()
