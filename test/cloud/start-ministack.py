"""Starts ministack so that the lines functions log are not cut off on a busy machine.

Of its own it reads them until 5 ms pass without one, and what comes later only with the next invocation, if there is one.
"""

import sys

from ministack.app import main
from ministack.core.lambda_runtime import Worker

# Seconds: until the first line, after the last one, in all.
Worker._drain_stderr_bounded.__defaults__ = (0.5, 0.1, 2.0)

if __name__ == "__main__":
    sys.exit(main())
