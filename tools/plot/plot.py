#!/usr/bin/python3
"""Draws a figure from a result file of memwall.

    plot.py KIND RESULTS.h5 --output FILE.png|svg|pdf [--select COLUMN=VALUE ...]
            [--width column|page] [--title TEXT]

Exit codes: 0 drawn, 2 wrong usage or a selection that leaves nothing to draw, 3 a file that cannot be read or
written. `memwall plot` calls this program.
"""

import argparse
import pathlib
import sys
import warnings

sys.dont_write_bytecode = True  # an installed copy may be read-only

from memwall_plot import errors, figures, style  # noqa: E402
from memwall_plot.data import Results  # noqa: E402


LONGEST_TITLE = 200
UNREADABLE = 3  # exit code


def parse_selection(text):
    column, equals, value = text.partition("=")
    if not equals or not column:
        raise argparse.ArgumentTypeError(f"'{text}' is not COLUMN=VALUE, for example device=nvidia-h100-sxm")
    return column.strip(), value.strip()


def parse_output(text):
    path = pathlib.Path(text)
    if path.suffix not in style.FORMATS:
        raise argparse.ArgumentTypeError(f"'{text}' does not end in {', '.join(style.FORMATS)}")
    return path


def parse_title(text):
    if len(text) > LONGEST_TITLE:
        raise argparse.ArgumentTypeError(f"a title of {len(text)} characters; at most {LONGEST_TITLE} have room")
    return text.replace("$", r"\$")  # a dollar, not mathematics


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog="memwall plot", description="Draws a figure from a result file of memwall.",
        epilog="Kinds: " + "; ".join(f"{name}: {figure.SUMMARY}" for name, figure in figures.KINDS.items()) + ".")
    parser.add_argument("kind", metavar="KIND", choices=figures.KINDS, help=" | ".join(figures.KINDS))
    parser.add_argument("results", metavar="RESULTS", type=pathlib.Path, help="what memwall run wrote")
    parser.add_argument("--output", required=True, metavar="FILE", type=parse_output,
                        help="the figure: " + ", ".join("*" + suffix for suffix in style.FORMATS))
    parser.add_argument("--select", action="append", default=[], metavar="COLUMN=VALUE", type=parse_selection,
                        help="only points with this value in a column of the table of points; given twice for a column, either")
    parser.add_argument("--width", choices=style.WIDTHS, default="column",
                        help="of a two-column page: a column, 8.5 cm, or both, 17.8 cm (default: column)")
    parser.add_argument("--title", metavar="TEXT", type=parse_title, help="in place of the figure's own; empty for none")
    return parser.parse_args(arguments)


def tell(message, *_):
    print(f"memwall plot: {message}", file=sys.stderr)


def main(arguments):
    options = parse_arguments(arguments)
    warnings.showwarning = tell
    try:
        kind = figures.KINDS[options.kind]
        if hasattr(kind, "read"):
            results = kind.read(options.results, options.select)
        else:
            results = Results(options.results, options.select, getattr(kind, "TABLE", "estimates"))
        style.apply()
        figure = kind.draw(results, options.title, style.WIDTHS[options.width])
        style.save(figure, options.output)
    except errors.PlotError as error:
        tell(error)
        return error.exit_code
    except Exception as error:  # a damaged file may fail anywhere in the libraries that read it
        tell(f"{options.results} cannot be drawn: {type(error).__name__}: {' '.join(str(error).split())[:200]}")
        return UNREADABLE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
