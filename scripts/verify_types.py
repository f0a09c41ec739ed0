"""Check that every public name has a declared type: pyright's --verifytypes, except for two kinds that it cannot read.

``…_with_http_info`` gets its type from the method that it is a variant of, and an ``Operation`` from its arguments.
Both are calls, whose type pyright infers and then calls ambiguous; test/typing/user_code.py shows that five type
checkers infer the same.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

INFERRED = re.compile(r"_with_http_info$|WithHttpInfo\.\w+$|^codat_python_sdk\.operations\.\w+\.[A-Z_]+$")


def main() -> None:
    """Print the public names without a type, and fail if there are any."""
    command = ["pyright", "--verifytypes", "codat_python_sdk", "--ignoreexternal", "--outputjson"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    symbols: list[dict[str, Any]] = json.loads(done.stdout)["typeCompleteness"]["symbols"]
    missing = [
        f"{symbol['name']}: {diagnostic['message'].splitlines()[0]}"
        for symbol in symbols
        for diagnostic in symbol.get("diagnostics", [])
        if not INFERRED.search(symbol["name"])
        and re.match(r".*(annotation is missing|missing type annotation)", diagnostic["message"])
    ]
    print(f"{len(symbols)} public names, {len(missing)} of them without a type", *missing, sep="\n")
    sys.exit(1 if missing or not symbols else 0)


if __name__ == "__main__":
    main()
