"""The HTTP interface: facts in, accounts, runs, tasks and outbox out, and what people and operators do.

One module per noun.
"""
