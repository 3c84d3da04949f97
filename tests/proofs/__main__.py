"""`python -m tests.proofs`.

Every process that a proof starts imports this module, so it imports nothing else at the top.
"""

import sys

if __name__ == "__main__":
    from tests.proofs.command import main

    sys.exit(main(sys.argv[1:]))
