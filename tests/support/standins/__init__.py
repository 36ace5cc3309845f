"""Local stand-ins for SendGrid and Slack: HTTP servers on 127.0.0.1 that keep state and break on request.

with StandInSendGrid() as sendgrid:
    sendgrid.fail(Drops("after"))
    SendGrid("SG.key", host=sendgrid.url).send(message, timedelta(seconds=5))
    assert sendgrid.mails[0].effect == message.id
"""

from tests.support.standins.faults import Answers, Drips, Drops, Fault, Hangs
from tests.support.standins.receiver import StandInReceiver
from tests.support.standins.sendgrid import Mail, StandInSendGrid
from tests.support.standins.slack import Posted, StandInSlack

__all__ = [
    "Answers",
    "Drips",
    "Drops",
    "Fault",
    "Hangs",
    "Mail",
    "Posted",
    "StandInReceiver",
    "StandInSendGrid",
    "StandInSlack",
]
