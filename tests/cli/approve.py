"""Rewrites golden reports; see tools/approve."""

import sys

import golden


def main(names):
    for case in golden.cases():
        if names and case.stem not in names:
            continue
        before = case.read_text(encoding="utf-8")
        now = golden.report(case)
        if now != before:
            case.write_text(now, encoding="utf-8")
            print(f"approved {case.relative_to(golden.SOURCE)}")


main(sys.argv[1:])
