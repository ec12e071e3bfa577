#pragma once

#include <hdf5.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

/// The little of HDF5's C interface that every file here needs.
namespace memwall::results::hdf5 {

/// What HDF5 says is wrong; whoever knows the file's name makes a BadFile of it.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Keeps HDF5 from printing its errors while it lives: they are told by exceptions.
class Quiet {
 public:
  Quiet();
  ~Quiet();
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  H5E_auto2_t print_ = nullptr;
  void* data_ = nullptr;
};

/// Throws Failure with HDF5's reason for a negative result; else hands it on.
hid_t checked_id(hid_t id);
void check(herr_t result);

/// An identifier that closes itself.
class Handle {
 public:
  using CloseFunction = herr_t (*)(hid_t);

  Handle() = default;
  /// Throws Failure where `id` is none.
  Handle(hid_t id, CloseFunction function) : id_(checked_id(id)), close_(function) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }

  [[nodiscard]] hid_t id() const { return id_; }

  /// Closes now, and throws Failure where that fails.
  void close();

 private:
  hid_t id_ = H5I_INVALID_HID;
  CloseFunction close_ = nullptr;
};

/// UTF-8 text of exactly `size` bytes, filled up with zeros; a size of 0 is stored as 1.
[[nodiscard]] Handle fixed_text_type(std::size_t size);

/// A truth as h5py writes it: an enumeration of FALSE and TRUE in one byte.
[[nodiscard]] Handle truth_type();

/// Attributes: text as variable-length UTF-8, which h5py hands out as str and which has no 64 KiB limit.
void write_attribute(hid_t object, const char* name, const std::string& text);
void write_attribute(hid_t object, const char* name, std::int64_t value);
[[nodiscard]] std::string read_text_attribute(hid_t object, const char* name);  ///< empty where absent
[[nodiscard]] std::int64_t read_integer_attribute(hid_t object, const char* name);

}  // namespace memwall::results::hdf5
