"""Lanes: 32 replicas side by side in memory, compared by one machine instruction.

The compiled modules of the scan use only what is defined here of the machinery below
Python: `compiled`, and four operations on 32 numbers at once, written as vectors of LLVM,
which any processor can run (one instruction with AVX-512, two with AVX2, four with NEON).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])

LANES = 32
# from this expectation on, bins are finer (see `likelihood`)
FINE_FROM = 64.0
# numbers on the time axis that are worked on at once; arrays are padded to multiples of it
STRIDE = 8
# time points that `add_rows` works on at once
TILE = 4


def compiled(*, parallel: bool = False) -> Callable[[F], F]:
    """Compile a function when it is first called, and keep the result on disk."""
    kept = numba.njit(cache=True, parallel=parallel, error_model="numpy", nogil=True)
    return cast("Callable[[F], F]", kept)


def operation(build: Callable[..., Any]) -> Any:
    """Let compiled functions call what builds its instructions itself."""
    return intrinsic(build)


@operation
def bits_of(_typing: Any, _number: Any) -> Any:
    """Read the bits of a float64 as an integer: they grow as its logarithm, roughly."""

    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), build


@operation
def of_bits(_typing: Any, _bits: Any) -> Any:
    """Make a float64 of its bits."""

    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), build


def _vector(
    context: Any, builder: Any, kind: Any, array: Any, start: Any, count: int = LANES
) -> Any:
    """Point at neighboring elements of a one-dimensional array."""
    element = context.get_data_type(kind.dtype)
    data = context.make_array(kind)(context, builder, value=array).data
    vector = ir.VectorType(element, count)
    place = builder.bitcast(builder.gep(data, [start]), vector.as_pointer())
    return place, vector, kind.dtype.bitwidth // 8


def _load(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:
    place, _, size = _vector(context, builder, kind, array, start)
    return builder.load(place, align=size)


@operation
def add_lanes(_typing: Any, total: Any, _i: Any, rows: Any, _j: Any) -> Any:
    """Add 32 elements of `rows` from j on to those of `total` from i on."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place, vector, size = _vector(context, builder, signature.args[0], args[0], args[1])
        more = _load(context, builder, signature.args[2], args[2], args[3])
        if more.type.element.width < vector.element.width:
            more = builder.zext(more, vector)
        old = builder.load(place, align=size)
        builder.store(builder.add(old, more), place, align=size)
        return context.get_dummy_value()

    return types.void(total, types.int64, rows, types.int64), build


_PAIR: Any = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]


@operation
def add_rows(
    _typing: Any, total: Any, _i: Any, rows: Any, _j: Any, places: Any, _span: Any, _wide: Any
) -> Any:
    """Add what `rows` hold for places[span[0]:span[1]], at 4 time points, to `total`.

    A place's lanes begin at place x wide; j is the first time point's offset from there, i
    that in `total`. Sums must fit into the type of `rows`: they stay in registers till the
    end.
    """
    kinds = (total, types.int64, rows, types.int64, places, _PAIR, types.int64)

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        some = context.get_data_type(signature.args[2].dtype)
        vector = ir.VectorType(some, LANES)
        nothing, keep = ir.Constant(vector, None), cast("Any", cgutils.alloca_once_value)
        sums = [keep(builder, nothing) for _ in range(TILE)]
        which = context.make_array(signature.args[4])(context, builder, value=args[4]).data
        begin, end = (builder.extract_value(args[5], n) for n in range(2))
        steps = [ir.Constant(begin.type, n * LANES) for n in range(TILE)]
        with cgutils.for_range_slice(builder, begin, end, ir.Constant(begin.type, 1)) as (n, _):
            place = builder.sext(builder.load(builder.gep(which, [n])), begin.type)
            start = builder.add(builder.mul(place, args[6]), args[3])
            for held, step in zip(sums, steps, strict=True):
                at = builder.add(start, step)
                more = _load(context, builder, signature.args[2], args[2], at)
                builder.store(builder.add(builder.load(held), more), held)
        for held, step in zip(sums, steps, strict=True):
            at = builder.add(args[1], step)
            spot, wider, size = _vector(context, builder, signature.args[0], args[0], at)
            more = builder.load(held)
            if some.width < wider.element.width:
                more = builder.zext(more, wider)
            builder.store(builder.add(builder.load(spot, align=size), more), spot, align=size)
        return context.get_dummy_value()

    return types.void(*kinds), build


