"""Rewrites golden reports and the documents' sessions; see tools/approve."""

import sys

import documents
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
    for document in [] if names else documents.documents():
        if documents.refresh(document):
            print(f"approved {document.relative_to(golden.SOURCE)}")


main(sys.argv[1:])
