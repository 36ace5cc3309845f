"""What mail servers say when they refuse a mail: only that nobody is there is ever said of the address for good."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.refusals import meaning


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("5.1.1 no such user", "nobody"),
        ("550-5.1.1 The email account that you tried to reach does not exist. gsmtp", "nobody"),
        ("5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "nobody"),
        ("5.1.1 <kim@acme.test>: Recipient address rejected: User unknown in relay recipient table", "nobody"),
        ("5.2.1 The email account that you tried to reach is disabled", "nobody"),
        ("5.2.1 is receiving mail at a rate that prevents additional messages", "mailbox"),
        ("No such user here", "nobody"),
        ("<kim@acme.test>: Recipient address rejected: User unknown", "nobody"),
        ("5.0.0 550 unknown user <kim@acme.test>", "nobody"),
        ("550 user kim (kim@acme.test) not listed in Domino Directory", "nobody"),
        ("sorry, no mailbox here by that name. (#5.1.1)", "nobody"),
        ("4.1.1 unknown for now", "mailbox"),
        ("5.2.2 552 mailbox full", "mailbox"),
        ("552 Mailbox size exceeded: quota over", "mailbox"),
        ("5.4.1 Recipient address rejected: Access denied. AS(201806281)", "mailbox"),
        ("5.4.4 Host or domain name not found. Name service error for name=acme.test", "mailbox"),
        ("#5.1.0 Address rejected.", "mailbox"),
        ("5.1.0 sender rejected", "ours"),
        ("5.2.3 too long", "letter"),
        ("5.3.4 too big", "letter"),
        ("5.6.0 charset", "letter"),
        ("5.4.5 Daily user sending limit exceeded", "limit"),
        ("5.1.90 you've reached your daily limit for message recipients", "limit"),
        ("too many messages from you", "limit"),
        ("554 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", "ours"),
        ("554 Client host [10.5.1.1] refused", "ours"),
        ("550 SPF check failed, unknown user", "ours"),
        ("5.5.0 550 Message rejected as spam by content filtering", "ours"),
        ("5.1.8 Access denied, bad outbound sender", "ours"),
        ("5.3.0 Error: mail server out of disk space", "ours"),
        ("5.4.6 Too many hops", "ours"),
        ("5.7.1 no such user", "ours"),
        ("550 your account is disabled", "ours"),
        ("relay not permitted", "ours"),
        ("550 Requested action not taken: mailbox unavailable", "mailbox"),
        ("5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", "mailbox"),
        ("5.1.351 Remote server returned unknown recipient or mailbox unavailable", "nobody"),
        ("550 Unrouteable address", "mailbox"),
        ("5.4.4 No such domain", "mailbox"),
        ("5.4.310 DNS domain acme.test does not exist", "mailbox"),
        ("550", "unclear"),
        ("", "unclear"),
    ],
)
def test_what_a_refusal_means(said, means):
    assert meaning(said) == means


@given(st.sampled_from("37"), st.integers(0, 999), st.text(max_size=60))
def test_by_a_policy_or_a_fault_of_a_system_nobody_is_ever_said_to_be_gone(subject, detail, words):
    assert meaning(f"5.{subject}.{detail} no such user {words}") in {"ours", "limit", "letter"}


@given(st.text(max_size=40))
def test_an_address_within_the_words_means_nothing(user):
    clean = "".join(one for one in user if one.isalnum())

    assert meaning(f"550 refused <{clean}no-such-user@spam.test>") == "unclear"
