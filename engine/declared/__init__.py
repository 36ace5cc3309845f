"""Reading what an author declares: vocabulary, policy and people, each file whole, all its problems at once."""