def _compare(sign: str) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        until = _load(context, builder, signature.args[0], args[0], args[1])
        before = _load(context, builder, signature.args[0], args[0], args[2])
        limit = _load(context, builder, signature.args[3], args[3], args[4])
        beats = builder.icmp_signed(sign, builder.sub(until, before), limit)
        flags = builder.bitcast(beats, ir.IntType(LANES))
        return builder.zext(flags, ir.IntType(64))

    return build


@operation
def lanes_above(_typing: Any, total: Any, _i: Any, _j: Any, limits: Any, _k: Any) -> Any:
    """Flag, as bits, the lanes in which total[i] - total[j] is above limits[k]."""
    signature = types.int64(total, types.int64, types.int64, limits, types.int64)
    return signature, _compare(">")


@operation
def lanes_below(_typing: Any, total: Any, _i: Any, _j: Any, limits: Any, _k: Any) -> Any:
    """Flag, as bits, the lanes in which total[i] - total[j] is below limits[k]."""
    signature = types.int64(total, types.int64, types.int64, limits, types.int64)
    return signature, _compare("<")


@operation
def add_stride(_typing: Any, total: Any, _i: Any, more: Any, _j: Any) -> Any:
    """Add 8 float64 of `more` from j on to those of `total` from i on."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        place, _, size = _vector(context, builder, kinds[0], args[0], args[1], STRIDE)
        source, _, _ = _vector(context, builder, kinds[2], args[2], args[3], STRIDE)
        old, new = builder.load(place, align=size), builder.load(source, align=size)
        builder.store(builder.fadd(old, new), place, align=size)
        return context.get_dummy_value()

    return types.void(total, types.int64, more, types.int64), build


_FIVE: Any = types.Tuple([types.int64] * 5)  # type: ignore[no-untyped-call]


@operation
def bins_of(
    _typing: Any, bins: Any, _t: Any, expected: Any, _i: Any, _from: Any, _scale: Any
) -> Any:
    """Put into bins[t] and the 7 after it where expected[i] - expected[j] ... are tabled.

    As `likelihood.column` for one, and times 32; `scale` holds the bits to drop, what to
    take off then (both coarse, then fine), and the last column.
    """
    whole = types.int64
    signature = types.void(bins, whole, expected, whole, whole, _FIVE)

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = signature.args
        place, vector, size = _vector(context, builder, kinds[0], args[0], args[1], STRIDE)
        until, doubles, _ = _vector(context, builder, kinds[2], args[2], args[3], STRIDE)
        data = context.make_array(kinds[2])(context, builder, value=args[2]).data
        since = builder.load(builder.gep(data, [args[4]]))
        means = builder.fsub(builder.load(until, align=size), _splat(builder, doubles, since))
        bits = builder.bitcast(means, vector)
        part = [_splat(builder, vector, builder.extract_value(args[5], n)) for n in range(5)]
        coarse = builder.sub(builder.ashr(bits, part[0]), part[1])
        fine = builder.sub(builder.ashr(bits, part[2]), part[3])
        edge = ir.Constant(doubles, [FINE_FROM] * STRIDE)
        at = builder.select(builder.fcmp_ordered(">=", means, edge), fine, coarse)
        zero = ir.Constant(vector, [0] * STRIDE)
        at = builder.select(builder.icmp_signed("<", at, zero), zero, at)
        at = builder.select(builder.icmp_signed(">", at, part[4]), part[4], at)
        lanes = ir.Constant(vector, [LANES] * STRIDE)
        builder.store(builder.mul(at, lanes), place, align=size)
        return context.get_dummy_value()

    return signature, build


def _splat(builder: Any, vector: Any, number: Any) -> Any:
    """Repeat a number in all elements of a vector."""
    empty = ir.Constant(vector, ir.Undefined)
    first = ir.Constant(ir.IntType(32), 0)
    one = builder.insert_element(empty, number, first)
    spread = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(one, empty, spread)
