"""`python -m ordertrail` is `ordertrail`."""

from ordertrail.adapters.cli import main

if __name__ == "__main__":
    main()
