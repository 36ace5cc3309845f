"""Cards in Slack's blocks, held to Slack's own models and to the limits of its reference."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from activities.slack.card_blocks import blocks, text
from activities.slack.history import told
from activities.store.tasks import TaskEvent
from tests.support.cards import NOW, seen_by
from tests.support.playbooks import setting

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
anything = st.one_of(
    st.text(LETTERS, max_size=40), st.text("&<>*~`_ \n", max_size=4_000), st.text("ä😀", max_size=4_000)
)


def texts(block):
    parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
    return [one["text"]["text"] if isinstance(one["text"], dict) else one["text"] for one in parts if one]


@settings(deadline=None)  # the first card reads the workspace
@given(title=anything, name=anything, instructions=anything, viewer=st.sampled_from(["ana", "max", None]))
def test_a_card_is_within_slacks_limits_whatever_the_names(title, name, instructions, viewer):
    card = seen_by(viewer, title=title, instructions=instructions, fields={"name": f"A{name}"})

    drawn = blocks(card)

    for block in drawn:
        Block.parse(block).validate_json()
        assert all(len(one) <= (3_000 if "text" in block else 2_000) for one in texts(block))
    assert len(drawn) <= 50
    assert len(json.dumps(drawn, ensure_ascii=False)) < 10_000
    assert 0 < len(text(card)) <= 4_000


@given(name=anything)
def test_a_name_mentions_nobody_and_makes_no_link(name):
    card = seen_by("ana", title=f"<!channel> <@U0ANA> {name}", fields={"name": f"<https://evil.test|{name}"})

    marked = [one for block in blocks(card) if block["type"] != "actions" for one in texts(block)]

    assert "<" not in "".join(marked).replace("<!date^", "")
    assert "<" not in text(card)


def test_the_name_leads_to_the_account_where_policy_says_so():
    linked = replace(seen_by("ana", fields={"name": "A|B & Co"}), link="https://crm.test/?id=a&tab=1")

    [figures] = [block["fields"] for block in blocks(linked) if "fields" in block]

    assert figures[0]["text"] == "*Account:* <https://crm.test/?id=a&amp;tab=1|A¦B &amp; Co>"


def test_a_button_says_what_it_acts_on_to_who_hears_it():
    [row] = [block for block in blocks(seen_by("ana")) if block["type"] == "actions"]

    assert [(one["text"]["text"], one["accessibility_label"], one["value"]) for one in row["elements"]] == [
        (said, f"{said}: Ring Acme", "t1") for said in ("Done", "Snooze", "Reassign", "Note")
    ]


def test_all_that_blocks_show_is_in_the_text_too():
    said = text(seen_by("ana", instructions="Ask for Kim"))

    assert said == (
        "Ring Acme. With Ana Diaz.\n"
        "Account: Acme; Tier: Growth; Stage: Adoption; ARR: $40,000; Renewal: 1 June 2026\n"
        "Due 4 March 2026, 22:00 UTC\n"
        "Ask for Kim\n"
        "Playbook: Low score · ring.\n"
        "You can: Done, Snooze, Reassign, Note."
    )


def test_what_is_closed_offers_nothing_and_is_struck_out():
    drawn = blocks(seen_by("ana", state="done", outcome="done", by="ana"))

    assert drawn[0]["text"]["text"] == "~Ring Acme~\nDone by Ana Diaz"
    assert [block["type"] for block in drawn] == ["section", "context"]


def test_what_people_did_is_told_in_words():
    people = setting().people
    said = [
        told(TaskEvent("t1", NOW, verb, "ana", fields), people)
        for verb, fields in [
            ("note", {"note": "Kim is <away>\nuntil Friday"}),
            ("reassign", {"to": "ben", "note": "yours"}),
            ("complete", {"outcome": "at_risk"}),
            ("complete", {"outcome": "refused"}),
            ("complete", {"outcome": "approved", "edited": True}),
            ("snooze", {"until": "2026-03-09T09:00:00Z"}),
        ]
    ]

    assert said == [
        "Ana Diaz:\n>Kim is &lt;away&gt;\n>until Friday",
        "Ana Diaz gave it to Ben Okoro.\n>yours",
        "Ana Diaz closed it: at risk.",
        "Ana Diaz declined it.",
        "Ana Diaz approved it with changes.",
        "Ana Diaz put it off until <!date^1773046800^{date_short_pretty} at {time}|9 March 2026, 09:00 UTC>.",
    ]
