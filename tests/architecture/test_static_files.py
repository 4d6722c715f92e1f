"""Stylesheets and scripts of the staff screens: named by subjects, each loaded, none missing."""

import re
from pathlib import Path

from tests.architecture.code import PRODUCT, ROOT
from tests.architecture.names import SUBJECTS

STATIC = ROOT / "payments/static"
ADMIN = STATIC / "payments/admin"
_NAMED = re.compile(r"""["'](payments/admin/[\w/]+\.(?:css|js))["']""")


def written() -> set[str]:
    """The files that there are, as templates and `Media` name them."""
    return {
        str(path.relative_to(STATIC))
        for path in ADMIN.rglob("*")
        if path.suffix in {".css", ".js"} and not path.is_dir()
    }


def loaded() -> set[str]:
    """The files that a template or a `Media` names."""
    sources = [*(ROOT / "templates").rglob("*.html")]
    sources += [path for package in PRODUCT for path in (ROOT / package).rglob("*.py")]
    return {name for path in sources for name in _NAMED.findall(path.read_text())}


def is_of_a_subject(name: str) -> bool:
    """A subject, or a page of one: `daily_close_statement`."""
    return any(name == subject or name.startswith(f"{subject}_") for subject in SUBJECTS)


def test_what_is_of_one_screen_has_the_name_of_a_subject() -> None:
    assert [
        path.name for path in (ADMIN / "screens").iterdir() if not is_of_a_subject(path.stem)
    ] == []


def test_every_file_is_loaded_and_none_is_missing() -> None:
    assert loaded() == written()


def test_a_component_s_script_stands_beside_its_stylesheet() -> None:
    """Who finds one finds the other; `htmx` and `copy` have no look of their own."""
    scripts = {path.stem for path in (ADMIN / "components").glob("*.js")}
    sheets = {path.stem for path in (ADMIN / "components").glob("*.css")}
    assert scripts - sheets == {"copy", "htmx"}


def test_stylesheets_say_what_they_are_for() -> None:
    silent = [path for path in ADMIN.rglob("*.[cj]s*") if not path.read_text().startswith("/")]
    assert [Path(path).name for path in silent] == []
