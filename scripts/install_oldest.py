"""Install the oldest dependencies that requirements.txt allows into the environment that runs this."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

requirements = (Path(__file__).parent.parent / "requirements.txt").read_text(encoding="utf-8").splitlines()
oldest = [re.sub(r">=([^,;\s]+)(,[^;]*)?", r"==\1", line) for line in requirements]
print("oldest:", *oldest)
subprocess.run([sys.executable, "-m", "pip", "install", "-q", *oldest], check=True)
