#include "results/hdf5.hpp"

#include <algorithm>

namespace memwall::results::hdf5 {
namespace {

/// HDF5 walks its error stack from the call that found the error outwards; the first is the reason.
herr_t take_first(unsigned depth, const H5E_error2_t* error, void* text) {
  if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(text) = error->desc;
  return 0;
}

std::string reason() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &text);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.empty() ? "HDF5 gives no reason" : text;
}

Handle scalar_space() { return {H5Screate(H5S_SCALAR), H5Sclose}; }

Handle variable_text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(H5Tset_size(type.id(), H5T_VARIABLE));
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8));
  return type;
}

Handle create_attribute(hid_t object, const char* name, hid_t type) {
  const Handle space = scalar_space();
  return {H5Acreate2(object, name, type, space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose};
}

}  // namespace

Quiet::Quiet() {
  H5Eget_auto2(H5E_DEFAULT, &print_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Quiet::~Quiet() { H5Eset_auto2(H5E_DEFAULT, print_, data_); }

hid_t checked_id(hid_t id) {
  if (id < 0) throw Failure(reason());
  return id;
}

void check(herr_t result) {
  if (result < 0) throw Failure(reason());
}

void Handle::close() {
  if (id_ >= 0) check(close_(std::exchange(id_, H5I_INVALID_HID)));
}

Handle fixed_text_type(std::size_t size) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(H5Tset_size(type.id(), std::max<std::size_t>(size, 1)));
  check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD));
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8));
  return type;
}

Handle truth_type() {
  Handle type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  for (const std::int8_t value : {std::int8_t{0}, std::int8_t{1}}) {
    check(H5Tenum_insert(type.id(), value == 0 ? "FALSE" : "TRUE", &value));
  }
  return type;
}

void write_attribute(hid_t object, const char* name, const std::string& text) {
  const Handle type = variable_text_type();
  const Handle attribute = create_attribute(object, name, type.id());
  const char* characters = text.c_str();
  check(H5Awrite(attribute.id(), type.id(), &characters));
}

void write_attribute(hid_t object, const char* name, std::int64_t value) {
  const Handle attribute = create_attribute(object, name, H5T_STD_I64LE);
  check(H5Awrite(attribute.id(), H5T_NATIVE_INT64, &value));
}

std::string read_text_attribute(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) return {};
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  const Handle type = variable_text_type();
  char* characters = nullptr;
  check(H5Aread(attribute.id(), type.id(), &characters));
  if (characters == nullptr) return {};
  std::string text = characters;
  check(H5free_memory(characters));
  return text;
}

std::int64_t read_integer_attribute(hid_t object, const char* name) {
  const Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose);
  std::int64_t value = 0;
  check(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value));
  return value;
}

}  // namespace memwall::results::hdf5
