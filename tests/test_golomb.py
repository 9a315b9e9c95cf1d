"""Whole numbers in few bits: the codes of the standard, and the page reads what was written."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridkit.maps import assets
from gridkit.maps.layers.golomb import golomb

# ITU-T H.264, table 9-2: codes of order 0
CODES = {0: "1", 1: "010", 2: "011", 3: "00100", 4: "00101", 5: "00110", 6: "00111", 7: "0001000",
         8: "0001001", 9: "0001010"}  # fmt: skip
LISTS = st.lists(st.lists(st.integers(0, 2**48 - 1), max_size=40), max_size=4)


def bits(text: str) -> str:
    """Give the bits of a text, as digits."""
    return "".join(
        map(str, np.unpackbits(np.frombuffer(base64.b64decode(text), dtype=np.uint8)))
    )


def read(text: str, lengths: list[int]) -> list[list[int]]:
    """Read lists as the format says, a bit at a time."""
    stream, at, out = bits(text), 0, []
    for n in lengths:
        order, at = int(stream[at : at + 5], 2), at + 5
        numbers = []
        for _ in range(n):
            one = stream.index("1", at)
            end = one + 1 + (one - at) + order
            numbers.append(int(stream[one:end], 2) - 2**order)
            at = end
        out.append(numbers)
    return out


@pytest.mark.parametrize(("number", "code"), CODES.items())
def test_codes_of_order_0_are_those_of_the_standard(number, code):
    """Five bits of order, then the table's code; zeros beside it keep the order low."""
    written = bits(golomb([0] * 20 + [number]))

    assert written.startswith("00000" + "1" * 20 + code)


@settings(max_examples=80)
@given(LISTS)
def test_numbers_come_back_from_their_bits(lists):
    """Of any size and in any company."""
    assert read(golomb(*lists), [len(some) for some in lists]) == lists


@settings(max_examples=30)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=60))
def test_the_order_chosen_is_nearly_the_best(numbers):
    """No other order would save more than one bit in twenty."""
    chosen = len(bits(golomb(numbers)))

    def size(order: int) -> int:
        return 5 + sum(2 * (n + 2**order).bit_length() - 1 - order for n in numbers)

    assert chosen - 7 <= 1.05 * min(size(order) for order in range(16))


@pytest.mark.browser
def test_the_page_reads_what_was_written(page):
    """The script of the maps gives the numbers back, large and small ones, list by list."""
    rng = np.random.default_rng(5)
    lists = [rng.geometric(0.3, 500), rng.integers(0, 2**47, 50), np.zeros(9, int), [], [7]]
    page.set_content("<p>page</p>")
    page.evaluate("window.L = {Layer: {extend: () => ({extend: () => null})}}")
    page.evaluate(assets.own("outlines.js"))

    text, lengths = json.dumps(golomb(*lists)), json.dumps([len(some) for some in lists])
    seen = page.evaluate(
        f"(next => {lengths}.map(n => Array.from(next(n))))(gk.reader({text}))"
    )

    assert seen == [[int(v) for v in some] for some in lists]
