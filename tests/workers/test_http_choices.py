"""Customers unsubscribe and choose by the link in a mail: never by looking, and never somebody else's."""

import re
import uuid
from dataclasses import replace

import pytest

from activities import erasing, erasing_contact
from activities.applied import texts_of
from activities.mail import sendgrid_events
from activities.mail.links import Links
from activities.store import effects, facts, mail_events, suppressions, versions
from tests.support.callers import ELSEWHERE, caller
from tests.support.driving import drive
from tests.support.hosts import NOW, HandClock, acme, host_on, only_run, playbook, tell
from tests.support.sendgrid_posts import event
from tests.support.workspaces import FOLDER
from workers.http.choicewords import WORDS

START = "start: {when: metrics.nps.value < 5}\n"
LINKS = Links(("s" * 32,), "https://cs.ours.test")
TOPICS = """
topics:
  product: {title: {en: News, de: Neues}}
  events: {title: Events}
  billing: {title: Billing, essential: true}
"""
STEPS = """
  - sequence: news
    to: champion
    mails:
      - {subject: One, text: Hello, topic: product}
      - {after: 5 days, subject: Two, text: Hello, topic: product}
"""
KIM = "kim@acme.test"


@pytest.fixture
def made(sqlite):
    """Somebody far away, a host whose policy has three topics, and the mail whose link they have."""
    clock = HandClock()
    host = replace(host_on(sqlite, real=clock), links=LINKS)
    policy = {**texts_of(FOLDER), "policy": TOPICS}
    plan = playbook(STEPS.replace(", topic: product", ""), start=START)
    host.database.write(lambda c: versions.apply(c, [plan], policy, at=NOW, by="test"))
    acme(host)
    tell(host, "acme", metric="nps", value=3)
    drive(host, clock, NOW)
    (mail,) = host.database.read(effects.listed)
    of_product = mail.effect.model_copy(update={"content": {**mail.effect.content, "topic": "product"}})
    host.database.write(lambda c: effects.change(c, mail.id, body=of_product.model_dump_json()))
    return caller(host, client=ELSEWHERE), host, clock, mail


def path(mail, page="unsubscribe"):
    return f"/{page}/{LINKS.token('choose', mail.id)}"


def left(host):
    topics = ("product", "events", "general")
    return [one for one in topics if host.database.read(lambda c, one=one: suppressions.opted_out(c, KIM, one))]


def told_of(host):
    kept = host.database.read(lambda c: facts.of_account(c, "acme", limit=None))
    return [one.data.get("topic") for one in kept if one.event == "mail_unsubscribed"]


def test_looking_at_the_link_changes_nothing_whatever_hangs_on_it(made):
    http, host, _, mail = made

    pages = [http.get(path(mail) + "?utm_source=mail&what=everything"), http.get(path(mail, "preferences"))]

    looked = [http.request("HEAD", path(mail, page)) for page in ("unsubscribe", "preferences")]

    assert [one.status_code for one in (*pages, *looked)] == [200] * 4
    assert "k…@acme.test" in pages[0].text
    assert KIM not in pages[0].text + pages[1].text
    assert (left(host), told_of(host)) == ([], [])


ONE_CLICK = {"List-Unsubscribe": "One-Click"}


ONE_CLICKS = [
    {"data": ONE_CLICK},
    {"files": {"List-Unsubscribe": (None, "One-Click")}},
    {"content": b"List-Unsubscribe=One-Click\r\n"},
]


@pytest.mark.parametrize("form", ONE_CLICKS, ids=["form", "multipart", "as it is"])
def test_one_click_leaves_the_mails_topic_and_ends_what_writes_about_it(made, form):
    http, host, clock, mail = made

    answers = [http.post(path(mail), **form).status_code for _ in range(3)]
    drive(host, clock, NOW)

    assert answers == [200] * 3
    assert (left(host), told_of(host)) == (["product"], ["product"])
    assert only_run(host).run.outcomes["news"] == "unsubscribed"
    assert host.database.read(lambda c: mail_events.count(c, mail, "unsubscribed", NOW.replace(year=2020))) == 1


@pytest.mark.parametrize("said", [{}, {"what": "nothing"}, {"List-Unsubscribe": "Two-Click"}])
def test_a_post_that_says_nothing_asks_and_does_nothing(made, said):
    http, host, _, mail = made

    page = http.post(path(mail), data=said)

    assert (page.status_code, left(host)) == (200, [])
    assert 'value="everything"' in page.text


def undo(page):
    """The one form of a page that tells what was left."""
    return {"what": "undo", "since": re.findall(r'name="since" value="([^"]+)"', page.text)[0]}


