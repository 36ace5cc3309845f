import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from activities.mail.smtp_client import Server
from activities.transport import Sender
from tests.support.sendgrid_posts import Signer
from workers.settings import DESCRIBED, ApiToken, ClockSetting, InvalidSettings, Settings, load_settings
from workers.settings_values import MailSender, Scope
from workers.wiring import senders_of, smtp_server

EXAMPLE = Path(__file__).parents[2] / ".env.example"
TOKEN = "a-long-random-token"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def problems_of(monkeypatch, **given: str) -> list[str]:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSettings) as wrong:
        load_settings()
    return list(wrong.value.problems)


def test_nothing_needs_to_be_set():
    settings = load_settings()

    assert settings.workspace == Path("playbooks")
    assert settings.database_url == "sqlite:///.playbook/playbook.db"
    assert settings.clock == ClockSetting(scale=1, origin=None)
    assert settings.temporal_address is None


def test_the_environment_wins_over_the_file_and_an_empty_value_is_none(monkeypatch):
    Path(".env").write_text("PLAYBOOK_HTTP_PORT=9000\nPLAYBOOK_TASK_QUEUE=from-file\nSLACK_API_URL=\n")
    monkeypatch.setenv("PLAYBOOK_HTTP_PORT", "9001")

    settings = load_settings()

    assert (settings.http_port, settings.task_queue) == (9001, "from-file")
    assert settings.slack_api_url == "https://slack.com/api/"


def test_a_scaled_clock_has_a_scale_and_may_have_an_origin(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_CLOCK", "scaled:86400@2024-01-01T02:00:00+02:00")

    assert load_settings().clock == ClockSetting(86400, datetime(2024, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("fast", "it is neither 'real' nor 'scaled:' with a whole number above 0"),
        ("scaled:0", "it is neither 'real' nor 'scaled:' with a whole number above 0"),
        ("scaled:10@yesterday", "'yesterday' is not an instant"),
        ("scaled:10@2024-01-01T00:00:00", "'2024-01-01T00:00:00' has no zone (add Z)"),
    ],
)
def test_a_wrong_clock_is_told_with_its_value_and_an_example(monkeypatch, given, what):
    [problem] = problems_of(monkeypatch, PLAYBOOK_CLOCK=given)

    assert problem.startswith(f"PLAYBOOK_CLOCK={given}: {what}. It must be ")
    assert problem.endswith("for example scaled:86400@2024-01-01T00:00:00Z.")


def test_api_tokens_have_a_name_and_scopes(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_API_TOKENS", f"crm:{TOKEN}:facts+read, ops:{TOKEN}-2:operate")

    assert load_settings().api_tokens == (
        ApiToken("crm", SecretStr(TOKEN), frozenset({Scope.FACTS, Scope.READ})),
        ApiToken("ops", SecretStr(f"{TOKEN}-2"), frozenset({Scope.OPERATE})),
    )


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (TOKEN, "entry 1 is not name:token:scopes"),
        (f"crm:{TOKEN}:facts,{TOKEN}", "entry 2 is not name:token:scopes"),
        (f"crm:{TOKEN}:write", "'crm' has scope 'write', which is none of read, facts, operate"),
        (f"crm:{TOKEN}:", "'crm' has scope '', which is none of read, facts, operate"),
        ("crm:guessed:read", "the token of 'crm' has fewer than 16 characters"),
        (f"crm:{TOKEN}:read,crm:{TOKEN}2:read", "'crm' is there 2 times"),
        (f"crm:{TOKEN}:read,ops:{TOKEN}:read", "two names share one token"),
    ],
)
def test_a_wrong_token_is_told_without_the_token(monkeypatch, given, what):
    [problem] = problems_of(monkeypatch, PLAYBOOK_API_TOKENS=given)

    assert problem.startswith(f"PLAYBOOK_API_TOKENS: {what}. It must be ")
    assert TOKEN not in problem.partition(", for example")[0]
    assert "guessed" not in problem


def test_every_wrong_setting_is_told_at_once(monkeypatch):
    told = problems_of(
        monkeypatch,
        PLAYBOOK_HTTP_PORT="http",
        PLAYBOOK_WORKSAPCE="./here",
        PLAYBOOK_MAIL_FROM="Customer Success",
        TEMPORAL_ADDRESS="https://temporal.example.com",
        SENDGRID_HOST="api.sendgrid.com",
        SLACK_SIGNING_SECRET="hush",
    )

    assert told == [
        (
            "PLAYBOOK_HTTP_PORT=http cannot be used. "
            "It must be a port from 1 to 65535, or 0 for any free one, for example 8080."
        ),
        (
            "PLAYBOOK_MAIL_FROM=Customer Success: there is no mail address in it. "
            "It must be the sender of all mail, for example Customer Success <success@example.com>."
        ),
        (
            "TEMPORAL_ADDRESS=https://temporal.example.com: it is not host:port. "
            "It must be host:port of a Temporal server (without it, one is run for you), for example localhost:7233."
        ),
        (
            "SENDGRID_HOST=api.sendgrid.com: it is not a web address. "
            "It must be a web address, for example https://api.sendgrid.com."
        ),
        (
            "SLACK_SIGNING_SECRET is set but SLACK_BOT_TOKEN is not: nothing could be posted to Slack. "
            "Set it, or leave SLACK_SIGNING_SECRET out."
        ),
        "PLAYBOOK_WORKSAPCE is not a setting. Did you mean PLAYBOOK_WORKSPACE?",
    ]


