"""A page as a browser shows it -> what does not hold of it that holds of every page of Folio."""

from __future__ import annotations

from typing import Any, Final

from playwright.sync_api import Page

# A laptop, half of one (200 % of zoom), a phone, and 400 % of zoom, which is also the narrowest phone.
WIDTHS: Final = (1366, 683, 390, 320)

_OVERFLOWING: Final = """(width) => {
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(
    (each) => each.getBoundingClientRect().right > width + 1 && !each.parentElement.closest(".scroll"));
  const widest = wide.slice(-3).map((each) => each.outerHTML.slice(0, 120));
  return [`scrolls to ${document.documentElement.scrollWidth}`, ...widest];
}"""

# Text set as wide as WCAG 1.4.12 lets a reader set it.
_SPACED: Final = """() => document.styleSheets[0].insertRule(
  "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }",
  document.styleSheets[0].cssRules.length)"""

# What has the focus must be seen to have it. The key that was pressed last tells the browser that a keyboard is used.
_UNSEEN_FOCUS: Final = """() => {
  const stops = document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']");
  const unseen = [];
  for (const each of stops) {
    if (each.disabled || !each.checkVisibility({ visibilityProperty: true })) continue;
    each.focus({ preventScroll: true });
    if (document.activeElement !== each) { unseen.push(`takes no focus: ${each.outerHTML.slice(0, 120)}`); continue; }
    const style = getComputedStyle(each);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) unseen.push(each.outerHTML.slice(0, 120));
  }
  document.activeElement.blur();
  return unseen;
}"""

_UNPROVEN_FORMS: Final = """() => [...document.querySelectorAll("form[method=post]")].filter((form) => {
  const first = form.firstElementChild;
  return !(first && first.matches("input[type=hidden]") && /csrf/.test(first.name) && first.value);
}).map((form) => form.outerHTML.slice(0, 120))"""

_MOVING: Final = """() => [...document.querySelectorAll("*")].filter((each) => {
  const { transitionDuration, animationName } = getComputedStyle(each);
  return animationName !== "none" || transitionDuration.split(", ").some((duration) => parseFloat(duration) > 0);
}).map((each) => each.outerHTML.slice(0, 120))"""


def assert_well_made(page: Page) -> None:
    """What every page owes its reader whatever it says: a name, a language, one heading above all, a way past the bar.

    It leaves the page as wide as the last of `WIDTHS`. The context must ask for reduced motion.
    """
    wrong: list[str] = []
    if page.locator("html").get_attribute("lang") != "es-CO":
        wrong.append("its language is not said")
    if not page.title().endswith(" · Folio") or page.title().startswith(" "):
        wrong.append(f"its title is {page.title()!r}")
    if (headings := page.locator("h1").count()) != 1:
        wrong.append(f"it has {headings} headings of the first level")
    if page.locator("body > a.skip[href='#contenido']").count() != 1 or page.locator("main#contenido").count() != 1:
        wrong.append("nothing leads past the bar")
    wrong += _each("it moves", page.evaluate(_MOVING))
    wrong += _each("a form does not prove that it is ours", page.evaluate(_UNPROVEN_FORMS))
    page.keyboard.press("Tab")
    wrong += _each("the focus is not seen", page.evaluate(_UNSEEN_FOCUS))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 768})
        wrong += _each(f"wider than {width}", page.evaluate(_OVERFLOWING, width))
    page.evaluate(_SPACED)
    wrong += _each(f"wider than {width} with its text spaced", page.evaluate(_OVERFLOWING, width))
    assert not wrong, f"{page.url}:\n" + "\n".join(wrong)


def _each(what: str, found: list[Any]) -> list[str]:
    return [f"{what}: {each}" for each in found]