def test_everything_can_be_left_and_taken_back(made):
    http, host, clock, mail = made
    of_topic = http.post(path(mail), data={"what": "topic"})
    clock.go(minutes=1)

    of_all = http.post(path(mail), data={"what": "everything"})
    everything = left(host)
    page = http.post(path(mail), data=undo(of_all))

    assert everything == ["product", "events", "general"]
    assert (left(host), page.status_code) == (["product"], 200)
    http.post(path(mail), data=undo(of_topic))
    assert left(host) == []


def test_a_click_that_changed_nothing_has_nothing_to_be_undone(made):
    http, host, clock, mail = made
    http.post(path(mail, "preferences"), data={"what": "save"})
    clock.go(minutes=1)

    again = http.post(path(mail), data=ONE_CLICK)
    pages = [again, *(http.get(path(mail, one)) for one in ("unsubscribe", "preferences"))]
    for since in ("", "yesterday", "0001-01-01T00:00:00+14:00", clock.at.isoformat()):
        http.post(path(mail), data={"what": "undo", "since": since})

    assert ["gets no more mail from us." in one.text for one in pages] == [True] * 3
    assert ('value="undo"' in again.text, 'value="everything"' in pages[1].text) == (False, False)
    assert left(host) == ["product", "events", "general"]


def test_a_topic_that_was_left_is_said_to_be_and_all_can_still_be_left(made):
    http, _, _, mail = made
    http.post(path(mail), data=ONE_CLICK)

    page = http.get(path(mail))

    assert "k…@acme.test gets no more mail about “News”." in page.text
    assert re.findall(r'name="what" value="(\w+)"', page.text) == ["everything"]


def test_undoing_a_click_takes_back_no_complaint(made):
    http, host, clock, mail = made
    sendgrid_events.take_in(host, [event("spamreport", mail.id, NOW, email=KIM)])
    clock.go(minutes=1)
    host.database.write(lambda c: suppressions.opt_in(c, KIM, ["", "product"]))

    http.post(path(mail), data=undo(http.post(path(mail), data=ONE_CLICK)))

    assert left(host) == []
    assert host.database.read(lambda c: suppressions.reason_of(c, KIM)) == "complained"


def test_preferences_are_the_topics_that_are_marked_and_no_others(made):
    http, host, _, mail = made

    page = http.post(
        path(mail, "preferences"), data={"what": "save", "topic": ["events", "general", "billing", "made up"]}
    )

    assert re.findall(r'value="(\w+)"( checked)?>', page.text) == [
        ("general", " checked"),
        ("product", ""),
        ("events", " checked"),
        ("save", ""),
    ]
    assert (left(host), told_of(host)) == (["product"], ["product"])


def test_without_a_mark_nothing_comes_any_more_and_a_mark_brings_it_back(made):
    http, host, _, mail = made

    http.post(path(mail, "preferences"), data={"what": "save"})
    nothing = left(host)
    http.post(path(mail, "preferences"), data={"what": "save", "topic": "product"})

    assert nothing == ["product", "events", "general"]
    assert (left(host), told_of(host)) == (["events", "general"], [None])


def test_a_new_address_of_theirs_is_meant_too(made):
    http, host, _, mail = made
    tell(host, "acme", contact={"id": "c1", "email": "kim@new.test"})

    page = http.post(path(mail), data={"what": "everything"})

    assert host.database.read(lambda c: suppressions.opted_out(c, "kim@new.test", "product"))
    http.post(path(mail), data=undo(page))
    assert not host.database.read(lambda c: suppressions.opted_out(c, "kim@new.test", "product"))


def test_what_was_taken_back_at_a_new_address_can_be_left_again_by_an_old_mail(made):
    http, host, _, mail = made
    http.post(path(mail), data=ONE_CLICK)
    tell(host, "acme", contact={"id": "c1", "email": "kim@new.test"})
    host.database.write(lambda c: suppressions.opt_in(c, "kim@new.test", ["product"]))

    http.post(path(mail), data=ONE_CLICK)

    assert host.database.read(lambda c: suppressions.opted_out(c, "kim@new.test", "product"))


def test_a_topic_that_was_left_at_a_new_address_is_not_marked_on_the_page_of_an_old_mail(made):
    http, host, _, mail = made
    tell(host, "acme", contact={"id": "c1", "email": "kim@new.test"})
    host.database.write(lambda c: suppressions.opt_out(c, "kim@new.test", "events", NOW))

    page = http.get(path(mail, "preferences"))

    assert re.findall(r'value="(\w+)" checked', page.text) == ["general", "product"]


