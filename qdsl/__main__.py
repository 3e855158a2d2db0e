"""`python -m qdsl` is `qdsl`."""

from qdsl.cli import main

if __name__ == "__main__":
    main()