@pytest.mark.parametrize(
    "address", ["a@mail.test", "a@test", "a@b.example", "a@localhost", "a@b.localhost", "a@x.local"]
)
def test_mail_may_be_from_a_reserved_name_as_long_as_it_stays_here(monkeypatch, address):
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", f"Success <{address}>")

    assert load_settings().mail_from == MailSender(address, "Success")

    (told,) = problems_of(monkeypatch, SENDGRID_API_KEY="SG.x")
    assert told.startswith(f"PLAYBOOK_MAIL_FROM={address} is at a name that nobody can own")
    monkeypatch.setenv("SENDGRID_HOST", "http://127.0.0.1:9")
    assert load_settings().mail_from == MailSender(address, "Success")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("a@-x.com", "'a@-x.com' cannot be used: an email address cannot have a hyphen immediately after the @-sign"),
        ("a@b", "'a@b' cannot be used: the part after the @-sign is not valid. It should have a period"),
        ("Success", "there is no mail address in it"),
    ],
)
def test_an_address_that_cannot_be_is_refused_for_what_is_wrong_with_it(monkeypatch, given, what):
    (told,) = problems_of(monkeypatch, PLAYBOOK_MAIL_FROM=given)

    assert told.startswith(f"PLAYBOOK_MAIL_FROM={given}: {what}. It must be the sender of all mail")


def test_a_name_in_the_file_that_no_setting_has_is_told():
    Path(".env").write_text("SLACK_TOKEN=xoxb-1\nOTHER_PROGRAM=fine\n")

    with pytest.raises(InvalidSettings, match=r"^SLACK_TOKEN is not a setting\. Did you mean SLACK_BOT_TOKEN\?$"):
        load_settings()


def test_swapped_slack_tokens_are_told_without_the_tokens(monkeypatch):
    told = problems_of(monkeypatch, SLACK_BOT_TOKEN="xapp-secret", SLACK_APP_TOKEN="xoxb-secret")

    assert [problem.partition(". ")[0] for problem in told] == [
        "SLACK_BOT_TOKEN: it does not begin with 'xoxb-'",
        "SLACK_APP_TOKEN: it does not begin with 'xapp-'",
    ]
    assert "secret" not in "".join(told)