def test_leaving_and_taking_back_without_end_makes_no_events_without_end(made):
    http, host, _, mail = made

    page = http.post(path(mail), data=ONE_CLICK)
    for _ in range(5):
        http.post(path(mail), data=undo(page))
        page = http.post(path(mail), data=ONE_CLICK)

    assert (left(host), told_of(host)) == (["product"], ["product"])


def test_whoever_unsubscribes_by_a_mails_link_has_got_it(made):
    http, host, _, mail = made
    host.database.write(lambda c: effects.change(c, mail.id, state="uncertain"))

    http.get(path(mail))
    looked = host.database.read(lambda c: effects.find(c, mail.id)).state
    http.post(path(mail), data=ONE_CLICK)

    assert (looked, host.database.read(lambda c: effects.find(c, mail.id)).state) == ("uncertain", "sent")


def test_a_wrong_link_tells_nothing_of_what_is_known(made):
    http, _, _, mail = made
    token = LINKS.token("choose", mail.id)
    wrong = ["x", token[:-1], token[:-2] + "zz", LINKS.token("reply", mail.id), "é" * 45]

    pages = [http.get(f"/{page}/{one}") for page in ("unsubscribe", "preferences") for one in wrong]
    pages += [http.post(f"/unsubscribe/{one}", data={"what": "everything"}) for one in wrong]

    assert {(one.status_code, one.text) for one in pages} == {(404, pages[0].text)}


@pytest.mark.parametrize(
    "erase",
    [lambda host: erasing.erase(host, "acme"), lambda host: erasing_contact.erase(host, "acme", "c1")],
    ids=["account", "person"],
)
def test_whoever_has_been_forgotten_is_told_that_nothing_comes(made, erase):
    http, host, _, mail = made
    erase(host)

    answer = http.post(path(mail), data={"List-Unsubscribe": "One-Click"})
    unknown = http.get(f"/preferences/{LINKS.token('choose', str(uuid.uuid4()))}")

    assert (answer.status_code, unknown.status_code) == (200, 200)
    assert WORDS["en"].nobody in answer.text


def test_whoever_complained_reads_that_nothing_comes_and_gets_again_what_they_choose(made):
    http, host, _, mail = made
    sendgrid_events.take_in(host, [event("spamreport", mail.id, NOW, email=KIM)])

    for page in (http.get(path(mail)), http.get(path(mail, "preferences"))):
        assert "as unwanted, so nothing is sent to k…@acme.test" in page.text
        assert " checked" not in page.text
        assert "still comes" not in page.text
    saved = http.post(path(mail, "preferences"), data={"what": "save", "topic": "product"})

    assert "Saved." in saved.text
    assert "unwanted" not in saved.text
    assert host.database.read(lambda c: suppressions.reason_of(c, KIM)) is None
    assert left(host) == ["events", "general"]


def test_an_address_that_bounced_is_promised_nothing_whatever_is_chosen(made):
    http, host, _, mail = made
    sendgrid_events.take_in(host, [event("bounce", mail.id, NOW, email=KIM)])

    saved = http.post(path(mail, "preferences"), data={"what": "save", "topic": "product"})
    undone = http.post(path(mail), data=undo(http.post(path(mail), data=ONE_CLICK)))

    for page in (saved, undone, http.get(path(mail))):
        assert "came back, so nothing is sent there" in page.text
        assert "gets again what" not in page.text
        assert "still comes" not in page.text
    assert host.database.read(lambda c: suppressions.reason_of(c, KIM)) == "bounced"


def test_the_pages_are_read_well_aloud_and_keep_the_token_to_themselves(made):
    http, _, _, mail = made

    for page in (http.get(path(mail)), http.get(path(mail, "preferences"))):
        assert '<html lang="en">' in page.text
        assert "<h1>" in page.text
        assert "<script" not in page.text
        assert page.text.count("<input") == page.text.count("<label><input")
        assert (page.headers["referrer-policy"], page.headers["cache-control"]) == ("no-referrer", "no-store")
        assert "script" not in page.headers["content-security-policy"]


def test_the_pages_are_in_the_language_of_the_mail(made):
    http, host, _, mail = made
    german = mail.effect.model_copy(
        update={"content": {**mail.effect.content, "language": "de-CH", "topic": "product"}}
    )
    host.database.write(lambda c: effects.change(c, mail.id, body=german.model_dump_json()))

    page, choices = http.get(path(mail)), http.get(path(mail, "preferences"))

    assert '<html lang="de">' in page.text
    assert "Abbestellen" in page.text
    assert "„Neues“" in page.text
    assert re.findall(r">([^<]+)</label>", choices.text) == ["Allgemeines", "Neues", "Events"]


def test_every_language_that_mails_have_is_one_of_the_pages():
    from activities.mail import words as mailwords

    assert list(WORDS) == list(mailwords.WORDS)
