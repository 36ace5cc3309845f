"""Mails that come in, read as less where they are odd, never refused."""

import json
import time
from pathlib import Path

import pytest
import sendgrid
from hypothesis import given
from hypothesis import strategies as st

from activities.mail.forms import MOST_FIELDS, Form, fields_of
from activities.mail.inbound import read
from tests.support.sendgrid_posts import FORM, form_of, mail_in

SAMPLES = Path(sendgrid.__file__).parent / "helpers" / "inbound" / "sample_data"  # published with SendGrid's library


def reading(**said):
    return read(fields_of(form_of(**mail_in(**said)), FORM))


def posted_raw(raw):
    return read(Form({"email": raw, "envelope": b'{"to": ["a@x.test"], "from": "kim@acme.test"}'}))


@pytest.mark.parametrize("sample", ["default_data.txt", "raw_data.txt", "raw_data_with_attachments.txt"])
def test_sendgrids_own_samples_are_read(sample):
    mail = read(fields_of((SAMPLES / sample).read_bytes(), FORM))

    assert (mail.sender, mail.sender_name, mail.text) == ("test@example.com", "Example User", "Hello Twilio SendGrid!")
    assert mail.to in {("inbound@inbound.example.com",), ("inbound@inbound.inbound.com",)}
    assert not mail.machine


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=a@b",
        "Precedence: auto_reply",
        "Precedence: Bulk",
        "X-Autoreply: yes",
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",  # it was read
    ],
)
def test_what_says_so_was_written_by_a_machine(headers):
    assert reading(headers=headers).machine


def test_what_nobody_can_answer_was_written_by_a_machine():
    assert reading(envelope=json.dumps({"to": [], "from": ""})).machine
    assert reading(envelope=json.dumps({"to": [], "from": "<>"})).machine


@pytest.mark.parametrize("headers", ["", "Auto-Submitted: no", "Precedence: first-class"])
def test_what_a_person_writes_is_no_machines(headers):
    assert not reading(headers=headers).machine


def test_which_mails_it_answers_is_said_nearest_first():
    mail = reading(headers="In-Reply-To: <near@one.test>\nReferences: <first@a.test>\n <last@b.test>")

    assert mail.answers == ("near", "last", "first")


def test_each_field_has_a_charset_of_its_own():
    mail = reading(text="Grüße".encode("latin-1"), charsets='{"text": "iso-8859-1"}')

    assert mail.text == "Grüße"


def test_a_mail_of_html_alone_is_read_without_what_it_quotes():
    page = "<style>p{}</style><p>See <b>you</b>&nbsp;there</p><br>Kim<blockquote>Hello</blockquote>"

    assert reading(text="", html=page).text == "See you there\n\nKim"


BASE64 = "iVBORw0K" * 12_000


@pytest.mark.parametrize("line", [96_000, 76])
def test_what_stands_below_a_picture_in_the_page_is_read(line):
    picture = "\r\n".join(BASE64[at : at + line] for at in range(0, 96_000, line)) * 6
    page = f'<p>Hello,</p><img src="data:image/png;base64,{picture}"><p>we cancel.</p>'

    assert reading(text="", html=page).text == "Hello,\n\nwe cancel."


def test_of_a_reply_without_end_the_beginning_is_kept_and_how_much_more_there_was():
    assert reading(text="Yes.\n" * 8_000).text.endswith("Yes.\n… (9,999 more characters)")


def test_the_same_mail_has_the_same_id_and_another_has_another():
    other = mail_in()["headers"].replace("one@", "two@")

    assert reading().id == reading(text="as some program wrote it anew").id
    assert reading(headers="X: 1").id == reading().id
    assert read(fields_of(form_of(**{**mail_in(), "headers": other}), FORM)).id != reading().id


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("unicode_escape", rb"Yes \ud800", r"Yes \ud800"),
        ("utf-7", b"Yes +2AA-", "Yes ?"),
        ("punycode", b"Yes", "Yes"),
        ("rot13", b"Yes", "Yes"),
        ("utf-8", b"Ye\0s", "Yes"),
    ],
)
def test_a_charset_that_is_odd_gives_a_text_that_can_be_kept(charset, raw, text):
    whole = posted_raw(b"Content-Type: text/plain; charset=%s\n\n%s" % (charset.encode(), raw))

    assert whole.text == reading(text=raw, charsets=json.dumps({"text": charset})).text == text


