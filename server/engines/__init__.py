"""The engines: implementations of the port `server.engine`."""
