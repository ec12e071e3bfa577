#include "results/disk_driver.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>

#include "results/hdf5.hpp"

// The functions below implement H5FD_class_t; HDF5's "Virtual File Layer" page says what each has to do.
namespace memwall::results {
namespace {

constexpr ::mode_t anyone_may_read = 0666;
constexpr haddr_t largest_address = std::numeric_limits<::off_t>::max();

struct Settings {
  int* error;
};

/// HDF5 knows the file by its first member.
struct DiskFile {
  H5FD_t base;
  int descriptor;
  haddr_t end_of_addresses;
  haddr_t end_of_file;
  int* error;
};

DiskFile& disk_file(H5FD_t* file) { return *reinterpret_cast<DiskFile*>(file); }
const DiskFile& disk_file(const H5FD_t* file) { return *reinterpret_cast<const DiskFile*>(file); }

void remember(const DiskFile& file, int error) {
  if (*file.error == 0) *file.error = error;
}

H5FD_t* open(const char* name, unsigned /*flags*/, hid_t access, haddr_t /*largest*/) {
  const auto* settings = static_cast<const Settings*>(H5Pget_driver_info(access));
  const int descriptor = ::open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, anyone_may_read);
  if (descriptor < 0) {
    *settings->error = errno;
    return nullptr;
  }
  auto file = std::make_unique<DiskFile>();
  file->descriptor = descriptor;
  file->error = settings->error;
  return &file.release()->base;
}

herr_t close(H5FD_t* base) {
  const std::unique_ptr<DiskFile> file(&disk_file(base));
  if (::fsync(file->descriptor) != 0) remember(*file, errno);
  if (::close(file->descriptor) != 0) remember(*file, errno);
  return 0;
}

herr_t query(const H5FD_t* /*file*/, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t end_of_addresses(const H5FD_t* file, H5FD_mem_t /*type*/) { return disk_file(file).end_of_addresses; }

herr_t set_end_of_addresses(H5FD_t* file, H5FD_mem_t /*type*/, haddr_t address) {
  disk_file(file).end_of_addresses = address;
  return 0;
}

haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t /*type*/) { return disk_file(file).end_of_file; }

herr_t read(H5FD_t* base, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t address, size_t size,
            void* buffer) {
  const DiskFile& file = disk_file(base);
  auto* to = static_cast<char*>(buffer);
  while (size > 0 && *file.error == 0) {
    const ::ssize_t got = ::pread(file.descriptor, to, size, static_cast<::off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) remember(file, errno);
    if (got <= 0) break;
    to += got;
    size -= static_cast<size_t>(got);
    address += static_cast<haddr_t>(got);
  }
  std::memset(to, 0, size);  // beyond the end of a file there are zeros
  return 0;
}

herr_t write(H5FD_t* base, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t address, size_t size,
             const void* buffer) {
  DiskFile& file = disk_file(base);
  const auto* from = static_cast<const char*>(buffer);
  while (size > 0 && *file.error == 0) {
    const ::ssize_t written = ::pwrite(file.descriptor, from, size, static_cast<::off_t>(address));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      remember(file, errno);
      break;
    }
    from += written;
    size -= static_cast<size_t>(written);
    address += static_cast<haddr_t>(written);
  }
  file.end_of_file = std::max(file.end_of_file, address + size);
  return 0;
}

herr_t truncate(H5FD_t* base, hid_t /*transfer*/, hbool_t /*closing*/) {
  DiskFile& file = disk_file(base);
  if (file.end_of_file == file.end_of_addresses) return 0;
  if (::ftruncate(file.descriptor, static_cast<::off_t>(file.end_of_addresses)) != 0) remember(file, errno);
  file.end_of_file = file.end_of_addresses;
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t result{};
#if H5_VERSION_GE(1, 13, 0)
  result.version = H5FD_CLASS_VERSION;
  result.value = static_cast<H5FD_class_value_t>(600);  // 512 to 65535 are for drivers of no library
#endif
  result.name = "memwall_disk";
  result.maxaddr = largest_address;
  result.fc_degree = H5F_CLOSE_STRONG;
  result.fapl_size = sizeof(Settings);
  result.open = open;
  result.close = close;
  result.query = query;
  result.get_eoa = end_of_addresses;
  result.set_eoa = set_end_of_addresses;
  result.get_eof = end_of_file;
  result.read = read;
  result.write = write;
  result.truncate = truncate;
  constexpr std::array<H5FD_mem_t, H5FD_MEM_NTYPES> metadata_apart{H5FD_FLMAP_DICHOTOMY};
  std::copy(metadata_apart.begin(), metadata_apart.end(), std::begin(result.fl_map));
  return result;
}

hid_t driver() {
  static const H5FD_class_t description = driver_class();
  static const hid_t id = H5FDregister(&description);
  return hdf5::checked_id(id);
}

}  // namespace

void write_through_disk_driver(hid_t file_access, int& error) {
  const Settings settings{&error};
  hdf5::check(H5Pset_driver(file_access, driver(), &settings));
}

}  // namespace memwall::results
