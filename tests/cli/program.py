"""Runs the program as a user would, for the tests of this folder."""

import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(os.environ.get("MEMWALL_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
PROGRAM = os.environ.get("MEMWALL_PROGRAM", str(SOURCE / "build/release/memwall"))
TOYS = SOURCE / "tests/cli/catalog"

YES, NO, USAGE, FILE = 0, 1, 2, 3


def run(*arguments, data=SOURCE, **options):
    """The finished process of `memwall arguments...`, on the project's catalog or on the toys' (`data=TOYS`)."""
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run(
        [PROGRAM, *arguments],
        env={**os.environ, "MEMWALL_DATA": str(data)},
        text=True,
        check=False,
        **options,
    )


def answer(*arguments, data=SOURCE, codes=(YES,)):
    """What `memwall arguments... --format json` answers."""
    done = run(*arguments, "--format", "json", data=data)
    if done.returncode not in codes or done.stderr:
        raise AssertionError(f"memwall {' '.join(arguments)}: exit code {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)
