"""Complete workflows with their tools, to run, to copy and to learn from."""
