"""The ways a person goes through the page, in a real browser."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from app.main import create_app
from app.settings import ServerSettings
from tests.app.browser.conftest import PATIENCE_MS, Opens, served

expect: Any = pytest.importorskip("playwright.sync_api").expect
expect.set_options(timeout=PATIENCE_MS)

DECISION = "#decision-title"
# The colours of the balls, and where they, the frontier and the budget are.
_DRAWING = """() => {
  const found = (selector) => [...document.querySelectorAll("#plot " + selector)];
  const balls = found("path.point");
  const lines = [...found(".scatterlayer > .trace:nth-child(2) path.js-line"), ...found(".shapelayer path")];
  const places = balls.map((ball) => ball.getAttribute("transform"));
  const texts = [...places, ...lines.map((line) => line.getAttribute("d"))];
  return {
    fills: balls.map((ball) => ball.style.fill),
    numbers: texts.flatMap((text) => text.match(/[0-9.]+/g).map(Number)),
  };
}"""


# The values of the ball that the keyboard chose: plotly draws a ring around it, its fourth trace.
_CHOSEN = """() => {
  const {x, y} = document.querySelector("#plot .js-plotly-plot").data[3];
  return [x[0], y[0]];
}"""
# Where a ball of these values is on the screen.
_PLACE = """([across, up]) => {
  const plot = document.querySelector("#plot .js-plotly-plot"), box = plot.getBoundingClientRect();
  const {xaxis, yaxis} = plot._fullLayout;
  return [box.x + xaxis._offset + xaxis.d2p(across), box.y + yaxis._offset + yaxis.d2p(up)];
}"""


def drawn(page: Any) -> Any:
    """The page, once its chart is drawn."""
    page.wait_for_selector("#plot[data-drawn]")
    return page


def test_a_preset_fills_the_form_and_answers(opened: Opens) -> None:
    page = opened("/")
    page.get_by_role("link", name="Live video").click()
    expect(page.locator("#f-latency_ms")).to_have_value("33")
    expect(page).to_have_url(re.compile(r"latency_ms=33"))
    expect(page.locator(".because")).to_contain_text("within the budget")


def test_typing_a_budget_answers_at_once_and_the_address_has_no_empty_field(opened: Opens) -> None:
    page = drawn(opened("/"))
    page.locator("#f-latency_ms").fill("8ms")
    expect(page.locator("[data-count=latency_ms]")).to_contain_text("leaves")
    expect(page.locator(DECISION)).to_contain_text("mobilenetv3_large_100")
    expect(page).to_have_url(re.compile(r"\?target=local&latency_ms=8ms&confidence=0.9$"))
    assert page.evaluate("document.activeElement.id") == "f-latency_ms"
    shared = opened(page.url)
    expect(shared.locator("#f-latency_ms")).to_have_value("8ms")
    assert shared.locator(DECISION).inner_text() == page.locator(DECISION).inner_text()


def test_a_slider_is_moved_by_keyboard_and_says_its_value(opened: Opens) -> None:
    page = drawn(opened("/"))
    slider = page.locator(".slider[data-for=f-latency_ms]")
    before = page.locator("[data-drawn]").get_attribute("data-drawn")
    slider.focus()
    for _ in range(40):
        slider.press("ArrowLeft")
    bound = page.locator("#f-latency_ms").input_value()
    assert 0 < float(bound) < 100
    assert slider.get_attribute("aria-valuetext") == f"{bound} ms"
    expect(page).to_have_url(re.compile(f"latency_ms={re.escape(bound)}"))
    expect(page.locator("#plot")).not_to_have_attribute("data-drawn", before or "")
    slider.press("End")
    expect(page.locator("#f-latency_ms")).to_have_value("")
    expect(page).not_to_have_url(re.compile("latency_ms"))


def test_a_mistake_marks_its_field_and_keeps_the_results(opened: Opens) -> None:
    page = drawn(opened("/?latency_ms=8"))
    winner = page.locator(DECISION).inner_text()
    field = page.locator("#f-latency_ms")
    field.fill("8 MB")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-latency_ms-fault")).to_contain_text("is not a unit")
    assert page.locator(DECISION).inner_text() == winner
    field.fill("0,008 s")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    expect(page.locator(DECISION)).to_have_text(winner)


def test_a_favourite_that_lost_is_explained(opened: Opens) -> None:
    page = drawn(opened("/?latency_ms=8"))
    page.locator("#f-why").fill("resnet50")
    page.get_by_role("button", name="Look up").click()
    expect(page.locator("#why")).to_contain_text("does not keep the budget")
    expect(page.locator("#why")).to_contain_text("Response time misses its bound by")
    page.locator("#f-why").fill("resnt50")
    page.locator("#f-why").press("Enter")
    expect(page.locator("#why .fault")).to_contain_text("Close matches")


def test_a_budget_that_nothing_keeps_is_relaxed_by_a_click(opened: Opens) -> None:
    page = opened("/?latency_ms=1")
    expect(page.locator("#nothing-title")).to_have_text("Nothing fits this budget")
    page.locator(".nothing .steps a").first.click()
    expect(page.locator(DECISION)).to_contain_text("Deploy")
    page.go_back()
    expect(page.locator("#nothing-title")).to_be_visible()


def test_a_ball_says_the_same_to_a_mouse_and_to_a_keyboard(opened: Opens) -> None:
    page = drawn(opened("/?latency_ms=30"))
    plot, tip = page.locator("#plot"), page.locator(".tip")
    plot.focus()
    plot.press("Home")
    said = tip.inner_text()
    assert "Response time" in said
    assert "Accuracy" in said
    ball = page.evaluate(_CHOSEN)
    plot.press("End")
    assert tip.inner_text() != said
    _point_until(page, ball, lambda: tip.inner_text() == said)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#why h3")).to_contain_text(said.splitlines()[0])


def _point_until(page: Any, ball: list[float], shown: Callable[[], bool]) -> None:
    """Move the mouse to the ball at these values until the page has `shown` it, as a hand does. What is above
    the chart may still grow and move it. Plotly looks at the mouse at most ten times a second."""
    plot = page.locator("#plot")
    for _ in range(PATIENCE_MS // 1000):
        plot.evaluate("plot => plot.scrollIntoView({block: 'center', behavior: 'instant'})")
        across, down = page.evaluate(_PLACE, ball)
        for offset in (30, 20, 1, 0):
            page.mouse.move(across - offset, down - offset)
            page.wait_for_timeout(200)
        if shown():
            return
    raise AssertionError(f"The page does not show the ball that the mouse is at: {ball}.")


def test_candidates_are_chosen_and_compared_by_keyboard_alone(opened: Opens) -> None:
    page = drawn(opened("/"))
    page.locator("input[name=compare]").nth(0).press("Space")
    expect(page.locator("#compare")).to_contain_text("Tick one more candidate")
    page.locator("input[name=compare]").nth(1).press("Space")
    expect(page.locator("#compare-title")).to_have_text("Side by side")
    expect(page.locator("table.compare thead th")).to_have_count(3)
    assert page.url.count("compare=") == 2
    plot = page.locator("#plot")
    plot.focus()
    plot.press("Home")
    plot.press(" ")
    expect(page.locator("table.compare thead th")).to_have_count(4)


def test_what_moves_with_a_slider_is_where_plotly_draws_it_afterwards(opened: Opens) -> None:
    page = drawn(opened("/?latency_ms=30"))
    plot = page.locator("#plot")
    before = plot.get_attribute("data-drawn") or ""
    page.locator(".slider[data-for=f-latency_ms]").press("ArrowLeft")
    expect(page.locator("#f-latency_ms")).not_to_have_value("30")
    for _ in range(100):
        if page.evaluate("performance.getEntriesByName('nudge').length"):
            break
        page.wait_for_timeout(20)
    nudged = page.evaluate(_DRAWING)
    expect(plot).not_to_have_attribute("data-drawn", before)
    settled = page.evaluate(_DRAWING)
    assert nudged["fills"] == settled["fills"]
    assert len(nudged["numbers"]) == len(settled["numbers"])
    assert (
        max(abs(one - other) for one, other in zip(nudged["numbers"], settled["numbers"], strict=True)) < 0.2
    )


def test_other_axes_draw_another_chart(opened: Opens) -> None:
    page = drawn(opened("/"))
    page.get_by_label("Across").select_option("size_mb")
    expect(page.locator("#chart-title")).to_have_text("Accuracy against file size")
    expect(page).to_have_url(re.compile("x=size_mb"))


def test_a_server_that_is_gone_is_said_and_the_last_answer_stays(opened: Opens) -> None:
    page = drawn(opened("/?latency_ms=8"))
    winner = page.locator(DECISION).inner_text()
    page.route("**/*", lambda route: route.abort())
    page.locator("#f-latency_ms").fill("30")
    expect(page.locator("#offline")).to_contain_text("The server does not answer")
    page.get_by_role("link", name="Phone-sized").click()
    expect(page.locator("#offline")).to_be_visible()
    assert page.locator(DECISION).inner_text() == winner
    page.unroute("**/*")
    page.locator("#f-latency_ms").fill("30")
    expect(page.locator("#offline")).to_have_count(0)
    expect(page).to_have_url(re.compile("latency_ms=30"))


def test_how_sure_to_be_is_chosen_beside_the_budget_and_is_in_the_address(opened: Opens) -> None:
    page = drawn(opened("/?latency_ms=8"))
    expect(page).to_have_url(re.compile("latency_ms=8&confidence=0.9"))
    sure = page.get_by_label("How sure to keep the budget")
    expect(sure).to_have_value("0.9")
    sure.select_option("any")
    expect(page).to_have_url(re.compile("latency_ms=8&confidence=any"))
    page.reload()
    expect(page.get_by_label("How sure to keep the budget")).to_have_value("any")


def test_the_page_works_without_scripts(opened: Opens) -> None:
    page = opened("/", scripts=False)
    page.locator("#f-latency_ms").fill("8")
    page.get_by_role("button", name="Rank").click()
    assert page.url.endswith("?target=local&latency_ms=8&confidence=0.9&x=latency_ms&y=top1")
    expect(page.locator(DECISION)).to_contain_text("mobilenetv3_large_100")
    assert page.locator("table.ranking tbody").count()
    expect(page.locator(".no-script")).to_be_visible()


def test_the_page_stays_below_the_path_of_a_proxy(chromium: Browser, seeded_template: Path) -> None:
    settings = ServerSettings(catalog_url=f"sqlite:///{seeded_template}", root_path="/tools/archrank")
    app = create_app(settings)
    with TestClient(app), served(app) as url, closing(chromium.new_page(base_url=url)) as page:
        page.set_default_timeout(PATIENCE_MS)
        gone: list[str] = []
        page.on("response", lambda answer: gone.append(answer.url) if answer.status == 404 else None)
        page.goto("/tools/archrank/")
        drawn(page)
        page.locator("#f-latency_ms").fill("8")
        expect(page).to_have_url(re.compile(r"/tools/archrank/\?target=local&latency_ms=8&confidence=0.9$"))
        expect(page.locator(DECISION)).to_contain_text("Deploy")
        page.get_by_role("link", name="Phone-sized").click()
        expect(page).to_have_url(re.compile(r"/tools/archrank/\?.*size_mb=25"))
        page.get_by_role("link", name="Profile card").first.click()
        expect(page).to_have_url(re.compile("/tools/archrank/architectures/"))
        page.goto("/tools/archrank/docs")
        page.wait_for_selector("#swagger[data-ready]")
        assert gone == []


def test_the_api_is_described_and_can_be_tried(opened: Opens) -> None:
    page = opened("/docs")
    page.wait_for_selector("#swagger[data-ready]")
    expect(page.locator("#swagger")).to_contain_text("/v1/recommendations")
    expect(page.locator("#swagger .version-stamp").first).to_be_visible()
