"""The kinds of figures by the name that the command line knows. Each module has SUMMARY and draw(results, title),
and TABLE where its points are another table than /estimates, or read(path, selection) where it draws no result file."""

from . import case_study, fit_matrix, memory_wall, roofline, timeline

KINDS = {"roofline": roofline, "memory-wall": memory_wall, "fit-matrix": fit_matrix,
         "case-study": case_study, "timeline": timeline}
