"""Commands in documents and help texts, and what they print.

A fence ```console holds a session: `$ ` begins a command line (bash, in the repository's root), what follows up to the
next one is its output, which must be the real one. A fence ```sh holds commands to be typed; their output is not shown.
"""

import os
import pathlib
import re
import subprocess
import tempfile

from program import PROGRAM, SOURCE

# What the commands of a document may find in their working folder.
FOLDERS = ("hardware", "workloads", "recipes", "optimizers", "studies", "tools", "docs", "tests")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def documents():
    return [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", *sorted((SOURCE / "docs").glob("*.md"))]


class Workplace:
    """A folder that looks like the repository's root, where results may be written; `with Workplace() as place`."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        for name in FOLDERS:
            os.symlink(SOURCE / name, pathlib.Path(self.folder.name) / name)
        programs = pathlib.Path(self.folder.name) / "bin"
        programs.mkdir()
        os.symlink(PROGRAM, programs / "memwall")
        return self

    def __exit__(self, *error):
        self.folder.cleanup()

    def run(self, line):
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.folder.name,
            env={
                **os.environ,
                "MEMWALL_DATA": str(SOURCE),
                "PATH": f"{self.folder.name}/bin:{os.environ['PATH']}",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )


def sessions(text):
    """Every console fence: its place and its text."""
    for fence in FENCE.finditer(text):
        if fence.group(1) == "console":
            yield fence.span(2), fence.group(2)


def commands_of(session):
    """The command lines of a session. A line that ends in a backslash goes on in the next."""
    lines = session.split("\n")
    for number, line in enumerate(lines):
        if not line.startswith("$ "):
            continue
        command = line
        while command.endswith("\\"):
            number += 1
            command += "\n" + lines[number]
        yield command


def replayed(session, place):
    """The session with the output that its commands have today."""
    text = ""
    for command in commands_of(session):
        done = place.run(command[2:])
        text += f"{command}\n{done.stdout}{done.stderr}"
    return text


def shell_commands(text):
    """memwall's command lines in the sh fences of a document, without their comments."""
    for fence in FENCE.finditer(text):
        if fence.group(1) != "sh":
            continue
        for line in fence.group(2).replace("\\\n", " ").split("\n"):
            if line.startswith("memwall "):
                yield line.split("  #")[0].strip()


def help_examples():
    """Every example of every help text."""
    with Workplace() as place:
        overview = place.run("memwall help").stdout
        names = re.findall(r"^  (\w+)  ", overview, re.MULTILINE)
        texts = [overview, *(place.run(f"memwall help {name}").stdout for name in names)]
    for text in texts:
        match = re.search(r"^[Ee]xamples:\n((?:  .*\n)*)", text, re.MULTILINE)
        yield from (line.strip() for line in match.group(1).splitlines()) if match else ()


def refresh(document):
    """Puts real output into a document; returns whether that changed it."""
    before = document.read_text(encoding="utf-8")
    now = before
    with Workplace() as place:
        for (begin, end), session in reversed(list(sessions(before))):
            now = now[:begin] + replayed(session, place) + now[end:]
    if now != before:
        document.write_text(now, encoding="utf-8")
    return now != before

