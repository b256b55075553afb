"""`python -m infisical`: hands over to infisical/cli/."""

from __future__ import annotations

import sys

from infisical.cli import main as main
from infisical.cli import run_program

if __name__ == "__main__":
    sys.exit(run_program())
