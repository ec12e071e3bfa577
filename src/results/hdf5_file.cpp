#include "results/hdf5_file.hpp"

#include "memwall/config/problem.hpp"
#include "results/disk.hpp"
#include "results/disk_driver.hpp"

namespace memwall::results::hdf5 {
namespace {

Handle access_list() {
  Handle list(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(H5Pset_fclose_degree(list.id(), H5F_CLOSE_STRONG));
  return list;
}

/// Whether HDF5 may open it although the file system has no locks.
void tolerate_missing_locks([[maybe_unused]] hid_t access) {
#if H5_VERSION_GE(1, 10, 7)
  check(H5Pset_file_locking(access, true, true));
#endif
}

Handle create_file(const std::filesystem::path& file, int& error) {
  const Handle access = access_list();
  write_through_disk_driver(access.id(), error);
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  check(H5Pset_link_creation_order(creation.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  check(H5Pset_obj_track_times(creation.id(), false));
  return {H5Fcreate(file.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), H5Fclose};
}

}  // namespace

NewFile::NewFile(std::filesystem::path file, std::filesystem::path owner)
    : path_(std::move(file)), owner_(std::move(owner)), error_(std::make_unique<int>(0)) {
  try {
    file_ = create_file(path_, *error_);
  } catch (const Failure& failure) {
    refuse(failure);
  }
}

NewFile::~NewFile() {
  if (closed_) return;
  file_ = Handle();
  disk::remove_quietly(path_);
}

void NewFile::expect_no_error() const {
  if (*error_ != 0) disk::refuse(owner_, *error_);
}

void NewFile::refuse(const Failure& failure) const {
  expect_no_error();
  throw config::BadFile(owner_.string(), failure.what());
}

void NewFile::close() {
  expect_no_error();
  try {
    file_.close();
  } catch (const Failure& failure) {
    refuse(failure);
  }
  expect_no_error();
  closed_ = true;
}

Handle open_file(const std::filesystem::path& file) {
  disk::expect_readable(file);
  if (H5Fis_hdf5(file.c_str()) <= 0) throw config::BadFile(file.string(), "is no HDF5 file");
  try {
    const Handle access = access_list();
    tolerate_missing_locks(access.id());
    return {H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose};
  } catch (const Failure& failure) {
    throw config::BadFile(file.string(), std::string("is damaged or was cut short (") + failure.what() + ")");
  }
}

}  // namespace memwall::results::hdf5
