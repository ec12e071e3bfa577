"""Reading result files: docs/formats.md tells their layout."""

import difflib

import h5py
import numpy

from .errors import BadFile, WrongUsage


class Table:
    """Columns of equal length by name; knows its file so that a missing column is told with its place."""

    def __init__(self, file, name, columns):
        self.file = file
        self.name = name
        self.columns = columns

    def __len__(self):
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, column):
        """The column's values, an array."""
        if column not in self.columns:
            raise BadFile(f"{self.file}: table '{self.name}' has no column '{column}'; it has: "
                          + ", ".join(self.columns))
        return self.columns[column]

    def where(self, mask):
        """The rows for which the mask is true."""
        return Table(self.file, self.name, {name: values[mask] for name, values in self.columns.items()})

    def row(self, index):
        """One row as a mapping that names missing columns as the table does."""
        return Row(self, index)

    def rows(self):
        return [self.row(index) for index in range(len(self))]

    def varying(self, columns):
        """Those of the columns that hold more than one value."""
        return [name for name in columns if name in self.columns and len(numpy.unique(self.columns[name])) > 1]


class Row:
    def __init__(self, table, index):
        self.table = table
        self.index = index

    def __getitem__(self, column):
        return self.table[column][self.index]


class Results:
    """A result file. `estimates` are the selected points, of the table `points`; the other tables follow them."""

    def __init__(self, path, selection=(), points="estimates"):
        self.path = path
        try:
            with h5py.File(path, "r") as file:
                self.tables = {name: read_table(path, name, group) for name, group in file.items()
                               if isinstance(group, h5py.Group) and name != "inputs"}
        except OSError as error:
            raise BadFile(f"{path}: {reason(error)}") from error
        self.selection = list(selection)
        self.estimates = self.selected_points(points)

    def table(self, name):
        if name not in self.tables:
            raise BadFile(f"{self.path}: has no table '{name}'; it has: " + ", ".join(self.tables))
        return self.tables[name]

    def selected_points(self, name):
        estimates = self.table(name)
        for column in dict.fromkeys(column for column, _ in self.selection):
            if column not in estimates.columns:
                raise WrongUsage(f"--select {column}: /{name} has no such column{hint(column, estimates.columns)}")
            values = [value for selected, value in self.selection if selected == column]
            known = estimates[column]
            mask = numpy.zeros(len(estimates), bool)
            for value in values:
                hit = equal(known, value)
                if not hit.any():
                    raise WrongUsage(f"--select {column}={value}: nothing has it{hint(value, distinct_texts(known))}")
                mask |= hit
            estimates = estimates.where(mask)
        if len(estimates) == 0:
            raise WrongUsage(f"{self.path}: no point has been selected")
        return estimates

    def operators_of(self, point):
        operators = self.table("operators")
        return operators.where(operators["point"] == point)

    def device(self, device, recipe):
        """The device's row of /devices; its peaks are those of the recipe."""
        devices = self.table("devices")
        found = numpy.flatnonzero((devices["device"] == device) & (devices["recipe"] == recipe))
        if len(found) == 0:
            raise BadFile(f"{self.path}: table 'devices' has no device '{device}' in recipe '{recipe}'")
        return devices.row(found[0])

    def devices(self):
        """Rows of /devices, of the selected devices where devices are selected."""
        devices = self.table("devices")
        if any(column in ("device", "device_name") for column, _ in self.selection):
            return devices.where(numpy.isin(devices["device"], self.estimates["device"])).rows()
        return devices.rows()


def read_table(path, name, group):
    columns = {}
    for column, dataset in group.items():
        texts = h5py.check_string_dtype(dataset.dtype) is not None
        columns[column] = dataset.asstr()[:].astype(str) if texts else dataset[:]
    if len({len(values) for values in columns.values()}) > 1:
        raise BadFile(f"{path}: table '{name}' has columns of unequal length")
    return Table(path, name, columns)


def reason(error):
    """The system's words, or what HDF5 says where the file is none."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder"
    if isinstance(error, PermissionError):
        return "permission denied"
    if "truncated" in str(error):
        return "was cut short"
    if "signature not found" in str(error):
        return "is no HDF5 file"
    return str(error)


def equal(values, text):
    """Where the values are what the text says."""
    if values.dtype.kind == "U":
        return values == text
    if values.dtype.kind == "b":
        return values == {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), None)
    try:
        return values == float(text)
    except ValueError:
        return numpy.zeros(len(values), bool)


def distinct_texts(values):
    return [str(value) for value in numpy.unique(values)]


def hint(word, known):
    """What might have been meant, or what there is."""
    known = list(known)
    near = difflib.get_close_matches(word, known, 1)
    if near:
        return f"; did you mean '{near[0]}'?"
    shown = ", ".join(known[:12])
    return f"; there is: {shown}{', ...' if len(known) > 12 else ''}"


# What tells points of one workload on one device apart.
CHOICES = ("phase", "batch", "sequence", "recipe", "optimizer", "devices", "system")


def expect_one(points, what, columns=CHOICES):
    """Refuses more than one point where a figure has room for one, and says how they differ."""
    if len(points) == 1:
        return
    differing = points.varying(columns)
    how = "; ".join(f"{name}: {', '.join(distinct_texts(points[name]))}" for name in differing)
    raise WrongUsage(f"{len(points)} points for {what}; choose one with --select"
                     + (f" ({how})" if how else f" point={points['point'][0]}, for example"))
