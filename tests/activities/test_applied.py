"""What was applied by an older release, and what a newer one refuses to take anew."""

import pytest

from activities.applied import texts_of
from activities.desks import bench
from activities.store import accounts, versions
from activities.successors import people_changed
from engine.picture import picture
from engine.problems import InvalidWorkspace
from engine.values import UNKNOWN
from tests.support.hosts import FOLDER, NOW, acme, host_on, only_run, playbook, tell

RING = playbook("  - {task: ring, title: Ring Acme, assign: csm}\n", start="start: {when: metrics.nps.value < 5}\n")
POLICY = """
unassigned: nobody_has_this
time_zone: Mars/Base
motto: Onwards
mail: {language: jp, company: Vendor}
topics: {news: {title: {xy: Neues}}}
caps: [{email: 1 per 7 days, per: contact}]
stop: [{when: account.arr < 0 and account.arr > 0, outcome: never}]
webhooks: {crm: {url: crm.example, secret_env: CRM}}
"""
PEOPLE = """
people:
  - {id: ana, role: CSM!, email: ana@vendor.test, slack: ana.diaz}
  - {id: ben, role: csm, email: ana@vendor.test, manager: who, away: [{from: 2026-13-01, to: tomorrow}]}
  - {name: Nobody}
"""


def stored(host, **changed):
    """As an older release would have stored it."""
    texts = texts_of(FOLDER) | changed
    host.database.write(lambda c: versions.apply(c, [RING], texts, at=NOW, by="an older release"))
    return host


def seen_of(host, path):
    setting, row = setting_of(host), host.database.read(lambda c: accounts.find(c, "acme"))
    return picture(row.known, setting.vocabulary, setting.policy, host.clock.now()).scope.values.get(path, UNKNOWN)


def setting_of(host):
    return host.database.read(lambda c: host.applied.current(c).setting)


def test_what_check_refuses_of_late_goes_on_as_it_was_applied(sqlite):
    host = stored(host_on(sqlite), policy=POLICY, people=PEOPLE)

    acme(host)
    tell(host, "acme", metric="nps", value=3)

    policy = setting_of(host).policy
    assert only_run(host).playbook == "example"
    assert (policy.mail.language, policy.mail.company, policy.time_zone) == ("jp", "Vendor", "UTC")
    assert (len(policy.caps), len(policy.stop), policy.webhooks["crm"].url) == (1, 1, "crm.example")
    assert [(one.id, one.slack, one.away) for one in setting_of(host).people.everyone] == [
        ("ana", "ana.diaz", ()),
        ("ben", None, ()),
    ]


def test_what_it_refuses_is_told_by_file_line_and_column(sqlite):
    host = stored(host_on(sqlite), policy=POLICY)

    told = [str(one) for one in setting_of(host).problems]

    said = "mail > language: 'jp' is not the code of a language. Write it as de, or as de-CH."
    assert f"policy.yaml:5:18: error: {said}" in told


def test_a_metric_that_cannot_be_read_any_more_has_no_value_and_the_others_have_theirs(sqlite):
    vocabulary = texts_of(FOLDER)["vocabulary"].replace("over: 14 days", "over: 10 business days")
    vocabulary = vocabulary.replace("coverage: 60%", "coverage: 20%")
    host = stored(host_on(sqlite), vocabulary=vocabulary)

    acme(host)
    tell(host, "acme", event="login", data={"user": "u1"})
    tell(host, "acme", metric="nps", value=3)

    assert [seen_of(host, f"metrics.{one}.value") for one in ("logins", "nps")] == [UNKNOWN, 3]
    assert 58 < seen_of(host, "metrics.health.value") < 59  # of the parts that are known
    assert only_run(host).playbook == "example"


@pytest.mark.parametrize(
    "policy", ["caps: [{email: two a week, per: contact}]", "quiet_hours: {customers: late}", "caps: [{per: contact]"]
)
def test_a_limit_that_cannot_be_read_is_not_left_away(sqlite, policy):
    host = stored(host_on(sqlite), policy=policy)

    with pytest.raises(InvalidWorkspace, match=r"^policy\.yaml:1:"):
        setting_of(host)


def test_the_next_apply_mends_it(sqlite):
    host = stored(host_on(sqlite), policy="caps: [{email: two a week, per: contact}]")

    def mended(connection):
        before = versions.texts(connection, versions.current(connection))
        versions.apply(connection, [RING], texts_of(FOLDER), at=NOW, by="this release")
        people_changed(bench(host, connection), before, texts_of(FOLDER))

    host.database.write(mended)

    assert setting_of(host).problems == ()
