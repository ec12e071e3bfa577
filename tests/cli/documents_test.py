"""Every command that a document or a help text shows runs, and prints what the document shows."""

import difflib
import pathlib
import re
import unittest

from documents import Workplace, documents, help_examples, replayed, sessions, shell_commands
from program import NO, SOURCE, YES, run


class Documents(unittest.TestCase):
    def test_every_session_prints_what_is_shown(self):
        shown = 0
        for document in documents():
            with Workplace() as place:
                for _, session in sessions(document.read_text(encoding="utf-8")):
                    with self.subTest(document=document.name, session=session.split("\n")[0]):
                        now = replayed(session, place)
                        difference = difflib.unified_diff(session.splitlines(), now.splitlines(), lineterm="")
                        self.assertEqual(session, now, "tools/approve refreshes it:\n" + "\n".join(difference))
                        shown += 1
        self.assertGreater(shown, 0)

    def test_every_command_shown_without_output_runs(self):
        for document in documents():
            with Workplace() as place:
                for line in shell_commands(document.read_text(encoding="utf-8")):
                    with self.subTest(document=document.name, line=line):
                        done = place.run(line)
                        self.assertIn(done.returncode, (YES, NO), done.stderr)

    def test_every_file_shown_in_yaml_is_read(self):
        read = {
            "study": "memwall run {file} --output x.h5 --quiet",
            "plan": "memwall fit gpt-3-175b dgx-a100 --plan {file}",
            "workload": "memwall count {file}",
            "other": "memwall show {file}",
        }
        for name in ("docs/formats.md", "docs/workload-language.md", "hardware/README.md"):
            text = (SOURCE / name).read_text(encoding="utf-8")
            for number, shown in enumerate(re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)):
                kind = "other"
                for key, what in (("grid:", "study"), ("trends:", "study"), ("devices:", "plan"), ("layers:", "workload")):
                    if re.search(f"^{key}", shown, re.MULTILINE):
                        kind = what
                with self.subTest(document=name, number=number), Workplace() as place:
                    # A file is named after its id.
                    identity = re.search(r"^id: ([\w.-]+)", shown, re.MULTILINE)
                    file = pathlib.Path(place.folder.name) / f"{identity.group(1) if identity else 'plan'}.yaml"
                    file.write_text(shown, encoding="utf-8")
                    done = place.run(read[kind].format(file=file))
                    self.assertIn(done.returncode, (YES, NO), done.stderr)

    def test_the_library_example_is_the_program_that_the_installed_library_is_tested_with(self):
        readme = (SOURCE / "README.md").read_text(encoding="utf-8")
        program = (SOURCE / "tests/consumer/main.cpp").read_text(encoding="utf-8")
        self.assertIn(f"```cpp\n{program}```\n", readme)

    def test_every_link_to_a_file_leads_somewhere(self):
        for document in documents():
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
                with self.subTest(document=document.name, target=target):
                    self.assertTrue((document.parent / target).exists())


class HelpTexts(unittest.TestCase):
    def commands(self):
        return run("completion", "--words", "commands").stdout.split()

    def test_every_command_has_examples_and_tells_every_default(self):
        for command in self.commands():
            text = run(command, "--help").stdout
            with self.subTest(command=command):
                self.assertRegex(text, r"\nExamples:\n  \S")
                options = text.split("\nOptions:\n")[1].split("\nExamples:")[0]
                for option in re.split(r"\n(?=  --)", options):
                    flat = " ".join(option.split())
                    told = re.search("default|as often as you like|required|--help", flat)
                    self.assertTrue(told, f"{command} tells no default: {flat}")

    def test_every_example_runs(self):
        lines = list(dict.fromkeys(help_examples()))
        self.assertGreater(len(lines), 10)
        # What draws reads what a run has written.
        lines.sort(key=lambda line: line.startswith("memwall plot"))
        with Workplace() as place:
            place.run("mkdir -p results")
            for line in lines:
                with self.subTest(line=line):
                    done = place.run(line)
                    self.assertIn(done.returncode, (YES, NO), done.stderr)
                    if done.returncode == NO:
                        self.assertRegex(line, "^memwall (fit|train|tables)")


if __name__ == "__main__":
    unittest.main()
