"""The kinds of figures by the name that the command line knows. Each module has SUMMARY and draw(results, title),
and TABLE where its points are another table than /estimates, or read(path, selection) where it draws no result file."""

from . import (balance, case_study, fit_matrix, hardware_scaling, memory_breakdown, memory_wall, model_size, roofline,
               timeline, training_compute)

KINDS = {"roofline": roofline, "memory-wall": memory_wall, "fit-matrix": fit_matrix,
         "case-study": case_study, "timeline": timeline, "hardware-scaling": hardware_scaling, "model-size": model_size,
         "training-compute": training_compute, "memory-breakdown": memory_breakdown, "balance": balance}
