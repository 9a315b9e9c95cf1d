"""What takes seconds to load, loaded before somebody waits for a form.

Under Voilà (`gridkit serve`) a kernel is started ahead of the page that it is for. What it
shows must be as of the moment in which somebody opens the page, drafts and today's date
among it: so it loads everything, reads nothing of the ledger, and then waits.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import time
from importlib import import_module
from pathlib import Path

SLOW_TO_LOAD = ("gridkit.forms.record_screen", "gridkit.forms.place_map")
_AHEAD = "VOILA_PREHEAT"
_TRIES = 60
"""A server that does not answer for so many seconds is gone, and the kernel with it."""


def warm_up() -> None:
    """Load what a form needs; in a kernel that was started ahead of its page, wait for that.

    What is loaded stays for good: the garbage collector is told to pass it over. It would
    walk through half a million objects in the middle of every second save, for a quarter of
    a second.

    Call it before the ledger is opened. The wait is that of `voila.utils.wait_for_request`,
    which would load 44 MB of Voilà into every kernel, and go on with a page for nobody when
    the connection is lost (a laptop that slept).

    Examples
    --------
    >>> warm_up()  # no Voilà, no wait
    """
    from gridkit.forms.lookup import spells
    from gridkit.records.database import connect

    for name in SLOW_TO_LOAD:
        import_module(name)
    spells("ts", "停水")  # loads the pinyin
    connect(Path("ledger.db")).dispose()  # loads the dialect; opens nothing
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)  # else duckdb complains on the way out
    if os.environ.get(_AHEAD, "False") == "False":
        return
    for _ in range(_TRIES):
        if _asked():
            return
        time.sleep(1)
    sys.exit()


def _asked() -> bool:
    """Wait for the server's word that a browser asked; False where the connection is lost."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    told = os.environ
    where = f"{told.get('VOILA_APP_IP', '127.0.0.1')}:{told['VOILA_APP_PORT']}"
    url = f"ws://{where}{told['VOILA_SERVER_URL']}voila/query/{told['VOILA_KERNEL_ID']}"
    try:
        with connect(url, proxy=None) as server:
            server.recv()
    except (OSError, WebSocketException):
        return False
    return True
