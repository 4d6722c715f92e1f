"""Where code and documents cite the gateway's contract, and what docs/gateway-contract.md holds.

A citation is written `contract 2.3`, `contract 2.5, 2.6`, `contract 9#15` (the fifteenth item of
section 9), `contract 1.1 rule 2` or `contract, pitfall 7`. `cited` finds every number that is meant
that way, `bare` those that lack the word and so can't be searched for. To allow another way of
writing: extend `_LIST`, with its line in the tests.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CONTRACT = ROOT / "docs" / "gateway-contract.md"
# Pitfalls are the numbered list of this section.
PITFALLS = "8"

_SUFFIXES = frozenset({".py", ".html", ".txt", ".js", ".css", ".md", ".example", ".toml", ".yml"})
_LEFT_OUT = frozenset({".git", ".venv", "var", "staticfiles", "vendor", "node_modules"})
# Examples there are meant to lead nowhere.
_EXAMPLES = frozenset({"contract_references.py", "test_contract_references.py"})

# Between two words: a list may go on in the next line, behind the mark of a comment.
_GAP = r"\s+(?:[#*/]+:?\s+)?"
_NUMBER = rf"\d+(?:\.\d+)?(?:#\d+|{_GAP}rule{_GAP}\d+)?"
_PITFALL = rf"pitfalls?{_GAP}\d+(?:(?:,|{_GAP}and){_GAP}\d+(?![.#\d]))*"
_ENTRY = rf"(?:{_PITFALL}|{_NUMBER})"
_LIST = rf"{_ENTRY}(?:(?:,{_GAP}and|,|{_GAP}and|{_GAP}to){_GAP}{_ENTRY})*"
_CITATION = re.compile(rf"\bcontract,?{_GAP}({_LIST})", re.IGNORECASE)
# In comments and docstrings alone: a number in brackets or at the very beginning, "9#15", "pitfall
# 7" and "section 5" all mean the contract here.
_BARE = re.compile(
    r"(?:(?<=\()|^)[1-9]\.\d{1,2}(?=[,:;)]| to | and )"
    r"|(?<![\w#])\d{1,2}#\d+"
    r"|\bpitfalls? \d+"
    r"|\bsections? \d+(?:\.\d+)?",
    re.IGNORECASE,
)

# What a module must hold before it is worth reading token by token.
_HINT = re.compile(r"""[("'#] ?[1-9]\.\d|\d#\d|pitfall|section""", re.IGNORECASE)


def files() -> Iterator[Path]:
    """Every file of ours in which somebody may cite the contract."""
    for top in sorted(ROOT.iterdir()):
        if top.name in _LEFT_OUT:
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            is_ours = path.suffix in _SUFFIXES and not _LEFT_OUT.intersection(
                path.relative_to(ROOT).parts
            )
            if is_ours and path != CONTRACT and path.name not in _EXAMPLES:
                yield path


def cited(text: str) -> Iterator[tuple[int, str]]:
    """Line number and entry of each citation, as `entries` calls them: "2.3", "9#15"."""
    for match in _CITATION.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield from ((line, entry) for entry in _entries_of(re.sub(_GAP, " ", match[1])))


def _entries_of(citations: str) -> Iterator[str]:
    is_pitfall = False
    for part in re.split(r", and |, | and | to ", citations):
        is_pitfall = "pitfall" in part.lower() or (is_pitfall and part.isdigit())
        number, _, item = part.replace(" rule ", "#").rpartition(" ")[2].partition("#")
        yield f"{PITFALLS}#{number}" if is_pitfall else f"{number}#{item}" if item else number


def bare(source: str) -> Iterator[tuple[int, str]]:
    """Numbers in the comments and docstrings of a module that lack the word "contract"."""
    if not _HINT.search(source):
        return
    for line, text in _remarks(source):
        rest = _CITATION.sub(lambda match: " " * len(match[0]), " ".join(text.split()))
        yield from ((line, match[0]) for match in _BARE.finditer(rest))


def _remarks(source: str) -> Iterator[tuple[int, str]]:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("#: ")


def entries(text: str) -> frozenset[str]:
    """What can be cited: each numbered heading, and each item of a numbered list under it."""
    found: set[str] = set()
    items: defaultdict[str, int] = defaultdict(int)
    section = ""
    for line in text.splitlines():
        if heading := re.match(r"#+ (\d+(?:\.\d+)?)\b", line):
            section = heading[1]
            found.add(section)
        elif line.startswith("#"):
            section = ""
        elif section and (item := re.match(r"(\d+)\. ", line)):
            items[section] += 1
            # Markdown counts by itself: a wrong number would be shown as another one.
            assert int(item[1]) == items[section], f"section {section}: {line!r} is out of order"
            found.add(f"{section}#{item[1]}")
    return frozenset(found)