def test_no_secret_is_ever_printed(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_DATABASE_URL", "postgres://playbook:hush@db/playbooks")
    monkeypatch.setenv("PLAYBOOK_API_TOKENS", f"crm:{TOKEN}-hush:read")
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@example.com")
    for name in ("SENDGRID_API_KEY", "SLACK_SIGNING_SECRET", "TEMPORAL_API_KEY"):
        monkeypatch.setenv(name, "hush")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-hush")
    monkeypatch.setenv("TEMPORAL_ADDRESS", "localhost:7233")

    settings = load_settings()

    assert settings.database_url == "postgresql+psycopg://playbook:hush@db/playbooks"
    assert settings.mail_from == MailSender("success@example.com", "")
    assert "hush" not in f"{settings!r} {settings} {settings.database_shown}"


def test_a_wrong_database_is_told_without_its_password(monkeypatch):
    [problem] = problems_of(monkeypatch, PLAYBOOK_DATABASE_URL="mysql://playbook:hush@db/playbooks")

    assert problem.startswith("PLAYBOOK_DATABASE_URL: 'mysql' is a database that is not supported. It must be ")
    assert "hush" not in problem


def test_what_lives_on_this_machine_lives_beside_the_sqlite_file(tmp_path):
    assert Settings(database_url=f"sqlite:///{tmp_path}/data/app.db").home == tmp_path / "data"
    assert Settings(database_url="postgresql://db/playbooks").home == Path(".playbook")


def test_the_example_file_names_every_setting_and_nothing_else():
    named = re.findall(r"^#([A-Z_]+)=", EXAMPLE.read_text(), flags=re.MULTILINE)

    assert sorted(named) == sorted(setting.name for setting in DESCRIBED.values())


def test_the_example_file_holds_values_that_can_be_used(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_LINK_SECRET", "s" * 32)  # one that everybody can read would be none
    monkeypatch.setenv("SENDGRID_INBOUND_KEY", Signer().key)
    for name, value in re.findall(r"^#([A-Z_]+)=(.+)$", EXAMPLE.read_text(), flags=re.MULTILINE):
        if not name.endswith(("_PATH", "_CLI")):
            monkeypatch.setenv(name, value)

    assert load_settings().mail_from == MailSender("success@example.com", "Customer Success")


def test_every_setting_says_what_it_must_be_with_an_example():
    assert [setting.name for setting in DESCRIBED.values() if not (setting.must_be and setting.example)] == []


def test_links_in_mails_need_a_secret_and_former_ones_may_stay_behind_it(monkeypatch):
    told = problems_of(
        monkeypatch, PLAYBOOK_PUBLIC_URL="https://cs.acme.test", PLAYBOOK_INBOUND_DOMAIN="reply.acme.test"
    )
    assert [one.partition(":")[0] for one in told] == [
        "PLAYBOOK_PUBLIC_URL is set but PLAYBOOK_LINK_SECRET is not",
        "PLAYBOOK_INBOUND_DOMAIN is set but PLAYBOOK_LINK_SECRET is not",
        "PLAYBOOK_INBOUND_DOMAIN is set but SENDGRID_INBOUND_KEY is not",
    ]

    monkeypatch.setenv("PLAYBOOK_LINK_SECRET", f"{'n' * 32}, {'o' * 32}")
    monkeypatch.setenv("SENDGRID_INBOUND_KEY", Signer().key)

    assert [one.get_secret_value()[0] for one in load_settings().link_secret] == ["n", "o"]


def test_a_secret_of_links_that_is_short_is_told_without_it(monkeypatch):
    told = problems_of(monkeypatch, PLAYBOOK_LINK_SECRET=f"{'n' * 32},guessed", PLAYBOOK_INBOUND_DOMAIN="here")

    assert told[0].startswith("PLAYBOOK_INBOUND_DOMAIN=here: it is not a domain. It must be ")
    assert told[1].startswith("PLAYBOOK_LINK_SECRET: entry 2 has fewer than 32 characters. It must be ")
    assert "guessed" not in told[1]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1", Server("127.0.0.1", 25)),
        ("smtp://mail.example.com:2525/", Server("mail.example.com", 2525)),
        ("smtp://me%40x.com:p%2Fw@mail.example.com", Server("mail.example.com", 587, "me@x.com", "p/w")),
        ("smtps://me:pw@mail.example.com", Server("mail.example.com", 465, "me", "pw", tls=True)),
    ],
)
def test_a_mail_server_is_named_by_its_address(monkeypatch, url, server):
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@example.com")
    monkeypatch.setenv("PLAYBOOK_SMTP_URL", url)

    settings = load_settings()

    assert smtp_server(settings.smtp_url.get_secret_value()) == server
    assert "pw" not in repr(settings)


@pytest.mark.parametrize(
    "url", ["http://hush@x", "smtp://", "smtp://x:hush", "smtp://hush@x", "smtp://x/hush", "smtp://hush..x"]
)
def test_what_is_no_address_of_a_mail_server_is_told_without_it(monkeypatch, url):
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@example.com")

    (told,) = problems_of(monkeypatch, PLAYBOOK_SMTP_URL=url)

    assert told.startswith("PLAYBOOK_SMTP_URL: ")
    assert "hush" not in told


def test_an_address_whose_host_can_be_no_name_is_told(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@example.com")

    told = problems_of(monkeypatch, SENDGRID_HOST="https://api..sendgrid.com", SLACK_API_URL=f"https://{'a' * 64}.com")

    assert ["its host can be no name" in one for one in told] == [True, True]


def test_mail_goes_out_one_way(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@example.com")

    (told,) = problems_of(monkeypatch, PLAYBOOK_SMTP_URL="smtp://mail.example.com", SENDGRID_API_KEY="SG.x")

    assert told.endswith("are both set: mail goes out one way. Leave one of them out.")


def test_colleagues_write_as_themselves_where_the_sender_does_unless_more_is_said(monkeypatch):
    monkeypatch.setenv("PLAYBOOK_MAIL_FROM", "success@Example.com")
    usual = senders_of(load_settings())
    monkeypatch.setenv("PLAYBOOK_MAIL_DOMAINS", "example.de, Example.fr")

    assert usual.domains == {"example.com"}
    assert senders_of(load_settings()).domains == {"example.de", "example.fr"}

    monkeypatch.setenv("PLAYBOOK_MAIL_DOMAINS", "None")

    assert senders_of(load_settings()).of(Sender("noor@example.com", "Noor")) == (
        Sender("success@example.com", "Noor"),
        "noor@example.com",
    )
