"""Reasons in plain words, what would lower a band, and the whole story of one concern."""

import datetime as dt
import itertools
import re
import tomllib
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from gridkit.errors import DataError
from gridkit.profile import load_profile
from gridkit.profile.card import Scorecard
from gridkit.triage import counterfactual, explain, explain_one, score
from gridkit.triage.sentences import Piece, compose

PROFILE = load_profile()
CARD = PROFILE.scorecard
CONTENT = tomllib.loads(
    (resources.files("gridkit.profile") / "default" / "scorecard.toml").read_text("utf-8")
)
ON = dt.date(2026, 6, 30)
CALM = {
    "harm": "none",
    "households_affected": 1,
    "people_affected": 3,
    "basic_need": "none",
    "safety": "none",
    "setting": "none",
    "hardening": "none",
    "works_in_days": None,
    "mitigation": "none",
    "clock_used": 0.1,
    "same_cause_n": 0,
    "response_gap": "none",
}
WATER = CALM | {
    "harm": "livelihood",
    "households_affected": 40,
    "basic_need": "water",
    "clock_used": 0.8,
    "response_gap": "no_owner",
    "setting": "dry_season",
    "mitigation": "temporary_supply",
}


def facts_of(*rows):
    """Make an inputs frame: c0, c1, ..."""
    index = pd.Index([f"c{i}" for i in range(len(rows))], dtype="str")
    return pd.DataFrame(rows, columns=list(CALM)).set_axis(index)


def told(row, lang="zh"):
    """Get the sentence of one concern."""
    facts = facts_of(row)
    return explain(facts, score(facts, CARD), CARD, lang).iloc[0]


def change_of(row, lang="zh"):
    """Get what would lower the band of one concern."""
    facts = facts_of(row)
    return counterfactual(facts, score(facts, CARD), CARD, lang).iloc[0]


@pytest.fixture(scope="module")
def many():
    """Draw 600 concerns that differ in everything."""
    rng = np.random.default_rng(5)

    def flags(codes):
        picked = [c for c in sorted(codes) if rng.random() < 0.3]
        return rng.choice([None, " ".join(picked) or "none"], p=[0.1, 0.9])

    entries = {
        part["input"]: [e["code"] for e in part.get("flags", part.get("levels"))]
        for factor in CONTENT["factors"]
        for part in factor["parts"]
        if part["kind"] != "bins"
    }
    rows = [
        {
            **{
                name: flags(set(codes) - {"none"})
                for name, codes in entries.items()
                if name not in {"harm", "response_gap"}
            },
            "harm": rng.choice([None, *entries["harm"]]),
            "response_gap": rng.choice(entries["response_gap"]),
            "safety": rng.choice([None, "none", "violence"], p=[0.1, 0.8, 0.1]),
            "households_affected": rng.choice([None, 1, 4, 12, 40, 100, 999]),
            "people_affected": rng.choice([None, 3, 90]),
            "works_in_days": rng.choice([None, -3, 4, 20, 90]),
            "clock_used": rng.choice([np.nan, 0.2, 0.6, 0.9, 1.2, 2.0]),
            "same_cause_n": rng.choice([0, 1, 3, 7, 20]),
        }
        for _ in range(600)
    ]
    return facts_of(*rows)


def test_reasons_are_one_plain_sentence():
    """Band and points, the three strongest reasons, what eases it, and that a person decides."""
    assert told(WATER) == (
        "建议橙色 (48 分): 家中断水 (+15), 影响生计 (+10), 影响 21–50 户 (+9); "
        "已临时供应 (−5)。由人决定。"
    )
    assert told(WATER, "en") == (
        "Advice: orange (48 points): no water at home (+15), livelihood affected (+10), "
        "21–50 households affected (+9); temporary supply in place (−5). A person decides."
    )


def test_danger_is_said_first():
    """A danger is the first of the three reasons, and the sentence says that it overrides."""
    assert told(WATER | {"safety": "house_unsafe"}) == (
        "建议红色 (险情优先, 48 分): 房屋有安全险情, 家中断水 (+15), 影响生计 (+10); "
        "已临时供应 (−5)。由人决定。"
    )
    assert told(CALM | {"safety": "child_at_risk violence"}, "en") == (
        "Advice: red (danger first, 0 points): violence or a threat of it, a child at risk. "
        "A person decides."
    )


def test_nothing_to_say_is_said():
    """A concern without points says so."""
    assert told(CALM) == "建议蓝色 (0 分): 没有加分因素。由人决定。"


def test_missing_answers_are_said():
    """What was not asked is counted, with the band that it could lead to."""
    assert told(CALM | {"safety": None, "setting": None}) == (
        "建议蓝色 (0 分): 没有加分因素; 缺 2 项回答, 最高可为红色。由人决定。"
    )
    assert told(CALM | {"setting": None}, "en") == (
        "Advice: blue (0 points): no factor adds points; "
        "1 not answered, the band would not rise. A person decides."
    )


