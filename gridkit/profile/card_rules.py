"""The rules of a scorecard: every fault of a card at once, in Chinese and English."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from gridkit.errors import Problem
from gridkit.profile.card_inputs import INPUTS, REFUSED, Kind

if TYPE_CHECKING:
    from gridkit.profile.card import Action, Factor, Part, Scorecard

_KIND_OF_PART: Mapping[str, Kind] = {"levels": "code", "flags": "many", "bins": "number"}


def refuse(faults: Iterable[str]) -> None:
    """Raise all faults as one, if there are any.

    Raises
    ------
    ValueError
        With every fault, each as "zh / en", parted by semicolons.
    """
    if found := list(faults):
        raise ValueError("; ".join(found))


def repeated(codes: Iterable[str]) -> str:
    """Name the codes that occur more than once, parted by commas."""
    return ", ".join(f"`{code}`" for code, n in Counter(codes).items() if n > 1)


def factor_faults(factor: Factor) -> Iterator[str]:
    """Yield what is wrong with one factor: bounds, signs, inputs, codes, words."""
    name = f"`{factor.id}`"
    if not factor.min <= 0 <= factor.max or bool(factor.min) == bool(factor.max):
        yield (
            f"因素 {name} 只能加分 (min = 0) 或只能减分 (max = 0) / "
            f"factor {name} must only add (min = 0) or only take away points (max = 0)"
        )
    if twice := repeated(part.input for part in factor.parts):
        yield f"因素 {name} 重复的输入: {twice} / factor {name}: inputs given twice: {twice}"
    for text in factor.texts:
        if REFUSED.search(text):
            yield f"不得以“{text}”计分 (R3, R9, R10) / “{text}” must not be scored (R3, R9, R10)"
    for part in factor.parts:
        yield from _input_faults(part)
        for points in sorted({entry.points for entry in part.entries}):
            if not factor.min <= points <= factor.max:
                yield (
                    f"分值 {points} 超出因素 {name} 的 {factor.min} 至 {factor.max} / "
                    f"{points} points lie outside factor {name}: {factor.min} to {factor.max}"
                )


def _input_faults(part: Part) -> Iterator[str]:
    name = f"`{part.input}`"
    known = INPUTS.get(part.input)
    if known is None:
        yield (
            f"{name} 不是可用的输入 (对事不对人), 可用: {', '.join(INPUTS)} / "
            f"{name} is no input that a card may use: the matter, never the person"
        )
    elif known.kind != _KIND_OF_PART[part.kind]:
        yield (
            f"输入 {name} ({known.kind}) 不能按 {part.kind} 计分 / "
            f"input {name} ({known.kind}) cannot be scored by {part.kind}"
        )
    if part.kind != "bins" and (twice := repeated(entry.code for entry in part.entries)):
        yield f"{name} 重复的代码: {twice} / {name}: codes given twice: {twice}"


def action_faults(action: Action) -> Iterator[str]:
    """Yield what is wrong with one action: nothing changed, unknown or unfit inputs."""
    name = f"`{action.id}`"
    changed = [*action.sets, *action.adds]
    if not changed:
        yield f"措施 {name} 未改变任何输入 / action {name} changes no input"
    if "safety" in changed:
        yield (
            f"措施 {name} 不得改动险情: 险情须到现场解除 / "
            f"action {name} must not change `safety`: danger is ended on the spot"
        )
    if twice := repeated(changed):
        yield f"措施 {name} 两次改动 {twice} / action {name} changes {twice} twice"
    kinds = {
        key: INPUTS[key].kind if key in INPUTS else None for key in (*action.when, *changed)
    }
    unfit = [key for key, kind in kinds.items() if kind is None]
    unfit += [k for k, v in action.sets.items() if (kinds[k] == "number") == isinstance(v, str)]
    unfit += [k for k in action.adds if kinds[k] in {"code", "number"}]
    unfit += [k for k in action.when if kinds[k] == "number"]
    for key in dict.fromkeys(unfit):
        yield (
            f"措施 {name}: `{key}` 不是可用的输入, 或值的类型不符 / "
            f"action {name}: `{key}` is no input, or takes another kind of value"
        )


def card_faults(card: Scorecard) -> Iterator[str]:
    """Yield what is wrong between the factors, bands, override and actions of a card."""
    used = [part.input for factor in card.factors for part in factor.parts]
    for zh, en, codes in (
        ("因素", "factors", (factor.id for factor in card.factors)),
        ("措施", "actions", (action.id for action in card.actions)),
        ("等级", "bands", (band.code for band in card.bands)),
        ("计分的输入", "scored inputs", used),
    ):
        if twice := repeated(codes):
            yield f"重复的{zh}: {twice} / {en} given twice: {twice}"
    if card.override.input in used:
        yield (
            f"`{card.override.input}` 只作险情优先, 不再计分 / "
            f"`{card.override.input}` overrides; it must not be scored as well"
        )
    yield from _band_faults(card)
    for action in card.actions:
        yield from _stray_faults(action, card)


def _stray_faults(action: Action, card: Scorecard) -> Iterator[str]:
    scored = _scored_codes(card)
    for name, value in (*action.when.items(), *action.sets.items(), *action.adds.items()):
        known = {"none", *scored[name]} if name in scored else {value}
        if name not in card.inputs or value not in known:
            yield (
                f"措施 `{action.id}`: 本卡不看 `{name}` 的 `{value}` / "
                f"action `{action.id}`: this card does not look at `{value}` of `{name}`"
            )


def _band_faults(card: Scorecard) -> Iterator[str]:
    if card.floor >= card.ceiling:
        yield "floor 须小于 ceiling / `floor` must be below `ceiling`"
    above = [band.above for band in card.bands]
    if any(a <= b for a, b in pairwise(above)):
        yield (
            "等级须从最急到最缓排列, above 逐级减小 / "
            "bands go from most urgent down, each `above` lower than the one before"
        )
    if above[-1] >= card.floor:
        yield (
            f"最缓等级的 above 须小于 floor ({card.floor}) / "
            f"the last band's `above` must be below `floor` ({card.floor})"
        )
    if card.override.band != card.bands[0].code:
        yield (
            f"险情须列入最急等级 `{card.bands[0].code}` / "
            f"the override's band must be the most urgent one, `{card.bands[0].code}`"
        )


def code_problems(card: Scorecard, tables: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """Yield where the card's codes and the choice tables differ, both ways."""
    scored = _scored_codes(card)
    for name in sorted(scored.keys() & tables.keys()):
        silent = {"none"} if INPUTS[name].kind == "many" else set()
        for code in sorted(scored[name] - set(tables[name])):
            yield Problem(
                name,
                code,
                "评分卡用到此代码, 选项表没有",
                "is on the card, not in the choice table",
            )
        for code in sorted(set(tables[name]) - scored[name] - silent):
            yield Problem(
                name,
                code,
                "选项表有此代码, 评分卡没有",
                "is in the choice table, not on the card",
            )


def _scored_codes(card: Scorecard) -> dict[str, set[str]]:
    scored: dict[str, set[str]] = {
        card.override.input: {flag.code for flag in card.override.flags}
    }
    for part in chain.from_iterable(factor.parts for factor in card.factors):
        if part.kind != "bins":
            scored[part.input] = {entry.code for entry in part.entries}
    return scored