def test_headers_lose_what_no_database_keeps():
    mail = posted_raw(b"From: K\0im <kim@acme.test>\nIn-Reply-To: <a\0b@x.test>\nReferences: <c\0d@x.test>\n\nYes")

    assert (mail.sender_name, mail.answers) == ("Kim", ("ab", "cd"))


@pytest.mark.parametrize("depth", [100, 2_000])
@pytest.mark.parametrize("kind", [b"multipart/mixed; boundary=b%d\n\n--b%d", b"message/rfc822; a=%d%d\n"])
def test_a_mail_nested_too_deep_is_one_text(kind, depth):
    nested = b"".join(b"Content-Type: " + kind % (n, n) + b"\n" for n in range(depth))

    assert posted_raw(b"From: Kim <kim@acme.test>\n" + nested + b"\nYes").sender == "kim@acme.test"


def test_an_attachment_is_not_taken_apart():
    head = b'--xYzZY\r\nContent-Disposition: form-data; name="attachment1"; filename="a.eml"\r\n'
    nested = b"".join(b"Content-Type: message/rfc822\r\n\r\n" for _ in range(2_000))

    assert fields_of(head + nested + b"\r\n" + form_of(**mail_in()), FORM).fields["subject"] == b"Re: Hello"


@pytest.mark.parametrize(
    "hostile",
    [
        b"From: " + b"=?utf-8?q?x?= " * 18_000,
        b"From: " + b"a@b.c, " * 36_000,
        b"From: " + b"(" * 250_000,
        b"References: " + b"<a@b> " * 160_000,
        b"Content-Type: text/plain; " + b"a=b; " * 50_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 50_000,
    ],
    ids=["encoded words", "addresses", "comments", "references", "parameters", "parts"],
)
def test_a_mail_made_to_be_slow_is_not(hostile):
    begun = time.process_time()

    posted_raw(hostile + b"\n\nYes")
    read(Form({"headers": hostile, "from": hostile.removeprefix(b"From: "), "text": b"Yes"}))

    assert time.process_time() - begun < 3


