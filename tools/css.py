"""A linter for stylesheets: what a browser would drop or ignore without a word.

`python -m tools.css` reads every stylesheet of the product, prints each fault as
`file:line: what is wrong` and ends with 1 if there is any. The parser is tinycss2; which
properties exist is what Pygments knows. To add a rule for one sheet: a function that takes a
`Sheet` and yields `Fault`s, its name in `RULES`, and a sheet that breaks it in
`tests/tools/test_css.py`.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import tinycss2
from django.contrib import admin
from pygments.lexers.css import CssLexer
from pygments.token import Keyword
from tinycss2.ast import (
    AtRule,
    Declaration,
    DimensionToken,
    FunctionBlock,
    HashToken,
    IdentToken,
    LiteralToken,
    Node,
    ParseError,
    QualifiedRule,
    StringToken,
    URLToken,
)

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("accounts", "backoffice", "payments", "sandbox")
# Django's own sheets stand beside ours on a page: they set and use custom properties too.
DJANGO_SHEETS = Path(admin.__file__).parent / "static/admin/css"

# Known to browsers, but not to Pygments; `size` is for @page.
MORE_PROPERTIES = {"size", "text-size-adjust"}
AT_RULES = {"container", "font-face", "keyframes", "layer", "media", "page", "property", "supports"}
UNITS = {"ch", "deg", "em", "fr", "mm", "ms", "pt", "px", "rem", "s", "turn"} | {
    *("vh", "vw", "dvh", "dvw", "svh", "svw", "cqi", "cqb"),  # of the window, of the container
}
COLOR = re.compile(r"[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8}")
OTHER_HOST = re.compile(r"(?:https?:)?//", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fault:
    """`line` counts from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between one pair of braces, without the blocks inside it."""

    line: int
    declarations: list[Declaration]
    errors: list[ParseError]
    is_empty: bool


class Sheet:
    """A stylesheet, taken apart once for all rules."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.nodes = _parse(source)
        self.blocks = list(_blocks(self.nodes))
        self.declarations = [item for block in self.blocks for item in block.declarations]

    @property
    def custom_properties(self) -> dict[str, int]:
        """The custom properties that are set, with the line of each."""
        return {
            item.name: item.source_line for item in self.declarations if item.name.startswith("--")
        }

    @property
    def references(self) -> dict[str, int]:
        """The custom properties that `var()` asks for, with the line of each."""
        return {
            token.value: token.source_line
            for item in self.declarations
            for function in tokens_of(item.value)
            if isinstance(function, FunctionBlock) and function.lower_name == "var"
            for token in function.arguments
            if isinstance(token, IdentToken) and token.value.startswith("--")
        }


def _parse(source: str) -> list[Node]:
    return list(tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True))


def _blocks(nodes: Iterable[Node]) -> Iterator[Block]:
    for node in nodes:
        if not isinstance(node, QualifiedRule | AtRule) or node.content is None:
            continue
        inner = tinycss2.parse_blocks_contents(
            node.content, skip_comments=True, skip_whitespace=True
        )
        yield Block(
            line=node.source_line,
            declarations=[item for item in inner if isinstance(item, Declaration)],
            errors=[item for item in inner if isinstance(item, ParseError)],
            is_empty=not inner,
        )
        yield from _blocks(inner)


