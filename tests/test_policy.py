"""The content security policy of a page: our scripts run, no other does, nothing is fetched."""

from __future__ import annotations

import re

import folium
import pytest

from gridkit import maps


def bare() -> folium.Map:
    """Make a map without tiles."""
    return folium.Map([26.7, 117.5], zoom_start=12, tiles=None)


@pytest.mark.browser
def test_a_script_without_the_nonce_does_not_run_and_ours_does(browser, tmp_path):
    """Put in by Folium, into the saved file, or into the open page, in seven ways: refused and reported."""
    page = browser.new_page()
    m = bare()
    m.get_root().html.add_child(folium.Element("<script>window.hit = 0</script>"))
    file = maps.save(m, tmp_path / "map.html")
    text = file.read_text("utf-8")
    said = "addEventListener('securitypolicyviolation', e => said.push(e.effectiveDirective))"
    nonce = re.search(r"script-src 'nonce-([\w-]{16,})'", text)[1]
    ours = f'<script nonce="{nonce}">window.said = []; {said}; window.ours = 1;</script>'
    alien = (
        "<script>window.hit = 1</script>"
        '<script nonce="">window.hit = 2</script>'
        f'<script nonce="{nonce[::-1]}">window.hit = 3</script>'
        "<p onclick='window.hit = 4'>x</p><img src=data:x onerror='window.hit = 5'>"
    )
    file.write_text(text.replace("<body>", f"<body>{ours}{alien}"), "utf-8")
    page.goto(file.as_uri())

    page.locator("p", has_text="x").click(force=True)
    page.evaluate(
        "document.body.appendChild(document.createElement('script')).textContent = 'window.hit = 6'"
    )
    seen = page.evaluate(
        "[window.hit, window.ours, typeof L, document.querySelectorAll('.leaflet-pane').length > 0]"
    )
    reported = page.evaluate("window.said")
    page.close()

    assert seen == [None, 1, "object", True]
    assert reported.count("script-src-elem") == 5
    assert reported.count("script-src-attr") >= 2


def test_every_page_has_a_nonce_of_its_own():
    """One that was seen once opens no other page."""
    pages = [maps.render(bare()) for _ in range(3)]
    nonces = [set(re.findall(r"nonce[-=]\"?([\w-]{16,})", page)) for page in pages]

    assert all(len(found) == 1 for found in nonces)
    assert len(set.union(*nonces)) == 3


@pytest.mark.browser
def test_the_policy_refuses_requests_that_a_script_would_make(browser, tmp_path):
    """Fetch, images and frames go nowhere, should a script ever try."""
    page = browser.new_page()
    refused = []
    page.on("requestfailed", lambda request: refused.append(request.failure))
    page.goto(maps.save(bare(), tmp_path / "map.html").as_uri())

    tried = page.evaluate(
        """async () => {
          const image = new Promise(r => { const i = new Image();
            i.onload = () => r('loaded'); i.onerror = () => r('refused');
            i.src = 'http://127.0.0.1:9/x.png'; });
          const fetched = fetch('http://127.0.0.1:9/x').then(() => 'loaded', () => 'refused');
          return [await image, await fetched];
        }"""
    )
    page.close()

    assert tried == ["refused", "refused"]
    assert set(refused) == {"csp"}
