"""`python -m nba_server`: the same as `nba`, for processes that start it without a script on PATH."""

from nba_server.cli import main

if __name__ == "__main__":
    main()