def tokens_of(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every token, those inside functions and brackets too."""
    for node in nodes:
        yield node
        inner = getattr(node, "arguments", None) or getattr(node, "content", None)
        yield from tokens_of(inner or ())


@cache
def is_known_property(name: str) -> bool:
    """Whether a browser may know it: what has a vendor's prefix passes."""
    tokens = CssLexer().get_tokens(f"a{{{name}:0}}")
    is_listed = any(text == name and kind is Keyword for kind, text in tokens)
    return is_listed or name.startswith("-") or name in MORE_PROPERTIES


def parses(sheet: Sheet) -> Iterator[Fault]:
    """Nothing is open at the end, and nothing stands where no rule or declaration can."""
    last = _parse(sheet.source + "\n@end-of-the-sheet;")[-1]
    if not isinstance(last, AtRule) or last.at_keyword != "end-of-the-sheet":
        yield Fault(sheet.source.count("\n") + 1, "a block, a comment or a string is not closed")
    errors = [node for node in sheet.nodes if isinstance(node, ParseError)]
    for error in errors + [error for block in sheet.blocks for error in block.errors]:
        yield Fault(error.source_line, f"not CSS: {error.message}")


def declares_what_exists(sheet: Sheet) -> Iterator[Fault]:
    """Properties, at-rules and units are spelled as browsers know them."""
    for item in sheet.declarations:
        if not is_known_property(item.lower_name):
            yield Fault(item.source_line, f"unknown property {item.name}")
        for token in tokens_of(item.value):
            if isinstance(token, DimensionToken) and token.lower_unit not in UNITS:
                yield Fault(token.source_line, f"unknown unit {token.unit}")
            if isinstance(token, HashToken) and not COLOR.fullmatch(token.value):
                yield Fault(token.source_line, f"#{token.value} is no colour")
    for node in tokens_of(sheet.nodes):
        if isinstance(node, AtRule) and node.lower_at_keyword not in AT_RULES:
            yield Fault(node.source_line, f"unknown or unwanted rule @{node.at_keyword}")


def ends_each_declaration(sheet: Sheet) -> Iterator[Fault]:
    """A colon in a value is the next declaration, after a forgotten semicolon."""
    for item in sheet.declarations:
        if any(isinstance(node, LiteralToken) and node == ":" for node in item.value):
            yield Fault(item.source_line, f"no semicolon after {item.name}")


def says_each_thing_once(sheet: Sheet) -> Iterator[Fault]:
    """No property twice in a block; a fallback stands right before what it is for."""
    for block in sheet.blocks:
        fallbacks = {
            id(before)
            for before, after in pairwise(block.declarations)
            if before.name == after.name and _text(before) != _text(after)
        }
        names: set[str] = set()
        for item in block.declarations:
            if item.name in names:
                yield Fault(item.source_line, f"{item.name} twice in one block")
            if id(item) not in fallbacks:
                names.add(item.name)
        if block.is_empty:
            yield Fault(block.line, "an empty block")


def _text(item: Declaration) -> str:
    return tinycss2.serialize(item.value).strip()


def loads_nothing_from_elsewhere(sheet: Sheet) -> Iterator[Fault]:
    """The Content-Security-Policy stops what comes from another host."""
    for token in tokens_of(token for item in sheet.declarations for token in item.value):
        if isinstance(token, URLToken | StringToken) and OTHER_HOST.match(token.value):
            yield Fault(token.source_line, f"loads {token.value}")


RULES: tuple[Callable[[Sheet], Iterator[Fault]], ...] = (
    parses,
    declares_what_exists,
    ends_each_declaration,
    says_each_thing_once,
    loads_nothing_from_elsewhere,
)


def faults_of(source: str) -> list[Fault]:
    """What is wrong with one stylesheet, looked at by itself."""
    sheet = Sheet(source)
    return [fault for rule in RULES for fault in rule(sheet)]


def custom_property_faults(
    sheets: dict[str, Sheet], *, others: Iterable[Sheet] = (), scripts: str = ""
) -> Iterator[tuple[str, Fault]]:
    """`var()` of what no sheet sets, and what is set but asked for nowhere; with the sheet's name.

    `others` are sheets that are not ours, `scripts` the text of all JavaScript.
    """
    theirs = list(others)
    everything = [*sheets.values(), *theirs]
    is_set = {name for sheet in everything for name in sheet.custom_properties}
    # What others set is a name of theirs that we give another value.
    is_used = {name for sheet in everything for name in sheet.references}
    is_used |= {name for sheet in theirs for name in sheet.custom_properties}
    for path, sheet in sheets.items():
        for name, line in sheet.references.items():
            if name not in is_set:
                yield path, Fault(line, f"no sheet sets {name}")
        for name, line in sheet.custom_properties.items():
            if name not in is_used and f'"{name}"' not in scripts:
                yield path, Fault(line, f"nothing uses {name}")


def files(suffix: str) -> list[Path]:
    """Our own static files of that kind, as paths; not those of others under `vendor`."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob(f"*{suffix}"))
    return sorted(path for path in found if "static" in path.parts and "vendor" not in path.parts)


def main() -> int:
    """Print what is wrong; 1 if there is anything."""
    sheets = {str(path.relative_to(ROOT)): Sheet(path.read_text()) for path in files(".css")}
    faults = [
        (path, fault) for path, sheet in sheets.items() for rule in RULES for fault in rule(sheet)
    ]
    faults += custom_property_faults(
        sheets,
        others=[Sheet(path.read_text()) for path in DJANGO_SHEETS.rglob("*.css")],
        scripts="".join(path.read_text() for path in files(".js")),
    )
    for path, fault in faults:
        sys.stdout.write(f"{path}:{fault.line}: {fault.text}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
