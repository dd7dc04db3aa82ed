from __future__ import annotations

from service.domain.findings import FindingCode
from service.domain.rules.catalogue import RULES, rules_of
from tools.findings_page import PAGE, page


def test_the_rules_are_v01_to_v25_and_only_those_of_issuing_have_no_code_yet() -> None:
    assert [rule.number for rule in RULES] == [f"V{number:02}" for number in range(1, 26)]
    assert {rule.number for rule in RULES if not rule.codes} <= {"V21", "V24"}


def test_every_finding_about_values_belongs_to_a_rule() -> None:
    of_rules = {code.name.partition("_")[0] for rule in RULES for code in rule.codes} - {"CELL", "PLAN", "ROW"}
    assert [code.name for code in FindingCode if not rules_of(code) and code.name.partition("_")[0] in of_rules] == []


def test_the_page_of_findings_says_what_the_catalogue_says() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m tools.findings_page"
