"""What comes from Slack: clicks, forms, events and commands, over HTTP or Socket Mode, in the same hands."""
