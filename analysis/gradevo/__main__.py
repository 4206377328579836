"""``python -m gradevo``."""

from gradevo.cli import main

if __name__ == "__main__":
    main()
