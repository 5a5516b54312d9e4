"""What a state may use: the sources of tools, their effects and retries, and the model actor."""
