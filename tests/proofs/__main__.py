"""`python -m tests.proofs`: see the command.

Every process that a proof starts reads this file: it imports nothing then.
"""

import sys

if __name__ == "__main__":
    from tests.proofs.command import main

    sys.exit(main(sys.argv[1:]))