def test_several_flags_are_one_reason():
    """The codes of one factor are one reason, with the factor's points together."""
    row = CALM | {"hardening": "party_refuses works_soon", "works_in_days": 5}

    assert "即将动工、一方不愿协商、7 天内动工 (+10)" in told(row)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_reasons_are_the_strongest(many, lang):
    """In each sentence stand the largest points, in order, and every point taken away."""
    scores = score(many, CARD)
    sentences = explain(many, scores, CARD, lang)
    adding = [f"pts_{f.id}" for f in CARD.factors if f.max > 0]

    for (_, row), sentence in zip(scores.iterrows(), sentences, strict=True):
        strongest = sorted((p for p in row[adding] if p > 0), reverse=True)
        expected = strongest[: 2 if row["override"] else 3]
        assert [int(p) for p in re.findall(r"\(\+(\d+)\)", sentence)] == expected
        eased = [int(p) for p in re.findall(r"\(−(\d+)\)", sentence)]
        assert eased == [-row["pts_mitigation"]] * (row["pts_mitigation"] < 0)
        band = next(b for b in CARD.bands if b.code == row["band"])
        assert getattr(band, lang) in sentence
        assert re.search(rf"\b{row['score']} (分|points)", sentence)
        assert sentence.endswith(("由人决定。", "A person decides."))


def test_ties_follow_the_order_of_the_card():
    """Of equal points, the factor that the card names first is said first."""
    row = CALM | {"basic_need": "water", "clock_used": 3.0, "response_gap": "returned_twice"}

    assert told(row).index("断水") < told(row).index("逾期") < told(row).index("退回")


def test_no_sentence_speaks_of_petitioning(many):
    """No reason is about petitioning, temper or a person (R1, R9, R10)."""
    sentences = explain(many, score(many, CARD), CARD)

    assert not sentences.str.contains("上访|信访|情绪|偏激|重点人|稳控").any()


def test_counterfactual_names_the_smallest_action():
    """The least effort that lowers the band is named, with the band it leads to."""
    assert change_of(WATER | {"mitigation": "none", "clock_used": 0.1}).tolist() == [
        "assign",
        37,
        "yellow",
        "若今日派工, 降至黄色",
    ]
    assert change_of(WATER | {"clock_used": 1.0}, "en")["text"] == (
        "drops to yellow if it is assigned and answered today"
    )


def test_counterfactual_joins_two_actions_where_one_is_not_enough():
    """A pair is proposed only when no single action lowers the band."""
    row = (
        CALM
        | {"harm": "life", "basic_need": "water", "clock_used": 0.8}
        | {
            "setting": "old_building",
            "hardening": "party_refuses",
            "households_affected": 999,
        }
    )

    change = change_of(row)

    assert (change["actions"], change["score"], change["band"]) == (
        "supply + answer",
        57,
        "orange",
    )
    assert change["text"] == "若先行临时供水, 且今日派工并答复, 降至橙色"


def test_counterfactual_waits_for_danger_to_end():
    """No paper act lowers the band while a danger lasts."""
    change = change_of(WATER | {"safety": "violence"})

    assert pd.isna(change["actions"])
    assert (change["band"], change["text"]) == ("red", "险情解除前保持红色")


def test_counterfactual_says_when_there_is_nothing_to_lower():
    """The least urgent band stays, and a band that no action lowers is said to."""
    assert change_of(CALM)["text"] == "已是最缓等级蓝色"
    assert change_of(CALM | {"harm": "life"})["text"] == "卡上的措施不足以降级, 保持黄色"


def act(row, actions):
    """Apply actions of the card's file to one row; None where one does not apply."""
    row = dict(row)
    before = dict(row)
    for action in actions:
        for name, code in action.get("when", {}).items():
            if pd.isna(before[name]) or code not in before[name].split():
                return None
        row |= action.get("sets", {})
        for name, code in action.get("adds", {}).items():
            held = set() if pd.isna(row[name]) else set(row[name].split()) - {"none"}
            row[name] = " ".join(sorted({code, *held}))
    return row


