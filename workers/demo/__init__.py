"""The demo: a real portfolio, its made-up people, and the play of ninety days."""