@pytest.mark.parametrize("line", [b"\n", b"a\r\n", b"X-A: b\n"], ids=["empty lines", "short lines", "headers"])
def test_a_mail_of_very_many_lines_costs_no_more_than_another(line):
    form = form_of(headers="From: Kim <kim@acme.test>\n", text=line * (12_000_000 // len(line)))
    begun = time.process_time()

    mail = read(fields_of(form, FORM))
    posted_raw(line * (12_000_000 // len(line)))

    assert (mail.sender, time.process_time() - begun < 1) == ("kim@acme.test", True)


def test_a_mail_of_many_lines_is_read_with_what_is_attached_behind_them():
    lines = b"A" * 76 + b"\r\n"
    files = b"".join(b"--b\nContent-Type: a/b; name=%s\n\n" % one + lines * 20_000 for one in (b"one.pdf", b"two.pdf"))

    mail = posted_raw(
        b"From: kim@acme.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nYes\n" + files + b"--b--"
    )

    assert (mail.text, mail.attached) == ("Yes", ("one.pdf", "two.pdf"))


SAYS_SO = {"dkim": "{@evil.test : fail, @mail.acme.test : pass}"}


@pytest.mark.parametrize(
    ("said", "proof"),
    [
        ({}, "none"),
        (SAYS_SO, "passed"),
        ({"SPF": "pass"}, "passed"),
        ({"SPF": "pass", "envelope": '{"from": "a@evil.test"}'}, "none"),
        ({"SPF": "pass", "envelope": '{"from": "a@test"}'}, "none"),
        ({"SPF": "softfail", "dkim": "none"}, "none"),
        ({"SPF": "fail", "dkim": "{@evil.test : pass}"}, "failed"),
        ({"SPF": "fail", **SAYS_SO}, "passed"),
        ({"dkim": "{@notacme.test : pass}", "SPF": "none"}, "none"),
        ({"dkim": "{@acme.test : fail}"}, "failed"),
    ],
)
def test_a_sender_is_proven_by_their_own_domain_alone(said, proof):
    assert reading(**said).proof == proof


FORGED = '--xYzZY\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
PROVES = FORGED % ("dkim", "{@acme.test : pass}") + FORGED % ("SPF", "pass") + FORGED % ("envelope", "{}")


@pytest.mark.parametrize(
    "written",
    [
        f"Yes\r\n{PROVES}",
        f"Yes\r\n{PROVES}--xYzZY--\r\n",
        f"Yes\r\n{PROVES}" + FORGED % ("cc", "") * MOST_FIELDS,
        f"Yes\r\n{PROVES}--xYzZY\r\n\r\n",
        f"Yes\n{PROVES}".replace("\r", ""),
    ],
    ids=["before", "ended", "too many", "nameless", "by other line ends"],
)
@pytest.mark.parametrize("real", [{}, {"dkim": "{@evil.test : pass}", "SPF": "none"}], ids=["alone", "twice"])
def test_a_mail_that_holds_fields_of_the_form_proves_nothing(written, real):
    mail = reading(text=written, sender="Boss <boss@acme.test>", **real)

    assert (mail.sender, mail.text, mail.proof) == ("boss@acme.test", "Yes", "failed")


def test_what_is_attached_is_named_without_the_pictures_in_the_text():
    posted = {"content-ids": '{"f_1": "attachment1", "logo": "attachment2"}', **mail_in(html='<img src="cid:logo">')}
    files = b"".join(
        b'--xYzZY\r\nContent-Disposition: form-data; name="attachment%d"; filename="%s"\r\n\r\nx\r\n' % (n, name)
        for n, name in enumerate([b"contract.pdf", b"logo.png"], start=1)
    )

    assert read(fields_of(files + form_of(**posted), FORM)).attached == ("contract.pdf",)
    assert read(fields_of((SAMPLES / "raw_data_with_attachments.txt").read_bytes(), FORM)).attached == ("SendGrid.jpg",)


@pytest.mark.parametrize(
    ("charset", "written", "read_as"),
    [
        ("iso-8859-1", "“Grüße” … 50 €".encode("cp1252"), "“Grüße” … 50 €"),
        ("us-ascii", "Grüße … 50 €".encode(), "Grüße … 50 €"),
        ("utf-8", "Grüße … 50 €".encode("cp1252"), "Grüße … 50 €"),
        ("no-such", "Grüße".encode("cp1252"), "Grüße"),
        ("utf-8", "Grüße \u20ac ".encode() + b"\xff", "Grüße \u20ac \ufffd"),  # one wrong byte is one wrong letter
        ("iso-8859-15", "50 €".encode("iso-8859-15"), "50 €"),
        ("gb2312", "镕基".encode("gbk"), "镕基"),
        ("utf-7", b"Gr+APwA3w-e +IKw-", "Grüße €"),
    ],
)
def test_a_text_is_read_as_its_program_means_the_charset(charset, written, read_as):
    charsets = json.dumps({"text": charset, "html": charset})
    raw = f"Content-Type: text/plain; charset={charset}\n\n".encode() + written

    assert (reading(text=written, charsets=charsets).text, posted_raw(raw).text) == (read_as, read_as)


def test_names_of_attached_files_have_all_letters():
    file = 'Content-Disposition: form-data; name="attachment1"; filename="Übersicht … neu.pdf"\r\n\r\nx\r\n'
    in_a_mail = (
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.pdf\n\nx"
    )

    assert read(fields_of(b"--xYzZY\r\n" + file.encode() + form_of(**mail_in()), FORM)).attached == (
        "Übersicht … neu.pdf",
    )
    assert posted_raw(in_a_mail.encode()).attached == ("Übersicht.pdf",)


def test_of_long_references_the_nearest_are_read():
    assert posted_raw(b"References: " + b"<far@b.test> " * 9_000 + b"\n <near@b.test>\n\nYes").answers[0] == "near"


@given(
    st.dictionaries(st.sampled_from(["headers", "envelope", "from", "charsets", "text", "email", "html"]), st.binary())
)
def test_nothing_odd_raises(form):
    read(Form(form))


@given(st.dictionaries(st.text("abc", min_size=1), st.text("-\r\n xYz").map(str.encode)))
def test_what_is_posted_is_what_its_fields_hold(form):
    assert fields_of(form_of(**form), FORM) == Form(form)


@given(st.binary(max_size=300), st.one_of(st.just(FORM), st.text(max_size=50)))
def test_what_is_no_form_has_no_fields_or_few(raw, content_type):
    assert all(isinstance(one, bytes) for one in fields_of(raw, content_type).fields.values())
