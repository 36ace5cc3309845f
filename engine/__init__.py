"""The pure core: files in, decisions out. No clock, network, database, async, randomness or environment."""
