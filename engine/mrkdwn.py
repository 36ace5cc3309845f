"""What an account's own record says, as text of Slack's that shows it: a name mentions nobody and is no link."""


def in_mrkdwn(text: str) -> str:
    """Its lines stay. Three backticks would make code of whatever stands behind them."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("```", "'''")


def out_of_mrkdwn(text: str) -> str:
    """What Slack would show."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
