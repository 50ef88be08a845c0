"""Chromium on the page of a served catalog, under the content security policy that the server sends.

Chromium comes from the system's packages: `make test` installs it where it can. Where there is none, the
tests are skipped, and say so.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from time import sleep
from typing import Literal

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.types import ASGIApp

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# A busy machine is no fault of the page.
PATIENCE_MS = 60_000

Scheme = Literal["light", "dark"]


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of `app`, served by a thread."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if path is None:
        pytest.skip("NO BROWSER: install Chromium (apt-get install chromium) to test the page in a browser.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(read_only_app: FastAPI) -> Iterator[str]:
    """The address of the seeded catalog."""
    with served(read_only_app) as url:
        yield url


Opens = Callable[..., Page]


class Windows:
    """Windows of a browser, one for each width and colour scheme. What a window has fetched, it keeps."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._contexts: dict[tuple[int, Scheme, bool], BrowserContext] = {}

    def page(self, width: int, scheme: Scheme, *, scripts: bool) -> Page:
        """A new page in the window of these properties."""
        key = width, scheme, scripts
        if key not in self._contexts:
            self._contexts[key] = self._browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                java_script_enabled=scripts,
                base_url=self._address,
            )
            self._contexts[key].set_default_timeout(PATIENCE_MS)
        return self._contexts[key].new_page()


@pytest.fixture(scope="session")
def windows(chromium: Browser, address: str) -> Windows:
    return Windows(chromium, address)


@pytest.fixture
def opened(windows: Windows, address: str) -> Iterator[Opens]:
    """Opens a path of the page, at a width and in a colour scheme. The page's errors fail the test."""
    pages: list[Page] = []
    errors: list[str] = []

    def open_path(path: str, *, width: int = 1440, scheme: Scheme = "light", scripts: bool = True) -> Page:
        page = windows.page(width, scheme, scripts=scripts)
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: errors.extend(_elsewhere(request.url, address)))
        page.goto(path)
        return page

    yield open_path
    for page in pages:
        page.close()
    assert errors == []


def _elsewhere(url: str, address: str) -> list[str]:
    """The address of a request that leaves the server."""
    return [] if url.startswith((address, "data:", "blob:")) else [f"fetched from elsewhere: {url}"]
