"""A page -> what axe finds in it that keeps somebody from reading or using it, as a list that can be acted on."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

_AXE: Final = Path(__file__).parents[2] / ".cache" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_RUN: Final = """async (rules) => {
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return found.violations.map(({ id, help, nodes }) => ({
    id, help, nodes: nodes.map(({ target, html, failureSummary }) => ({ target, html, failureSummary })),
  }));
}"""


def assert_accessible(page: Page) -> None:
    """Fail with each violation of WCAG 2.1 A and AA and of good practice: the rule, the element, and why.

    What is hidden is not looked at: open what folds first.
    """
    # The page's own policy lets no script of ours in; what is evaluated comes by the debugger, and is not asked.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_source())
    told = [_told(violation) for violation in page.evaluate(_RUN, _RULES)]
    assert not told, f"{page.url} at {page.viewport_size}:\n" + "\n".join(told)


@cache
def _source() -> str:
    assert _AXE.exists(), "axe is missing: make test installs it"
    # The value of the whole must be something that can be handed over.
    return f"{_AXE.read_text('utf-8')}\n;true"


def _told(violation: dict[str, Any]) -> str:
    elements = (
        f"    {node['target'][0]}\n      {node['html'][:200]}\n      {' '.join(node['failureSummary'].split())}"
        for node in violation["nodes"]
    )
    return "\n".join([f"  {violation['id']}: {violation['help']}", *elements])
