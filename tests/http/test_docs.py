"""The documentation page: complete, and nothing on it comes from elsewhere."""

from __future__ import annotations

import re

import httpx
from openapi_spec_validator import validate
from playwright.sync_api import sync_playwright

from tests.components import need


def test_the_document_is_openapi_3_1_with_the_records_of_the_apis(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    validate(document)
    assert document["components"]["schemas"]["Thing"]["description"] == "What this API is about."
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_the_page_and_all_that_it_loads_are_served_here(client: httpx.Client) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    references = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(references) == 4
    for reference in references:
        assert "//" not in reference
        assert client.get(f"/{reference}").status_code == 200
    assert "<script>" not in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy


def test_a_real_browser_shows_the_page_without_asking_anyone_else(url: str) -> None:
    chromium = need("Chromium")
    asked: list[str] = []
    complaints: list[str] = []
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}/docs")
        page.get_by_text("A new thing").wait_for()
        page.locator(".opblock-summary-get").first.click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        page.get_by_text('"name": "one"').first.wait_for()
        browser.close()
    assert [address for address in asked if not address.startswith((url, "data:"))] == []
    assert any(address.endswith("/things?limit=10") for address in asked)
    assert complaints == []
