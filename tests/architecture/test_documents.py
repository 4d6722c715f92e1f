"""What the documents say of files is true: every file that they name is there."""

import re

import pytest

from tests.architecture.code import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md")
PLACES = "docs/where-to-change.md"
# A folder ends with a slash, a file with its kind: `Asia/Seoul` is neither.
_NAMED = re.compile(r"`([\w.-]+/(?:[\w./-]*\.\w+|[\w./-]*/|))`")
_REQUEST = re.compile(r"^\| (?!request|---)(.+?) \| `(.+?)` \|$", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
# Where a document speaks of parts in short.
LAYERS = ("", "payments/", "payments/admin/")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    named = {path.rstrip("/") for path in _NAMED.findall((ROOT / document).read_text())}
    missing = {
        path for path in named if not any((ROOT / layer / path).exists() for layer in LAYERS)
    }
    assert missing == set()


@pytest.mark.parametrize("document", [*DOCUMENTS, PLACES, "docs/decisions/README.md"])
def test_every_link_leads_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    links = _LINK.findall((ROOT / document).read_text())
    assert [link for link in links if not (folder / link).exists()] == []


def test_each_request_for_a_change_names_a_file_that_is_there() -> None:
    requests = _REQUEST.findall((ROOT / PLACES).read_text())
    assert len(requests) >= 60
    assert len({request for request, _path in requests}) == len(requests)
    assert [path for _request, path in requests if not (ROOT / path).is_file()] == []
