#include "results/hdf5_header.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <stdexcept>

#include "results/hdf5_table.hpp"
#include "results/utf8.hpp"

namespace memwall::results::hdf5 {
namespace {

std::string inside(const std::string& name) {
  std::string path = made_utf8(name);
  while (path.starts_with("/") || path.starts_with("./")) path.erase(0, path.find('/') + 1);
  return path.empty() || path == "." ? "unnamed" : path;
}

void write_input(hid_t group, const Input& input) {
  const Handle type = fixed_text_type(input.text.size());
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle link(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  check(H5Pset_create_intermediate_group(link.id(), 1));
  check(H5Pset_char_encoding(link.id(), H5T_CSET_UTF8));
  const Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  check(H5Pset_obj_track_times(properties.id(), false));
  const Handle dataset(
      H5Dcreate2(group, input.name.c_str(), type.id(), space.id(), link.id(), properties.id(), H5P_DEFAULT),
      H5Dclose);
  check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                 input.text.empty() ? "" : input.text.data()));
}

Input read_input(hid_t dataset, const std::string& name) {
  const Handle type(H5Dget_type(dataset), H5Tclose);
  std::string text(H5Tget_size(type.id()), '\0');
  check(H5Dread(dataset, type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()));
  if (text == std::string(1, '\0')) text.clear();  // HDF5 has no text of no bytes
  return {name, std::move(text)};
}

void read_inputs(hid_t group, const std::string& prefix, std::vector<Input>& inputs) {
  for (const std::string& name : names_in(group)) {
    const Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
    if (H5Iget_type(object.id()) == H5I_GROUP) {
      read_inputs(object.id(), prefix + name + "/", inputs);
    } else {
      inputs.push_back(read_input(object.id(), prefix + name));
    }
  }
}

}  // namespace

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

void write_origin(hid_t file, const Origin& origin, const std::string& fingerprint) {
  write_attribute(file, "format_version", format_version);
  write_attribute(file, "program", made_utf8(origin.program));
  write_attribute(file, "program_version", made_utf8(origin.program_version));
  write_attribute(file, "command_line", made_utf8(origin.command_line));
  write_attribute(file, "created", origin.created.empty() ? utc_now() : made_utf8(origin.created));
  write_attribute(file, "fingerprint", made_utf8(fingerprint));
}

std::vector<Input> distinct(const std::vector<Input>& inputs) {
  std::vector<Input> result;
  for (const Input& input : inputs) {
    const std::string name = inside(input.name);
    const auto same =
        std::find_if(result.begin(), result.end(), [&](const Input& other) { return other.name == name; });
    if (same == result.end()) {
      result.push_back({name, input.text});
    } else if (same->text != input.text) {
      throw std::invalid_argument("two inputs named '" + name + "'");
    }
  }
  return result;
}

void write_inputs(hid_t file, const std::vector<Input>& inputs) {
  const Handle group(H5Gcreate2(file, inputs_group, H5P_DEFAULT, ordered_group().id(), H5P_DEFAULT),
                     H5Gclose);
  for (const Input& input : inputs) write_input(group.id(), input);
}

void expect_format(hid_t file) {
  if (H5Aexists(file, "format_version") <= 0) throw Failure("is no result file of memwall");
  const std::int64_t version = read_integer_attribute(file, "format_version");
  if (version > format_version) {
    throw Failure("has format " + std::to_string(version) + ", which is later than this program's " +
                  std::to_string(format_version));
  }
}

Header read_header(hid_t file) {
  Header header;
  header.origin = {read_text_attribute(file, "program"), read_text_attribute(file, "program_version"),
                   read_text_attribute(file, "command_line"), read_text_attribute(file, "created")};
  header.fingerprint = read_text_attribute(file, "fingerprint");
  const Handle group(H5Gopen2(file, inputs_group, H5P_DEFAULT), H5Gclose);
  read_inputs(group.id(), "", header.inputs);
  return header;
}

}  // namespace memwall::results::hdf5