def test_counterfactual_is_what_scoring_again_gives(many):
    """Each proposal lowers the band when carried out, and nothing smaller would have."""
    sample = many.iloc[:80]
    scores = score(sample, CARD)
    changes = counterfactual(sample, scores, CARD)
    rank = [band.code for band in CARD.bands].index
    singles, pairs = ([*itertools.combinations(CONTENT["actions"], n)] for n in (1, 2))

    for label, row in sample.iterrows():
        tried = [(option, after) for option in singles + pairs if (after := act(row, option))]
        again = score(facts_of(*(after for _, after in tried)), CARD)
        before = scores.loc[label]
        better = [
            i for i, band in enumerate(again["band"]) if rank(band) > rank(before["band"])
        ]
        if before["override"] or not better:
            assert pd.isna(changes.loc[label, "actions"])
            assert (
                changes.loc[label, ["score", "band"]].tolist()
                == before[["score", "band"]].tolist()
            )
        else:
            first = better[0]
            ids = " + ".join(action["id"] for action in tried[first][0])
            assert changes.loc[label, "actions"] == ids
            assert (
                changes.loc[label, ["score", "band"]].tolist()
                == again.iloc[first][["score", "band"]].tolist()
            )


def test_card_without_actions_has_no_counterfactual():
    """A county may leave the actions out."""
    card = Scorecard.model_validate({**CONTENT, "actions": []})
    facts = facts_of(WATER)

    change = counterfactual(facts, score(facts, card), card).iloc[0]

    assert change["text"] == "卡上的措施不足以降级, 保持橙色"


def test_story_of_one_concern_is_that_of_the_frame(many):
    """The whole story holds the score, sentence and change that the frame gives the row."""
    scores = score(many, CARD)
    sentences = explain(many, scores, CARD)
    changes = counterfactual(many, scores, CARD)

    for label in many.index[:60]:
        story = explain_one(many, label, CARD, ON)
        row = scores.loc[label]
        assert (story.score, story.band, story.override) == (
            row["score"],
            row["band"],
            row["override"],
        )
        assert (story.sentence, story.counterfactual) == (
            sentences[label],
            changes.loc[label, "text"],
        )
        assert (story.score_low, story.score_high, story.band_high) == tuple(
            row[["score_low", "score_high", "band_high"]]
        )
        assert len(story.missing) == row["missing"]
        assert story.factors["points"].tolist() == row.filter(like="pts_").tolist()
        assert min(max(story.factors["points"].sum(), 0), 100) == story.score
        assert story.card_hash == CARD.hash


def test_story_gives_every_number_its_source():
    """Each factor tells what is on record, its bounds, why it counts, and whence."""
    story = explain_one(facts_of(WATER | {"setting": None}), "c0", CARD, ON, profile=PROFILE)

    table = story.factors
    assert table.loc["harm", ["factor", "value", "points", "most"]].tolist() == [
        "危害程度",
        "影响生计",
        10,
        25,
    ]
    assert table.loc["reach", "value"] == "影响户数 40, 影响人数 3"
    assert table.loc["setting", "value"] == "未问"
    assert table.loc["mitigation", "reason"] == "已临时供应 (−5)"
    assert (table["why"].str.len() > 0).all()
    assert (table["source"].str.len() > 0).all()
    assert not table["verified"].any()
    assert story.missing == ("setting",)
    assert story.missing_text == (
        "缺 1 项: 环境条件。补齐后分数在 45 至 50 之间, 最高可为橙色。"
    )


@pytest.mark.parametrize(
    ("lang", "advice"),
    [("zh", "以上为建议, 由人决定。"), ("en", "This is advice; a person decides.")],
)
def test_story_says_that_it_is_advice(lang, advice):
    """Printed, the story ends with who decides, and names the card's version and the day."""
    text = str(explain_one(facts_of(WATER), "c0", CARD, ON, lang))

    assert text.splitlines()[0] == told(WATER, lang)
    assert text.splitlines()[-1] == advice
    assert CARD.hash[:12] in text
    assert "2026-06-30" in text


def test_story_of_a_concern_that_is_not_there():
    """Somebody who asks for a matter that is struck off learns where to look."""
    with pytest.raises(DataError) as caught:
        explain_one(facts_of(WATER), "c7", CARD, ON)

    assert caught.value.en == (
        "`inputs` has no concern c7. It may be struck off, routed out, or heard later: "
        "see `triage.standing`."
    )


def test_sentences_that_read_the_same_are_one_category():
    """Different pieces can add up to one text; it is then one category."""
    first = Piece(np.array([0, 1, 0]), ["a", "ab"])
    second = Piece(np.array([0, 1, 1]), ["bc", "c"])

    made = compose([first, second], pd.RangeIndex(3))

    assert made.tolist() == ["abc", "abc", "ac"]
    assert sorted(made.cat.categories) == ["abc", "ac"]


def test_more_combinations_than_an_integer_can_number():
    """Eight pieces of six thousand texts each are still told apart."""
    rng = np.random.default_rng(3)
    texts = [f"{i:04d}" for i in range(6000)]
    codes = rng.integers(0, 6000, size=(8, 50))
    codes[:, 1] = codes[:, 0]

    made = compose([Piece(row, texts) for row in codes], pd.RangeIndex(50))

    assert made.tolist() == ["".join(texts[i] for i in column) for column in codes.T]
