"""No layer runs a text, and none asks anybody for anything."""

from __future__ import annotations

import socket
import threading

import folium
import pytest

from gridkit import maps
from layer_kinds import KINDS, make, on_a_map

pytestmark = pytest.mark.browser

PAYLOADS = (
    "<img src=x onerror=window.hit=1>",
    "</script><script>window.hit=1</script>",
    "`);window.hit=1;(`${window.hit=1}{{ 7*7 }}",
    "javascript:window.hit=1",
    "\"><svg onload=window.hit=1>\\';window.hit=1;//",
    "a<b & c>d &lt;i&gt; 水压<5",
    "&#60;img src=x onerror=window.hit=1&#62; &amp;lt; &nbsp;",
    "<a href='javascript:window.hit=1'>点这里</a>",
    "水\u202egpj.exe\u202c <b>\u2066反\u2069</b>",
)

# marks that turn the reading direction: left out, so that no text pretends to be another
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

# where a typed text stands in lists, with what stands beside it
LISTED = [
    (place, at + first, words)
    for place, first in ((".leaflet-control-layers-overlays label", 1), (".gk-legend h3", 0))
    for at, words in enumerate((
        "{}", "{} hotspots", "聚集 (时空扫描) clusters", "{} emerging hotspots",
        "{} silent grids", "措施前后: {} before and after", "{} week by week",
        "{} density of concerns", "{} every concern", "{} concerns", "{} each concern",
        "{} reasoning rooms", "{} stations", "{} open visits",
    ))
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_runs_through_any_layer(payload, page, tmp_path):
    """Names, titles, events, clusters, rooms, lists: each whole as typed, nothing runs."""
    drawn = [make(kind, payload) for kind in KINDS]
    page.goto(maps.save(on_a_map(drawn, payload), tmp_path / "map.html").as_uri())
    text = "".join(c for c in payload if c not in TURNING)

    page.locator(".gk-marks button").first.click(force=True)
    page.locator(".leaflet-popup-content td").first.wait_for()
    wholly = {
        "h1": [text],
        ".gk-event:not(.gk-event-cluster)": [text],
        ".gk-event-cluster": [f"聚集 {text}: 60 件, 预期 9.5 件"],
        ".gk-popup td >> nth=1": [text],
        **{f"{place} >> nth={at}": [words.format(text)] for place, at, words in LISTED},
    }
    for place, expected in wholly.items():
        shown = [words.strip() for words in page.locator(place).all_text_contents()]
        assert shown == expected, place
    names = page.locator(".gk-mark-name").all_text_contents()
    assert set(names) == {text}
    titles = page.locator(".gk-marks button").evaluate_all("all => all.map(e => e.title)")
    assert all(text in title for title in titles)
    page.locator(".leaflet-popup-close-button").click()
    page.locator(".leaflet-popup-content").wait_for(state="detached")
    tip = page.locator(".leaflet-tooltip")
    for x in range(300, 900, 40):  # a mark may lie over a grid
        page.mouse.move(x, 300)
        said = tip.all_text_contents()
        if said and text in said[0]:
            break
    assert text in said[0]

    assert page.evaluate("window.hit") is None
    inside = "h1 *, .gk-event *, .gk-mark-name *, .gk-popup td *, .gk-legend h3 b"
    assert page.locator(inside).count() == 0
    assert page.locator("[href^='javascript:' i], [src^='javascript:' i]").count() == 0


def silent_proxy() -> tuple[socket.socket, list[bytes]]:
    """Listen as a proxy that takes what is asked and never answers: packets dropped."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []
    kept = []

    def take() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            kept.append(connection)
            asked.append(connection.recv(300))

    threading.Thread(target=take, daemon=True).start()
    return listener, asked


def test_nothing_is_asked_where_packets_are_dropped(browser, tmp_path):
    """Every request would hang: the map draws at once, and the proxy hears of none."""
    listener, asked = silent_proxy()
    m = on_a_map([make(kind) for kind in KINDS])
    theirs = folium.Map([26.05, 117.05])  # with web tiles, which are left out
    folium.Marker([26.05, 117.05], popup="问题", icon=folium.Icon(color="red")).add_to(theirs)
    pages = [maps.save(m, tmp_path / "a.html"), maps.save(theirs, tmp_path / "b.html")]
    context = browser.new_context(
        proxy={"server": f"http://127.0.0.1:{listener.getsockname()[1]}", "bypass": ""}
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    for file in pages:
        page.goto(file.as_uri(), wait_until="load")
        page.wait_for_timeout(300)

    drawn = page.locator(".awesome-marker-icon-red").count()
    # the proxy is not deaf: it hears of what is really asked
    page.evaluate("setTimeout(() => { location.href = 'http://gridkit.invalid/x'; }, 0)")
    for _ in range(40):
        if asked:
            break
        page.wait_for_timeout(50)
    context.close()
    listener.close()

    assert drawn == 1
    assert errors == []
    assert [line.split(b"\r\n")[0] for line in asked] == [
        b"GET http://gridkit.invalid/x HTTP/1.1"
    ]
