"""`gridkit clocks` and `gridkit step`: one matter's deadlines, and the next step on it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridkit.errors import DataError
from gridkit.terminal import DAY, Day, Folder, dated, opened, out, place_names, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from gridkit.profile import Profile
    from gridkit.records import Record, Store, Workspace
    from gridkit.triage import Matter

Matter_ = Annotated[str, typer.Argument(metavar="ID", help="编号, 或其开头、结尾几位 · its id")]
English = Annotated[bool, typer.Option("--english", help="用英文 · in English")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="例 example:  gridkit clocks 1f3c09ab")(clocks)
    app.command(
        epilog="例 example:  gridkit step 1f3c09ab routed --role centre_staff --unit 自来水公司"
    )(step)


def clocks(
    concern: Matter_,
    folder: Folder = None,
    on: Annotated[Day, typer.Option(formats=[DAY], help="截至哪天 · as of which day")] = None,
    *,
    english: English = False,
) -> None:
    """一件事的时限: 哪一条、到哪天、该谁办 · the clocks of one matter, and whose turn it is."""
    from gridkit.triage import deadlines_of, with_agreements

    lang = "en" if english else "zh"
    with opened(folder) as workspace:
        store = workspace.store
        day = on.date() if on else store.today()
        concerns = store.frame("concern")
        concern_id = one_of(concern, list(concerns.index))
        steps = store.frame("step")
        mine = with_agreements(
            steps[steps["concern_id"] == concern_id], _sessions(store, concern_id)
        )
        _matter_line(workspace, concerns.loc[[concern_id]].iloc[0], lang)
        _tell(store, concern_id, lang, on=day)
        listed = deadlines_of(concerns.loc[[concern_id]], mine, workspace.profile, day, lang)
        table = listed[["sentence", "turn"]].assign(
            started=dated(listed["started_on"]), due=dated(listed["due_on"])
        )
        names = {"sentence": "时限 clock", "turn": "该谁 turn"}
        names |= {"started": "起算 from", "due": "到期 due"}
        show(f"截至 {day} 的时限 · clocks", table.rename(columns=names))


def step(
    concern: Matter_,
    action: Annotated[
        str | None,
        typer.Argument(
            help="办理动作, 代码或中文; 不写则列出可办的 · the step; none lists them"
        ),
    ] = None,
    folder: Folder = None,
    *,
    role: Annotated[
        str | None, typer.Option(help="办理人的角色, 不是姓名 · role of who acts, never a name")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="责任单位, 代码或名称 · unit")] = None,
    joint: Annotated[
        list[str] | None, typer.Option(help="联办单位, 可多次 · unit that joins in")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="理由或答复内容 · reason, answer")] = None,
    content: Annotated[
        bool | None,
        typer.Option("--content/--not-content", help="回访: 群众是否满意 · at a follow-up"),
    ] = None,
    into: Annotated[
        str | None, typer.Option(metavar="ID", help="归并: 并入哪件事 · the root of a merge")
    ] = None,
    special: Annotated[
        bool, typer.Option("--special", help="特殊销号 (领导决定, 写明理由) · by exception")
    ] = False,
    on: Annotated[Day, typer.Option(formats=[DAY], help="日期, 默认今天 · the day")] = None,
) -> None:
    """办理一步: 分流、受理、答复、回访、销号 … · take one step on one matter."""
    from gridkit.triage import take_step

    with opened(folder) as workspace:
        store, profile = workspace.store, workspace.profile
        ids = list(store.frame("concern", columns=["grid_id"]).index)
        concern_id = one_of(concern, ids)
        if action is None:
            _tell(store, concern_id, "zh", role)
            return
        answers: dict[str, Any] = {
            "unit": _unit(unit, profile),
            "joint_units": [_unit(name, profile) for name in joint] if joint else None,
            "reason": reason,
            "satisfied": content,
            "into_id": one_of(into, ids) if into else None,
            "special": special or None,
        }
        taken = take_step(
            store,
            concern_id,
            _action(action),
            by_role=_role(role),
            on=on.date() if on else None,
            **{name: answer for name, answer in answers.items() if answer is not None},
        )
        out.print(f"已保存: {taken.receipt.recorded_at} · saved")
        _tell(store, concern_id, "zh", role)


def one_of(typed: str, ids: Sequence[str]) -> str:
    """Find the one matter whose id begins or ends with what was typed.

    Raises
    ------
    DataError
        If none has, or several have.
    """
    found = [one for one in ids if one.startswith(typed) or one.endswith(typed)]
    if len(found) != 1:
        raise DataError(
            zh=f"编号 “{typed}” 对应 {len(found)} 件诉求; 请核对或多写几位。",
            en=f"{len(found)} matters have an id that begins or ends so; check it, or give more.",
        )
    return found[0]


def _sessions(store: Store, concern_id: str) -> pd.DataFrame:
    """Give the sessions about one matter, as if each were about it alone."""
    held = store.frame("session", columns=["concern_ids", "agreed_on"])
    named = held["concern_ids"].astype("str").str.contains(concern_id, regex=False)
    mine: pd.DataFrame = held[named.fillna(value=False).to_numpy(dtype=bool)]
    return mine.assign(concern_ids=concern_id)


def _matter_line(workspace: Workspace, concern: pd.Series, lang: str) -> None:
    """Print what a matter is about, and where."""
    grid = str(concern["grid_id"])
    where = place_names(workspace).get(grid, grid)
    what = workspace.profile.label("demand_type", str(concern["demand_type"]), lang)
    out.print(f"{what} · {where} · {str(concern.name)[-8:]}", style="bold", markup=False)


def _tell(
    store: Store,
    concern_id: str,
    lang: str,
    role: str | None = None,
    on: dt.date | None = None,
) -> None:
    """Print where a matter stood on a day (now), its steps until then, and what may be next."""
    import pandas as pd

    from gridkit.records.spec import ROLES
    from gridkit.triage import state
    from gridkit.triage.moves import step_label, step_of
    from gridkit.triage.workflow import allowed_now

    case = store.case(concern_id)
    if case is None:
        return
    until = [taken for taken in case.steps if on is None or taken.record.on <= on]
    steps = [taken.record for taken in until]
    matter = state(steps, case.concern.record.heard_on)
    out.print(_headline(matter, store.profile, lang), markup=False, highlight=False)
    roles = {code: zh if lang == "zh" else en for code, zh, en in ROLES}
    rows = [
        (
            str(taken.record.on),
            step_label(
                step_of(
                    taken.record.action,
                    satisfied=taken.record.satisfied,
                    special=taken.record.special,
                ),
                lang,
            ),
            roles[taken.by_role],
            store.profile.label("unit", taken.record.unit, lang) if taken.record.unit else "",
            _note(taken.record, clash=number in matter.clashes),
        )
        for number, taken in enumerate(until)
    ]
    columns = ["日期 on", "办理 step", "角色 role", "单位 unit", "备注 note"]
    show("办理经过 · its steps", pd.DataFrame(rows, columns=columns))
    if role is not None:
        role = _role(role)
    named = [f"{a.zh} {a.step}" for a in allowed_now(matter, role)]
    who = f" ({roles[role]})" if role is not None else ""
    out.print(f"下一步可办 · next{who}: {', '.join(named) or '无 nothing'}", markup=False)
    if role is not None and len(named) < len(allowed_now(matter)):
        out.print(
            "别的角色还可办其他步骤: 去掉 --role 列出全部 · others may do more", style="dim"
        )


def _note(step: Record, *, clash: bool) -> str:
    """Say of a step what its row does not: that it was a clash, or where it merged to."""
    into = f"并入 into {step.into_id[-8:]}" if step.into_id else ""
    return " ".join(part for part in (into, "冲突, 未计入 clash" if clash else "") if part)


def _headline(matter: Matter, profile: Profile, lang: str) -> str:
    from gridkit.triage.moves import STATE

    now = STATE[matter.state]
    turn = profile.label("turn", matter.waiting_for, lang) if matter.waiting_for else ""
    if lang == "en":
        return f"State: {now.en}" + (f"; waiting for {turn}" if turn else "")
    return f"状态: {now.zh}" + (f"; 等待{turn}" if turn else "")


def _action(typed: str) -> str:
    from gridkit.records.spec import ACTIONS

    return _among(typed, ACTIONS, "办理动作", "steps")


def _role(typed: str | None) -> str:
    from gridkit.records.spec import ROLES

    return _among(typed or "", ROLES, "角色 (--role)", "roles (--role)")


def _among(typed: str, known: Sequence[tuple[str, str, str]], zh: str, en: str) -> str:
    """Give the code that a code or its Chinese label means.

    Raises
    ------
    DataError
        If it fits none; the message lists what there is.
    """
    for code, label, _ in known:
        if typed in {code, label}:
            return code
    listed = ", ".join(f"{code} {label}" for code, label, _ in known)
    raise DataError(
        zh=f"“{typed}” 不在{zh}中。可选: {listed}。", en=f"`{typed}` is none of the {en}."
    )


def _unit(typed: str | None, profile: Profile) -> str | None:
    """Give the code of a unit by its code, name or everyday name.

    Raises
    ------
    DataError
        If no unit has it.
    """
    if typed is None:
        return None
    found = profile.find(typed, "unit")
    if not found:
        raise DataError(
            zh=f"没有“{typed}”这个责任单位; 请看县情配置 units.toml。",
            en=f"There is no unit `{typed}`; see units.toml of the profile.",
        )
    return found[0].code
