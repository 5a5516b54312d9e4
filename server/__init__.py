"""Everything that touches the world: the governor, the store, the surfaces, the transports and the command line."""
