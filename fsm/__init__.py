"""The state machine: commands, facts, the session, and the pure functions that decide and evolve it."""
