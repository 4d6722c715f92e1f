"""A backup's file: it appears whole or not at all, and its sum says whether it still is."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .trouble import BackupFailed, BackupRefused


def sum_file(*, file: Path) -> Path:
    """Where its sum is, as `sha256sum --check` reads it in that folder."""
    return file.with_name(f"{file.name}.sha256")


@contextmanager
def appears_whole(*, file: Path) -> Iterator[Path]:
    """A name beside `file` to write to; what is there in the end becomes `file`.

    The sum comes first: a backup that is there has its own.
    """
    _refuse_what_is_there(file)
    try:
        with _temporary(file) as partial:
            yield partial
            with _temporary(file) as partial_sum:
                partial_sum.write_text(f"{_digest(partial)}  {file.name}\n")
                _put(partial_sum, sum_file(file=file))
            _put(partial, file)
    except OSError as error:
        raise BackupFailed(f"{file} could not be written: {error.strerror}.") from error


def _refuse_what_is_there(file: Path) -> None:
    if os.path.lexists(file):
        raise BackupRefused(f"{file} is there already, and no backup is overwritten.")
    if not file.parent.is_dir():
        raise BackupRefused(f"There is no folder {file.parent}.")


@contextmanager
def _temporary(file: Path) -> Iterator[Path]:
    """An empty file that nobody else may read (0600), gone in the end unless it was renamed."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _put(partial: Path, file: Path) -> None:
    """Give it its name, once it is on the disk: also after a power failure it is there whole."""
    _sync(partial)
    partial.rename(file)
    _sync(file.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def start_of(*, file: Path) -> bytes:
    """Its first bytes, by which its kind is told."""
    try:
        with file.open("rb") as content:
            return content.read(16)
    except OSError as error:
        raise BackupRefused(f"{file} can't be read: {error.strerror}.") from error


def has_sum(*, file: Path) -> bool:
    """Whether anything says what the file should be like."""
    return sum_file(file=file).exists()


def check_sum(*, file: Path) -> None:
    """Refuse a file that is not the one that its sum was taken of."""
    if not has_sum(file=file):
        return
    words = sum_file(file=file).read_text(errors="replace").split()
    if not words or words[0].lower() != _digest(file):
        raise BackupFailed(
            f"{file} is not what {sum_file(file=file).name} was taken of: it was changed or cut "
            "short. Nothing was restored."
        )
