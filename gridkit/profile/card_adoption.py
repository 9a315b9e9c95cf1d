"""Adopting a card: a person's act, with a version, a reason and a role; nothing is lost.

The card in force is `scorecard.toml` in a county's profile. Adopting another writes it to
`cards/VERSION.toml`, a line to `cards/adopted.jsonl` (version, hash, when, which role, why,
which hash it replaces), and only then into the place of the card in force. Version files
are never written twice, lines are only added; the first adoption also keeps the card that
was in force before.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

from gridkit.errors import ProfileError
from gridkit.profile.card import Scorecard
from gridkit.profile.profile import load_profile

CARD, CARDS, ADOPTED = "scorecard.toml", "cards", "adopted.jsonl"
BEFORE = "before-adoption"
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
_LEAST_REASON = 4


class Adoption(NamedTuple):
    """One adoption: what was put in force, when (UTC), by which role, and why."""

    version: str
    hash: str
    when: str
    by_role: str
    why: str
    replaces: str


def adopt_card(
    folder: str | Path,
    card: Scorecard,
    *,
    version: str,
    why: str,
    by_role: str,
    roles: tuple[str, ...],
) -> Scorecard:
    """Put a card in force in a county's profile.

    Parameters
    ----------
    folder : str or Path
        The profile's folder; made if it is not there.
    card : Scorecard
        Such as one tried in the workshop; a learned card, too, if a person wants it.
    version : str
        What it shall be called: up to 32 letters, digits, `.`, `_`, `-`.
    why : str
        The reason, at least four characters.
    by_role : str
        Who, as a role; never a name.
    roles : tuple of str
        The roles that there are (`records.spec.ROLES`).

    Returns
    -------
    Scorecard
        As it is in force now, with its version.

    Raises
    ------
    ProfileError
        If there is no reason, no such role, the version exists or cannot be one, the same
        card is in force already, or the profile would not be sound with it; nothing was
        changed then.

    Examples
    --------
    >>> import tempfile
    >>> card = load_profile().scorecard
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     new = adopt_card(
    ...         folder, card, version="2026-1", why="县里开会定的", by_role="analyst",
    ...         roles=("analyst",),
    ...     )
    ...     [a.version for a in adoptions(folder)], load_profile(folder).scorecard.version
    (['2026-1'], '2026-1')
    """
    folder = Path(folder)
    _check(folder, version, why.strip(), by_role, roles)
    before = load_profile(folder if folder.is_dir() else None).scorecard
    chosen = Scorecard.model_validate(card.model_dump(by_alias=True) | {"version": version})
    kept = folder / CARDS
    kept.mkdir(parents=True, exist_ok=True)
    if not (kept / ADOPTED).exists() and not (kept / f"{BEFORE}.toml").exists():
        _write_new(kept / f"{BEFORE}.toml", card_text(before))
    _write_new(kept / f"{version}.toml", card_text(chosen))
    adoption = Adoption(
        version=version,
        hash=chosen.hash,
        when=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        by_role=by_role,
        why=why.strip(),
        replaces=before.hash,
    )
    with (kept / ADOPTED).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(adoption._asdict(), ensure_ascii=False) + "\n")
        lines.flush()
        os.fsync(lines.fileno())
    draft = folder / f".{CARD}.part"
    draft.write_text(card_text(chosen), encoding="utf-8")
    draft.replace(folder / CARD)
    return chosen


def adoptions(folder: str | Path) -> list[Adoption]:
    """List the adoptions of a profile, the oldest first.

    Raises
    ------
    ProfileError
        If the list cannot be read.
    """
    path = Path(folder) / CARDS / ADOPTED
    if not path.exists():
        return []
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [Adoption(**row) for row in rows]
    except (OSError, ValueError, TypeError) as fault:
        raise ProfileError(
            en=f"{CARDS}/{ADOPTED} cannot be read; take it from a backup, do not mend it by hand.",
            zh=f"{CARDS}/{ADOPTED} 读不了; 请从备份取回, 不要手工改。",
        ) from fault


def card_text(card: Scorecard) -> str:
    """Write a card as TOML that reads back as the same card.

    Examples
    --------
    >>> import tomllib
    >>> card = load_profile().scorecard
    >>> Scorecard.model_validate(tomllib.loads(card_text(card))).hash == card.hash
    True
    """
    raw = card.model_dump(mode="json", by_alias=True)
    tables = {key: raw.pop(key) for key in ("override", "factors", "actions")}
    lines = ["# 评分卡: 对事不对人。由 gridkit 写出; 以前的各版在 cards/ 里。"]
    lines += [f"{key} = {_value(value)}" for key, value in raw.items()]
    lines += ["", "[override]", *_entries(tables["override"])]
    for name in ("factors", "actions"):
        for entry in tables[name]:
            lines += ["", f"[[{name}]]", *_entries(entry)]
    return "\n".join(lines) + "\n"


def _entries(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items() if value is not None]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inside = (f"{_value(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return "{ " + ", ".join(inside) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _check(folder: Path, version: str, why: str, by_role: str, roles: tuple[str, ...]) -> None:
    if len(why) < _LEAST_REASON:
        raise ProfileError(
            en="A card is adopted with a reason: say in a sentence why.",
            zh="采纳评分卡要写理由: 请用一句话说明为什么。",
        )
    if by_role not in roles:
        raise ProfileError(
            en=f"`by_role` must be a role ({', '.join(roles)}), not a name.",
            zh=f"`by_role` 须为角色 ({', '.join(roles)}), 不是姓名。",
        )
    if not _VERSION.fullmatch(version):
        raise ProfileError(
            en="A version has up to 32 letters, digits, dots, dashes; such as 2026-1.",
            zh="版本号须为 32 位以内的字母、数字、点或短横, 如 2026-1。",
        )
    known = {path.stem.casefold() for path in (folder / CARDS).glob("*.toml")}
    if version.casefold() in known:
        raise ProfileError(
            en=f"Version {version} exists already; old versions are kept. Take another.",
            zh=f"版本 {version} 已经有了, 旧版不改; 请换一个版本号。",
        )


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ProfileError(
            en=f"{path.name} exists already; old versions are kept.",
            zh=f"{path.name} 已经有了, 旧版不改。",
        ) from None
