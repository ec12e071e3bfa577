"""Golden reports: a command line and its whole output, one file a case.

A case is tests/cli/golden/NAME.txt: `$ memwall ...` on its first line, then what that prints, what it says on
standard error after a line of its own, and the exit code. They answer "did it change?", never "is it right?":
they run on the small catalog in tests/cli/catalog, whose figures are round. tools/approve rewrites them; review the
difference. A new case is a file with its first line alone.
"""

import os
import pathlib
import shlex
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ.get("MEMWALL_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("MEMWALL_PROGRAM", str(SOURCE / "build/release/memwall"))
CATALOG = SOURCE / "tests/cli/catalog"
GOLDEN = SOURCE / "tests/cli/golden"


def cases():
    return sorted(GOLDEN.glob("*.txt"))


def report(case):
    """What the file of a case should hold."""
    line = case.read_text(encoding="utf-8").split("\n", 1)[0]
    words = shlex.split(line)
    if words[:2] != ["$", "memwall"]:
        raise ValueError(f"{case}: the first line is not '$ memwall ...'")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [PROGRAM, *words[2:]],
            cwd=folder,
            env={**os.environ, "MEMWALL_DATA": str(CATALOG)},
            capture_output=True,
            text=True,
            check=False,
        )
    text = f"{line}\n{done.stdout}"
    if done.stderr:
        text += f"(standard error)\n{done.stderr}"
    text = text.replace(str(CATALOG), "CATALOG").replace(str(folder), "FOLDER")
    return text + f"(exit code {done.returncode})\n"
