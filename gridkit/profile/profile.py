"""A county's words and rules, read from TOML, checked, and never changed after.

The packaged files are the default. A folder overlays them file by file: one that is there
replaces the default of that name as a whole. All faults of all files come back at once.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from gridkit.errors import Problem, ProfileError, why_os
from gridkit.profile.card import Scorecard
from gridkit.profile.choices import Choice, Table, search
from gridkit.profile.clause import Channel, Clause
from gridkit.profile.faults import model_problems, near_names, toml_problem
from gridkit.profile.fields import Frozen, Label
from gridkit.profile.files import (
    ChecklistsFile,
    ClocksFile,
    ColorsFile,
    CountyFile,
    DemandsFile,
    DisputesFile,
    ReceptionsFile,
    RoutesFile,
    TablesFile,
    UnitsFile,
    inherit,
)
from gridkit.profile.office import Band, Checklist, Join, Reception, Route, Unit
from gridkit.profile.rules import problems

FILES: Mapping[str, type[BaseModel]] = {
    "county.toml": CountyFile,
    "demands.toml": DemandsFile,
    "disputes.toml": DisputesFile,
    "tables.toml": TablesFile,
    "units.toml": UnitsFile,
    "routes.toml": RoutesFile,
    "colors.toml": ColorsFile,
    "clocks.toml": ClocksFile,
    "receptions.toml": ReceptionsFile,
    "checklists.toml": ChecklistsFile,
    "scorecard.toml": Scorecard,
}


class Profile(Frozen):
    """What differs between counties: taxonomies, card, clocks, routes, bands.

    Examples
    --------
    >>> profile = load_profile()
    >>> profile.label("demand_type", "water"), profile.label("band", "red", lang="en")
    ('用水', 'Red')
    >>> [choice.code for choice in profile.find("停水", "demand_detail")]
    ['water_cut']
    """

    county_code: str
    name: Label
    grid_digits: int
    invented: bool
    photos: bool = False
    tables: tuple[Table, ...]
    bands: tuple[Band, ...]
    units: tuple[Unit, ...]
    routes: tuple[Route, ...]
    joins: tuple[Join, ...]
    clauses: tuple[Clause, ...]
    channels: tuple[Channel, ...]
    receptions: tuple[Reception, ...]
    checklists: tuple[Checklist, ...]
    scorecard: Scorecard

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return {table.name: table for table in self.tables}

    @cached_property
    def _clauses(self) -> dict[str, Clause]:
        return {clause.id: clause for clause in self.clauses}

    @cached_property
    def _routes(self) -> dict[tuple[str, str] | None, list[Route]]:
        """Return the rules by subject, those of the smallest division first."""
        found: dict[tuple[str, str] | None, list[Route]] = {}
        for route in sorted(self.routes, key=lambda one: -len(one.division or "")):
            found.setdefault(route.key, []).append(route)
        return found

    @cached_property
    def _parts(self) -> dict[str, tuple[Choice, ...]]:
        parts: dict[str, tuple[Choice, ...]] = {}
        for table in ("demand_detail", "dispute_code"):
            for choice in self.choices(table):
                if choice.parent:
                    parts[choice.parent] = (*parts.get(choice.parent, ()), choice)
        return parts

    @cached_property
    def route_out_codes(self) -> frozenset[str]:
        """The dispute codes that are handed to a statutory channel: never scored, never mapped.

        With a group all four-digit codes in it, also those that the profile does not list.

        Examples
        --------
        >>> codes = load_profile().route_out_codes
        >>> "15" in codes, "1502" in codes, "0904" in codes
        (True, True, False)
        """
        tables = ("dispute_group", "dispute_code")
        out = {c.code for table in tables for c in self.choices(table) if c.route_out}
        within = {f"{code}{i:02d}" for code in out if len(code) == 2 for i in range(100)}
        return frozenset(out | within)

    def table(self, name: str) -> Table:
        """Return a table with its title, source and choices.

        Raises
        ------
        ProfileError
            If no table has this name; the message lists those there are.
        """
        found = self._tables.get(name)
        if found is None:
            listed = ", ".join(self._tables)
            raise ProfileError(
                en=f"There is no table `{name}`. Tables: {listed}.",
                zh=f"没有名为 `{name}` 的选项表。现有: {listed}。",
            )
        return found

    def choices(self, table: str) -> tuple[Choice, ...]:
        """Return the choices of a table, in the order in which they are offered."""
        return self.table(table).choices

    def codes(self, table: str) -> tuple[str, ...]:
        """Return the codes of a table, in order."""
        return self.table(table).codes

    def label(self, table: str, code: str, lang: str = "zh") -> str:
        """Return what a code is called, in Chinese (`zh`) or English (`en`).

        A code that the table lacks is called so: a record of another device or an earlier
        year may hold it, and one such record must not stop the report of a whole county.

        Examples
        --------
        >>> profile = load_profile()
        >>> profile.label("demand_type", "water"), profile.label("demand_type", "tram")
        ('用水', '未知代码 tram')
        """
        choice = self.table(table).by_code.get(code)
        if choice is None:
            return f"unknown code {code}" if lang == "en" else f"未知代码 {code}"
        return choice.en if lang == "en" else choice.zh

    def find(self, text: str, table: str) -> tuple[Choice, ...]:
        """Return the choices that fit what was typed so far, the best first.

        Labels in both languages, what people say for it (`aka`) and codes are searched. A
        type is also found by its details: 停水 finds `water` among the demand types.

        Examples
        --------
        >>> [choice.zh for choice in load_profile().find("停水", "demand_type")]
        ['用水']
        """
        parts = self._parts if table in {"demand_type", "dispute_group"} else {}
        return tuple(search(text, self.choices(table), parts))

    def clause(self, clause_id: str) -> Clause:
        """Return a clause by its id; KeyError if there is none."""
        return self._clauses[clause_id]

    def route(
        self,
        demand_type: str,
        demand_detail: str | None = None,
        dispute_code: str | None = None,
        division: str = "",
    ) -> Route:
        """Return where a matter should go: the most exact rule that fits it.

        Dispute code, its group, detail, type, then the rule for the rest; of several for
        one subject, that of the smallest division that holds `division` (a division or
        grid code). A proposal: a human decides.

        Examples
        --------
        >>> profile = load_profile()
        >>> profile.route("water").to, profile.route("wages", dispute_code="0701").to
        ('water_company', 'labor_arbitration')
        """
        asked = (
            ("dispute", dispute_code),
            ("dispute", dispute_code[:2] if dispute_code else None),
            ("demand_detail", demand_detail),
            ("demand_type", demand_type),
        )
        keys = [*((name, code) for name, code in asked if code), None]
        rules = (route for key in keys for route in self._routes.get(key, ()))
        return next(one for one in rules if division.startswith(one.division or ""))

    @property  # not cached: `model_copy` would carry the old one over
    def hash(self) -> str:
        """Return the SHA-256 of all that the profile says, whatever files said it."""
        content = self.model_dump(mode="json")
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def load_profile(folder: Path | str | None = None) -> Profile:
    """Read a county's profile and check all of it.

    Parameters
    ----------
    folder : Path or None
        Files there replace the packaged default of the same name, each as a whole; what is
        not there is the default. None is the default alone (an invented county).

    Returns
    -------
    Profile
        Frozen; the default is read once.

    Raises
    ------
    ProfileError
        If a file cannot be read, is not TOML, has a key that is not known or a value that
        does not fit, or if two parts contradict each other. `problems` names all faults.

    Examples
    --------
    >>> profile = load_profile()
    >>> profile.name.zh, profile.county_code, profile.invented
    ('青溪县', '990428', True)
    """
    if folder is None:
        return _default()
    folder = Path(folder)
    if not folder.is_dir():
        raise ProfileError(
            en=f"There is no folder {folder}. Give the folder that holds the profile's .toml files.",
            zh=f"找不到文件夹 {folder}。请给出存放县情配置 (.toml) 的文件夹。",
        )
    return _assemble(folder)


@cache
def _default() -> Profile:
    return _assemble(None)


def _assemble(folder: Path | None) -> Profile:
    faults: list[Problem] = [*_strays(folder)] if folder else []
    parts: dict[str, Any] = {}
    for name, model in FILES.items():
        part = _read(name, model, folder, faults)
        if part is not None:
            parts[name] = part
    if len(parts) == len(FILES):
        profile = _join(parts)
        faults += problems(profile)
        if not faults:
            return profile
    where = folder or "gridkit/profile/default"
    raise ProfileError(
        en=f"The profile in {where} has {len(faults)} fault(s); nothing was loaded. Correct:",
        zh=f"县情配置 {where} 有 {len(faults)} 处错误, 未载入。请逐一改正:",
        problems=faults,
    )


def _strays(folder: Path) -> Iterable[Problem]:
    """Yield the files that look like part of a profile and would be passed over in silence."""
    for path in sorted(folder.glob("*.toml")):
        if path.name not in FILES:
            zh, en = near_names(path.name, FILES)
            yield Problem(path.name, "-", f"不是配置文件名{zh}", f"is no profile file{en}")


def _read(
    name: str, model: type[BaseModel], folder: Path | None, faults: list[Problem]
) -> BaseModel | None:
    try:
        text = _text(name, folder)
        content = tomllib.loads(text)
    except UnicodeDecodeError:
        said = "不是 UTF-8 编码; 请在编辑器中另存为 UTF-8", "is not UTF-8; save it as UTF-8"
        faults.append(Problem(name, "-", *said))
    except OSError as error:
        faults.append(
            Problem(
                name, "-", f"无法读取 ({why_os(error)})", f"cannot be read ({error.strerror})"
            )
        )
    except tomllib.TOMLDecodeError as error:
        faults.append(toml_problem(name, text, error))
    else:
        try:
            return model.model_validate(inherit(name, content))
        except ValidationError as error:
            faults.extend(model_problems(name, content, model, error))
    return None


def _text(name: str, folder: Path | None) -> str:
    own = folder / name if folder else None
    file = own if own and own.exists() else resources.files(__package__) / "default" / name
    return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")


def _join(parts: Mapping[str, Any]) -> Profile:
    county = parts["county.toml"]
    units, colors = parts["units.toml"], parts["colors.toml"]
    return Profile(
        county_code=county.code,
        name=Label(zh=county.zh, en=county.en),
        grid_digits=county.grid_digits,
        invented=county.invented,
        photos=county.photos,
        tables=(
            *parts["demands.toml"].tables(),
            *parts["disputes.toml"].tables(),
            *parts["tables.toml"].tables(),
            _listing("unit", Label(zh="责任单位", en="Responsible unit"), units, units.unit),
            _checklist_items(parts["checklists.toml"]),
            _listing("band", Label(zh="等级", en="Band"), colors, colors.band),
        ),
        bands=colors.band,
        units=units.unit,
        routes=parts["routes.toml"].route,
        joins=parts["routes.toml"].join,
        clauses=parts["clocks.toml"].clause,
        channels=parts["clocks.toml"].channel,
        receptions=parts["receptions.toml"].reception,
        checklists=parts["checklists.toml"].checklist,
        scorecard=parts["scorecard.toml"],
    )


def _checklist_items(file: ChecklistsFile) -> Table:
    """Return the lines of all checklists as a choice table: `six_fixed_leader`."""
    return Table(
        name="checklist_item",
        zh="清单项目",
        en="Item of a checklist",
        source=file.source,
        verified=file.verified,
        many=True,
        choices=(
            Choice(code="none", zh="尚未落实", en="None yet", source=file.source),
            *(
                Choice(
                    code=f"{checklist.code}_{item.code}",
                    zh=f"{checklist.zh}: {item.zh}",
                    en=f"{checklist.en}: {item.en}",
                    source=checklist.source,
                    verified=checklist.verified,
                )
                for checklist in file.checklist
                for item in checklist.items
            ),
        ),
    )


def _listing(name: str, title: Label, file: Any, entries: Iterable[Unit | Band]) -> Table:
    """Return units or bands as a choice table."""
    return Table(
        name=name,
        zh=title.zh,
        en=title.en,
        source=file.source,
        verified=file.verified,
        choices=tuple(
            Choice(
                code=entry.code,
                zh=entry.zh,
                en=entry.en,
                aka=getattr(entry, "aka", ()),
                source=entry.source,
                verified=entry.verified,
            )
            for entry in entries
        ),
    )
