"""`python -m workers`: the command line, also where the `playbook` script is not on PATH."""

from workers.cli import main

if __name__ == "__main__":
    main()
