"""What became of mails and playbooks, in the shape that `--json` and HTTP show."""

from collections.abc import Iterable

from pydantic import JsonValue

from activities.mail.results import PlaybookResult, Share


def in_json(found: Iterable[PlaybookResult]) -> list[JsonValue]:
    return [
        {
            "playbook": one.playbook,
            "runs": one.runs,
            "entered": _share(one.entered),
            "held_out": _share(one.held_out),
            "mails": [
                {"step": mail.step, "template": mail.template or None, **mail.counts, "goal": _share(mail.goal)}
                for mail in one.mails
            ],
        }
        for one in found
    ]


def _share(share: Share | None) -> JsonValue:
    return {"of": share.of, "reached": share.reached, "left": share.left} if share else None
