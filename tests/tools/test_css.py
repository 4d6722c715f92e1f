"""The linter of stylesheets: each rule finds the sheet that breaks it and lets good ones pass."""

import pytest

from tools import css

GOOD = """
@import "tokens.css";
:root { --ink: #1a2b3c; color-scheme: light dark; }
@media (min-width: 40rem) {
  .card:hover { color: var(--ink); height: 100vh; height: 100dvh; &:focus { margin: 0 } }
}
@page { size: A4; margin: 12mm; }
.icon { background: url("data:image/svg+xml,%3Csvg/%3E"); -webkit-text-size-adjust: 100%; }
"""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a { color: red;\nb { margin: 0 }", "not closed"),
        ("a { color: red } /* and so on", "not closed"),
        ("a { color red; }", "not CSS"),
        ("a { color: red } }", "not CSS"),
        ("a { colr: red }", "unknown property colr"),
        ("a { @media print { b { colr: red } } }", "unknown property colr"),
        ("a { margin: 1rm }", "unknown unit rm"),
        ("a { color: #12345 }", "#12345 is no colour"),
        ("@meda print { a { color: red } }", "@meda"),
        ("a { color: red\n margin: 0 }", "no semicolon after color"),
        ("a { color: red; margin: 0; color: blue }", "color twice"),
        ("a { color: red; color: red }", "color twice"),
        ("a { }", "an empty block"),
        ("a { background: url(https://cdn.example.com/a.png) }", "loads https://cdn.example.com"),
        ('@font-face { font-family: A; src: url("//cdn.example.com/a.woff2") }', "loads //cdn"),
    ],
)
def test_each_rule_finds_what_breaks_it(source: str, words: str) -> None:
    assert any(words in fault.text for fault in css.faults_of(source)), css.faults_of(source)


def test_what_browsers_know_passes() -> None:
    sheet = GOOD.replace('@import "tokens.css";', "")
    assert css.faults_of(sheet) == []


def test_one_sheet_does_not_import_another() -> None:
    """Pages name their sheets; a chain of imports would load one after the other."""
    assert [fault.text for fault in css.faults_of(GOOD)] == ["unknown or unwanted rule @import"]


def test_a_fault_has_its_line() -> None:
    (fault,) = css.faults_of("a { color: red }\n\nb {\n  colr: red;\n}\n")
    assert fault.line == 4


def test_custom_properties_are_set_and_used() -> None:
    sheets = {
        "a.css": css.Sheet(":root { --ink: #000; --lost: 1; --chart: 2; --theirs: 3 }"),
        "b.css": css.Sheet("a { color: var(--ink); margin: calc(1px + var(--gone)) }"),
    }
    others = [css.Sheet(":root { --theirs: 1 }")]
    found = css.custom_property_faults(sheets, others=others, scripts='color("--chart")')
    assert {(path, fault.text) for path, fault in found} == {
        ("a.css", "nothing uses --lost"),
        ("b.css", "no sheet sets --gone"),
    }


def test_the_sheets_of_the_product_are_found() -> None:
    names = {path.name for path in css.files(".css")}
    assert {"site.css", "tokens.css", "base.css", "checkout.css"} <= names
