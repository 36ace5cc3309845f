"""`playbook suppressions`: addresses that get no mail, or none about some topics, and how one gets mail again."""

import click

from workers.cli.faults import CommandFault
from workers.cli.output import instant_column, own_zone, print_json, say, table
from workers.cli.program import with_example
from workers.cli.store import confirm, json_option, limit_option, opened, yes_option


@click.command(
    "suppressions",
    epilog=with_example(
        "playbook suppressions --address kim@acme.example",
        "playbook suppressions --lift kim@acme.example --yes",
        "playbook suppressions --lift kim@acme.example --topic product --yes",
    ),
)
@click.option("--address", metavar="MAIL", help="Only this address.")
@click.option("--lift", "lifted", metavar="MAIL", help="Let this address get mail again.")
@click.option("--topic", metavar="TOPIC", help="Lift only its opt-out of this topic.")
@yes_option
@limit_option
@json_option
def command(
    *, address: str | None, lifted: str | None, topic: str | None, yes: bool, limit: int, as_json: bool
) -> None:
    """Lists addresses that get no mail: they bounced, somebody complained, or they want none, all or of some topics.

    Lift one only when its owner has asked for it, or when what bounced is mended.
    """
    if topic is not None and lifted is None:
        raise CommandFault("--topic says what is lifted: name the address with --lift")
    if lifted is not None:
        _lift(lifted, topic, yes=yes, as_json=as_json)
        return
    from activities.store.suppressions import listed
    from workers.views import barred_view

    with opened() as host:
        rows = host.database.read(lambda connection: listed(connection, address, limit=limit))
    views = [barred_view(one) for one in rows]
    if as_json:
        print_json(views)
        return
    cells = [(one["address"], one["words"], instant_column(one["since"])) for one in views]
    table(("address", "gets", "since"), cells, "every address gets mail")
    if views:
        say("", f"times in {own_zone()}")


def _lift(address: str, topic: str | None, *, yes: bool, as_json: bool) -> None:
    from activities.store.suppressions import lift, listed
    from workers.views import barred_view, instant

    with opened() as host:
        found = host.database.read(lambda connection: listed(connection, address))
        if not found or (topic is not None and all(topic not in one.topics for one in found)):
            about = f" about {topic}" if topic else ""
            raise CommandFault(f"nothing keeps mail{about} from {address}")
        about = f" about {topic}" if topic else ""
        now = "; ".join(f"{barred_view(one)['words']} since {instant_column(instant(one.since))}" for one in found)
        confirm(f"{address} gets {now}. Lifted, it gets mail again{about}", yes=yes)
        number = host.database.write(lambda connection: lift(connection, address, topic))
    if as_json:
        print_json({"address": address, "topic": topic, "lifted": number})
    else:
        say(f"{address} gets mail again{f' about {topic}' if topic else ''}")
