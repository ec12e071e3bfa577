#pragma once

#include <hdf5.h>

/// HDF5's way to a file that is being written, in place of its own `sec2` driver.
///
/// When a disk is full, HDF5 1.10 fails to close the file: what it could not write stays in its cache, the
/// identifier stays open, and the process crashes at exit when HDF5 tries again. This driver remembers the
/// first errno and from then on takes every write for done, so that the file closes in peace; whoever wrote
/// it asks for the error and throws the file away. It also flushes the file to disk before closing it.
namespace memwall::results {

/// Makes files that are opened with the property list go through the driver. The first error's errno is put
/// into `error`, which must outlive the file; 0 for none.
void write_through_disk_driver(hid_t file_access, int& error);

}  // namespace memwall::results
