import pytest

from activities.mail.addresses import are_same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann@Bücher.example", "ann@xn--bcher-kva.example", True),
        ("kim@straße.example", "kim@strasse.example", False),
        ("nobody", "Nobody", True),
        ("ann@acme.example", "ann@acme.test", False),
        ("", "", False),
    ],
)
def test_an_address_is_the_same_however_its_domain_is_written(one, other, same):
    assert are_same(one, other) == same
