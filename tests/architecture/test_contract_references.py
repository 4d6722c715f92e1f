"""Every citation of the gateway's contract leads somewhere, and a wrong one is caught."""

import re

import pytest

from tests.architecture.contract_references import CONTRACT, ROOT, bare, cited, entries, files

ENTRIES = entries(CONTRACT.read_text())


def unresolved(text: str) -> list[str]:
    return [f"{line}: contract {entry}" for line, entry in cited(text) if entry not in ENTRIES]


def test_every_citation_leads_to_a_section_or_an_item_of_the_contract() -> None:
    lost = [
        f"{path.relative_to(ROOT)}:{problem}"
        for path in files()
        for problem in unresolved(path.read_text(errors="replace"))
    ]
    assert lost == []


def test_every_citation_says_that_it_means_the_contract() -> None:
    unnamed = [
        f"{path.relative_to(ROOT)}:{line}: {number}"
        for path in files()
        if path.suffix == ".py"
        for line, number in bare(path.read_text())
    ]
    assert unnamed == []


def test_the_scan_sees_the_files_that_cite_the_contract() -> None:
    citing = {str(path.relative_to(ROOT)) for path in files() if list(cited(path.read_text()))}
    assert {"payments/iamport/client.py", "sandbox/api/lookups.py", "sandbox/README.md"} <= citing
    assert {"payments/static/payments/checkout.js", "sandbox/web/static/iamport.js"} <= citing
    assert len(citing) > 50


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(contract 2.3)", ["2.3"]),
        ("Contract 3: what it holds", ["3"]),
        ("contract 2.5, 2.6, and so on", ["2.5", "2.6"]),
        ("contract 2.2 to 2.5", ["2.2", "2.5"]),
        ("contract 1.3, 9#10: 400", ["1.3", "9#10"]),
        ("contract 1.1 rule 2: the same", ["1.1#2"]),
        ("contract 1.1 rule 4, and 1.3: the old one", ["1.1#4", "1.3"]),
        ("(contract, pitfalls 7, 16, 17)", ["8#7", "8#16", "8#17"]),
        ("(contract, pitfalls 12 and 19)", ["8#12", "8#19"]),
        ("(contract 2.9, pitfall 22)", ["2.9", "8#22"]),
        ("(contract, pitfall 20, 3.1)", ["8#20", "3.1"]),
        ("# said (contract\n    # 2.3)", ["2.3"]),
        ("the PG of your contract: html5_inicis", []),
        ("the contract's own field names", []),
    ],
)
def test_citations_are_read_as_they_are_meant(text: str, expected: list[str]) -> None:
    assert [entry for _line, entry in cited(text)] == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("'''Ids (contract 9.99).'''", "1: contract 9.99"),
        ("x = 1\n# contract, pitfall 999", "2: contract 8#999"),
        ("# contract, pitfalls 7, 999", "1: contract 8#999"),
        ("# contract 2.3, 9#99", "1: contract 9#99"),
        ("# contract 1.1 rule 99", "1: contract 1.1#99"),
        ("# contract 12", "1: contract 12"),
    ],
)
def test_the_scan_catches_a_citation_that_leads_nowhere(text: str, problem: str) -> None:
    assert unresolved(text) == [problem]


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("'''Lists (2.5).'''", "2.5"),
        ("'''2.3: of several attempts.'''", "2.3"),
        ("x = 1  # 9#15", "9#15"),
        ("# Nulls (pitfall 20)", "pitfall 20"),
        ("'''Sends webhooks (section 5).'''", "section 5"),
    ],
)
def test_the_scan_catches_a_number_without_the_word(source: str, number: str) -> None:
    assert [found for _line, found in bare(source)] == [number]


@pytest.mark.parametrize("source", ["# 2.5 s of sorting", "# WCAG 2.2 AA", "# 1.4 times as many"])
def test_other_numbers_are_left_alone(source: str) -> None:
    assert list(bare(source)) == []


def test_the_contract_names_nothing_that_is_not_in_the_repository() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", CONTRACT.read_text())
    missing = [target for target in targets if not (CONTRACT.parent / target).exists()]
    assert targets
    assert missing == []
