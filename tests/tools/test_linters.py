"""The linters of templates and scripts are set up so that each planted fault is found."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.css import ROOT

BROKEN_TEMPLATES = {
    "H025": '<div class="card"><p>never closed</p>',
    "H037": '<p class="a" class="b">twice</p>',
    "H013": '<img src="{{ icon }}">',
    "H021": '<p style="color: red">inline</p>',
    "T038": "{% if user %}<p>yes</p>",
    "T039": "<p>{{ user }</p>",
    "B001": '<a {% if a > 1 %}href="x"{% endif %} onclick="go()">go</a>',
    "B002": "<style>p { margin: 0 }</style>",
    "B003": "<script>go()</script>",
    "B004": '<link rel="stylesheet" href="https://cdn.example.com/a.css">',
    "B005": "<p>{{ note|safe }}</p>",
}
BROKEN_SCRIPTS = {
    "no-undef": "undefinedName();",
    "no-unused-vars": "const unused = 1;",
    "no-eval": 'window.go = () => eval("1");',
    "eqeqeq": "window.go = (a) => a == 1;",
    "no-dupe-keys": "window.go = { a: 1, a: 2 };",
    "no-const-assign": "const a = 1; a = 2; window.go = a;",
    "no-console": 'console.log("left behind");',
}


def output(command: list[str], folder: Path) -> str:
    process = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert process.returncode == 1, process.stderr
    return process.stdout


@pytest.fixture(scope="module")
def template_faults(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What djLint says of all broken templates, one fault a line."""
    folder = tmp_path_factory.mktemp("templates")
    for code, source in BROKEN_TEMPLATES.items():
        (folder / f"{code}.html").write_text(source + "\n")
    setup = ["--configuration", str(ROOT / "pyproject.toml")]
    rules = ["--rules", str(ROOT / ".djlint_rules.yaml")]
    form = ["--linter-output-format", "{filename} {code}"]
    return output([sys.executable, "-m", "djlint", "--lint", *setup, *rules, *form, "."], folder)


@pytest.fixture(scope="module")
def script_faults(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Oxlint says of all broken scripts, one fault a line."""
    folder = tmp_path_factory.mktemp("scripts")
    for rule, source in BROKEN_SCRIPTS.items():
        (folder / f"{rule}.js").write_text(source + "\n")
    oxlint = Path(sys.executable).parent / "oxlint"
    return output([str(oxlint), "-c", str(ROOT / ".oxlintrc.json"), "-f", "unix"], folder)


@pytest.mark.parametrize("code", BROKEN_TEMPLATES)
def test_a_broken_template_is_found(code: str, template_faults: str) -> None:
    assert f"{code}.html {code}" in template_faults


@pytest.mark.parametrize("rule", BROKEN_SCRIPTS)
def test_a_broken_script_is_found(rule: str, script_faults: str) -> None:
    lines = [line for line in script_faults.splitlines() if line.startswith(f"{rule}.js:")]
    assert any(f"({rule})" in line for line in lines), lines
