"""Slack: messages, tasks as cards that follow them, the Home and the digest."""
