"""What holds at every width and in every colour scheme: nothing scrolls sideways, and nothing bars people."""

from typing import Any

import pytest

from tests.app.browser.conftest import Opens

axe: Any = pytest.importorskip("axe_playwright_python.sync_playwright")

PATHS = [
    "/?latency_ms=30&compare=resnet18&compare=levit_128s&why=resnet50",
    "/?latency_ms=1",
    "/?target=rtx-4090&latency_ms=8+MB&no_family=vggg&plan=yes",
    "/architectures/resnet50",
    "/families",
    "/families/resnet",
    "/targets",
    "/targets/local",
    "/targets/nothing",
]
# What is read only by scrolling sideways within it.
_HIDDEN = """() => [...document.querySelectorAll("main *")]
  .filter((element) => element.scrollWidth > element.clientWidth + 1
    && ["auto", "scroll"].includes(getComputedStyle(element).overflowX) && element.clientWidth)
  .map((element) => `${element.tagName} ${element.className} ${element.textContent.trim().slice(0, 60)}`)"""


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_page_is_accessible_and_fits(opened: Opens, path: str, width: int, scheme: str) -> None:
    page = opened(path, width=width, scheme=scheme)
    if page.query_selector("#plot"):
        page.wait_for_selector("#plot[data-drawn]")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 700:  # a phone, on which nothing is read by scrolling sideways
        assert page.evaluate(_HIDDEN) == []
    violations = axe.Axe().run(page).response["violations"]
    serious = [
        (violation["id"], [node["html"][:200] for node in violation["nodes"][:3]])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []


# What the keyboard stops at, beside the links of the header.
_STOPS = """() => {
  const stops = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
  return [...stops].filter((stop) => stop.tabIndex > 0).map((stop) => stop.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize(
    "path", ["/architectures/resnet50", "/families", "/families/resnet", "/targets", "/targets/local"]
)
def test_the_keyboard_alone_reaches_the_content_and_its_links(opened: Opens, path: str) -> None:
    page = opened(path)
    assert page.evaluate(_STOPS) == []  # the order of the keyboard is that of the page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    stop = page.evaluate(
        """() => {
          const stop = document.activeElement, style = getComputedStyle(stop);
          const within = document.getElementById("main").contains(stop);
          return {within, outline: style.outlineStyle, href: stop.href ?? ""};
        }"""
    )
    assert stop["within"]
    assert stop["outline"] != "none"
    if stop["href"]:
        page.keyboard.press("Enter")
        page.wait_for_url(stop["href"])
