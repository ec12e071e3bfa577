"""Every golden report is what the program prints today."""

import difflib
import unittest

import golden


class GoldenReports(unittest.TestCase):
    def test_every_report_is_as_approved(self):
        self.assertTrue(golden.cases(), "no golden reports found")
        for case in golden.cases():
            with self.subTest(case=case.name):
                approved = case.read_text(encoding="utf-8")
                now = golden.report(case)
                difference = difflib.unified_diff(
                    approved.splitlines(), now.splitlines(), "approved", "now", lineterm=""
                )
                self.assertEqual(approved, now, "tools/approve refreshes it:\n" + "\n".join(difference))


if __name__ == "__main__":
    unittest.main()
