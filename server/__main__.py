"""`python -m pointsman.server`: the command line, where no `pointsman` is on the path."""

from .command_line import main

if __name__ == "__main__":
    main()
