"""The weekly warning in words: each cluster, the week as a whole, and the burden of alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gridkit.hotspots.study import ALL
from gridkit.hotspots.weekly_run import LEAST_WEEKS, Run

if TYPE_CHECKING:
    from gridkit.hotspots.alarm_rule import AlarmRule
    from gridkit.hotspots.names import Names


def cluster_words(row: pd.Series, names: Names, mine: pd.DataFrame, lang: str) -> str:
    """Say a cluster and the concerns in it: where, since when, how many, how often by chance."""
    made_of = mine["demand_type"]
    fresh = int((mine["heard_on"] > row["to"] - pd.Timedelta(days=7)).sum())
    center = names.grids[row["center"]]
    weeks = ((row["to"] - row["from"]).days + 1) // 7
    ratio = row["observed"] / row["expected"]
    least = row["p_one"] * (row["replicas"] + 1) < 1.5  # no replica did as well
    often = _interval(7 / row["p"], lang)
    kinds = _kinds(made_of, names, lang) if row["category"] == ALL else ""
    if lang == "zh":
        where = center if "网格" in center else f"网格 {center}"
        if row["places"] > 1:
            where = (
                f"以{center}为中心 {_meters(row['radius_m'], lang)}内 {row['places']} 个网格"
            )
        return (
            f"{row['from']:%Y-%m-%d} 至 {row['to']:%m-%d} ({weeks} 周), {where}: "
            f"{row['observed']} 件, 预期 {row['expected']:.1f} 件 ({ratio:.1f} 倍){kinds}; "
            f"本周 {fresh} 件{'' if fresh else ', 或已平息'}。"
            f"若全属偶然, 每周检验{'至少' if least else '约'} {often}才有一次这样强的。"
        )
    where = center if "网格" in center else f"grid {center}"
    if row["places"] > 1:
        where = f"{row['places']} grids within {_meters(row['radius_m'], lang)} of {center}"
    return (
        f"{row['from']:%Y-%m-%d} to {row['to']:%m-%d} ({weeks} weeks), {where}: "
        f"{row['observed']} cases, {row['expected']:.1f} expected ({ratio:.1f} times){kinds}; "
        f"{fresh or 'none'} this week{'' if fresh else ', so it may be over'}. "
        f"By chance once in {'at least ' if least else ''}{often} of weekly runs."
    )


def _kinds(made_of: pd.Series, names: Names, lang: str) -> str:
    """Name the demand types that make up a fifth of a cluster of all types."""
    counted = made_of.astype("str").value_counts()
    large = counted[counted >= max(2, 0.2 * counted.sum())].head(3)
    known = {code: n for code, n in large.items() if code in names.types}
    if not known:
        return ""
    said = [f"{names.of_type(str(code), lang)} {n}" for code, n in known.items()]
    return (", 主要是" + "、".join(said)) if lang == "zh" else ", mainly " + ", ".join(said)


def _interval(days: float, lang: str) -> str:
    if days < 730:
        months = max(1, round(days / 30.44))
        return f"{months} 个月" if lang == "zh" else f"{months} months"
    years = days / 365.25
    shown = f"{years:.1f}" if years < 10 else f"{years:.0f}"
    return f"{shown} 年" if lang == "zh" else f"{shown} years"


def _meters(meters: float, lang: str) -> str:
    if meters < 1000:
        return f"{meters:.0f} 米" if lang == "zh" else f"{meters:.0f} m"
    return f"{meters / 1000:.1f} 公里" if lang == "zh" else f"{meters / 1000:.1f} km"


def week_words(run: Run, clusters: pd.DataFrame, ended: int, lang: str) -> str:
    """Say the week as a whole; a quiet week is said to be quiet."""
    if run.scans.empty:
        if run.weeks < LEAST_WEEKS:
            return (
                f"台账只有 {run.weeks} 个整周, 不足 {LEAST_WEEKS} 周, 还无从比较。"
                if lang == "zh"
                else f"The ledger has {run.weeks} full weeks; {LEAST_WEEKS} are needed to compare."
            )
        return (
            "诉求太少, 没有一类够做检验。"
            if lang == "zh"
            else "Too few concerns: no type could be scanned."
        )
    tested = len(run.scans)
    if clusters.empty:
        zh = f"本周没有难以用偶然解释的聚集 (检验了 {tested} 项)。"
        en = f"No cluster this week that chance would hardly make ({tested} scans)."
    else:
        counted = clusters["status"].value_counts()
        parts = [
            (counted.get(code, 0), zh, en)
            for code, zh, en in (
                ("new", "新出现", "new"),
                ("grew", "扩大", "grew"),
                ("ongoing", "持续", "ongoing"),
            )
        ]
        zh = f"本周有 {len(clusters)} 处聚集难以用偶然解释: "
        zh += ", ".join(f"{name} {n}" for n, name, _ in parts if n) + "。"
        en = f"{len(clusters)} clusters this week that chance would hardly make: "
        en += ", ".join(f"{n} {name}" for n, _, name in parts if n) + "."
    if ended:
        zh += f"上周的 {ended} 处已不再显著 (不等于已经解决)。"
        en += f" {ended} of last week's are no longer significant, which is not the same as solved."
    return zh if lang == "zh" else en


def burden_words(burden: pd.DataFrame, rule: AlarmRule, lang: str) -> str:
    """Say how often the rule raised an alarm this year, and how often chance alone would."""
    scanned = burden[burden["scans"] > 0]
    weeks, alarmed = len(scanned), int((scanned["alarms"] > 0).sum())
    total, new = int(scanned["alarms"].sum()), int(scanned["new"].sum())
    chance = rule.alpha * weeks
    if lang == "zh":
        return (
            f"1 月 1 日以来检验 {weeks} 周, {alarmed} 周有报警, 先后新出现 {new} 处 "
            f"(逐周累计 {total} 处次)。即使一切只是偶然, 按此规则也约有 {chance:.1f} 周误报; "
            "同一处反复反映、成批登记的, 会更多。"
        )
    return (
        f"Of {weeks} weeks since 1 January {alarmed} raised an alarm: {new} clusters were new "
        f"({total} counted week by week). By chance alone about {chance:.1f} weeks would, more "
        "where one place reports again and again or concerns come in batches."
    )


def method_words(run: Run, rule: AlarmRule, lang: str) -> str:
    """Say which model judged, why, and what was done about many scans."""
    seasonal = bool((run.scans["model"] == "seasonal").any())
    k = len(run.scans)
    if lang == "zh":
        why = (
            "与各网格往年同期相比 (有户数, 且此前有两年以上记录), 季节性的高低不报警"
            if seasonal
            else "时空置换检验: 与同一网格的其他周、同一周的其他网格相比, 不需要户数; "
            "全县同起同落 (季节、节日) 不报警"
        )
        return (
            f"比较最近 {run.weeks} 周, 聚集须延续到本周, 最早始于 {rule.weeks} 周前。{why}。"
            f"各类合计与分类共检验 {k} 项, p 值已乘以 {k}, 免得检验多了误报也多。"
        )
    why = (
        "Counts are compared with each grid's same season of earlier years"
        if seasonal
        else "Space-time permutation: each grid against its other weeks, each week against the "
        "other grids; households are not needed, and what all grids share raises no alarm"
    )
    return (
        f"{run.weeks} weeks are compared; clusters reach to this week and began {rule.weeks} "
        f"weeks ago at most. {why}. {k} scans were made, so each p is taken {k} times."
    )
