#include "results/hdf5_table.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace memwall::results::hdf5 {
namespace {

/// Big enough to compress well, small enough that every column's open chunk fits HDF5's cache of 1 MiB.
constexpr std::size_t chunk_bytes = std::size_t{128} << 10;
constexpr unsigned deflate_level = 4;

constexpr std::array<const char*, 4> show_names{"number", "plain", "quantity", "percent"};

const char* show_name(Show show) { return show_names[static_cast<std::size_t>(show)]; }

Show show_of(const std::string& name) {
  const auto* found = std::find(show_names.begin(), show_names.end(), name);
  return found == show_names.end() ? Show::number : static_cast<Show>(found - show_names.begin());
}

std::size_t longest(const std::vector<std::string>& texts) {
  std::size_t size = 0;
  for (const std::string& text : texts) size = std::max(size, text.size());
  return size;
}

/// Types of a column's values: in the file (the same on every machine) and in memory.
struct Types {
  Handle file;
  Handle memory;
};

Handle copy_of(hid_t type) { return {H5Tcopy(type), H5Tclose}; }

Types types_of(const Values& values, std::size_t width) {
  if (std::holds_alternative<std::vector<double>>(values)) {
    return {copy_of(H5T_IEEE_F64LE), copy_of(H5T_NATIVE_DOUBLE)};
  }
  if (std::holds_alternative<std::vector<std::int64_t>>(values)) {
    return {copy_of(H5T_STD_I64LE), copy_of(H5T_NATIVE_INT64)};
  }
  if (std::holds_alternative<std::vector<bool>>(values)) return {truth_type(), truth_type()};
  return {fixed_text_type(width), fixed_text_type(width)};
}

Handle dataset_properties(std::size_t rows, std::size_t value_size) {
  const hsize_t chunk = std::clamp<std::size_t>(chunk_bytes / value_size, 1, std::max<std::size_t>(rows, 1));
  Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  check(H5Pset_chunk(list.id(), 1, &chunk));
  check(H5Pset_shuffle(list.id()));
  check(H5Pset_deflate(list.id(), deflate_level));
  check(H5Pset_obj_track_times(list.id(), false));
  return list;
}

/// Values as they lie in memory for HDF5: vector<bool> has bits, and texts want one width.
std::vector<char> packed(const std::vector<bool>& truths) { return {truths.begin(), truths.end()}; }

std::vector<char> packed(const std::vector<std::string>& texts, std::size_t width) {
  std::vector<char> bytes(texts.size() * width, '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::memcpy(bytes.data() + i * width, texts[i].data(), texts[i].size());
  }
  return bytes;
}

void write_rows(hid_t dataset, hid_t type, hsize_t first, hsize_t count, const void* values) {
  if (count == 0) return;
  const Handle space(H5Dget_space(dataset), H5Sclose);
  check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, &first, nullptr, &count, nullptr));
  const Handle memory(H5Screate_simple(1, &count, nullptr), H5Sclose);
  check(H5Dwrite(dataset, type, memory.id(), space.id(), H5P_DEFAULT, values));
}

void write_values(hid_t dataset, hid_t type, hsize_t first, const Values& values) {
  std::visit(
      [&](const auto& vector) {
        using Value = typename std::decay_t<decltype(vector)>::value_type;
        if constexpr (std::is_same_v<Value, bool>) {
          write_rows(dataset, type, first, vector.size(), packed(vector).data());
        } else if constexpr (std::is_same_v<Value, std::string>) {
          write_rows(dataset, type, first, vector.size(), packed(vector, H5Tget_size(type)).data());
        } else {
          write_rows(dataset, type, first, vector.size(), vector.data());
        }
      },
      values);
}

Handle open_dataset(hid_t group, const std::string& name) {
  return {H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose};
}

Handle open_group(hid_t file, const std::string& name) {
  return {H5Gopen2(file, name.c_str(), H5P_DEFAULT), H5Gclose};
}

std::size_t rows_of(hid_t dataset, const std::string& name) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  if (H5Sget_simple_extent_ndims(space.id()) != 1)
    throw Failure("column '" + name + "' has not one dimension");
  hsize_t rows = 0;
  check(H5Sget_simple_extent_dims(space.id(), &rows, nullptr));
  return rows;
}

/// No values, of the type that a dataset holds.
Values values_of_type(hid_t type, const std::string& name) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return std::vector<double>();
    case H5T_INTEGER:
      return std::vector<std::int64_t>();
    case H5T_ENUM:
      return std::vector<bool>();
    case H5T_STRING:
      if (H5Tis_variable_str(type) == 0) return std::vector<std::string>();
      break;
    default:
      break;
  }
  throw Failure("column '" + name + "' is of a type that no column has");
}

void read_all(hid_t dataset, hid_t type, void* values) {
  check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
}

void read_values(hid_t dataset, const Types& types, std::vector<bool>& truths, std::size_t rows) {
  std::vector<char> bytes(rows);
  read_all(dataset, types.memory.id(), bytes.data());
  truths.assign(bytes.begin(), bytes.end());
}

void read_values(hid_t dataset, const Types& types, std::vector<std::string>& texts, std::size_t rows) {
  const std::size_t width = H5Tget_size(types.memory.id());
  std::vector<char> bytes(rows * width);
  read_all(dataset, types.memory.id(), bytes.data());
  texts.reserve(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    const char* text = bytes.data() + i * width;
    texts.emplace_back(text, strnlen(text, width));
  }
}

template <class Number>
void read_values(hid_t dataset, const Types& types, std::vector<Number>& numbers, std::size_t rows) {
  numbers.resize(rows);
  read_all(dataset, types.memory.id(), numbers.data());
}

/// A column without its values, with how many it has and how wide its texts are.
struct StoredColumn {
  Column column;
  std::size_t rows;
  std::size_t width;
};

StoredColumn describe(hid_t dataset, const std::string& name) {
  const Handle type(H5Dget_type(dataset), H5Tclose);
  Column column{name,
                read_text_attribute(dataset, "units"),
                read_text_attribute(dataset, "description"),
                values_of_type(type.id(), name),
                show_of(read_text_attribute(dataset, "show")),
                read_text_attribute(dataset, "heading")};
  const bool text = std::holds_alternative<std::vector<std::string>>(column.values);
  return {std::move(column), rows_of(dataset, name), text ? H5Tget_size(type.id()) : 0};
}

}  // namespace

Extent::Extent(const Table& table) : rows(table.rows()) {
  for (const Column& column : table.columns) {
    const auto* texts = std::get_if<std::vector<std::string>>(&column.values);
    widths.push_back(texts == nullptr ? 0 : longest(*texts));
  }
}

void Extent::add(const Extent& more) {
  rows += more.rows;
  widths.resize(std::max(widths.size(), more.widths.size()));
  for (std::size_t i = 0; i < more.widths.size(); ++i) widths[i] = std::max(widths[i], more.widths[i]);
}

Handle ordered_group() {
  Handle list(H5Pcreate(H5P_GROUP_CREATE), H5Pclose);
  check(H5Pset_link_creation_order(list.id(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
  check(H5Pset_obj_track_times(list.id(), false));
  return list;
}

NewTable::NewTable(hid_t file, const Table& schema, const Extent& extent)
    : group_(H5Gcreate2(file, schema.name.c_str(), H5P_DEFAULT, ordered_group().id(), H5P_DEFAULT),
             H5Gclose) {
  write_attribute(group_.id(), "title", schema.title);
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    columns_.push_back(create_column(group_.id(), schema.columns[i], extent.rows, extent.widths[i]));
  }
}

NewTable::NewColumn NewTable::create_column(hid_t group, const Column& column, std::size_t rows,
                                            std::size_t width) {
  Types types = types_of(column.values, width);
  const Handle properties = dataset_properties(rows, H5Tget_size(types.file.id()));
  const hsize_t size = rows;
  const hsize_t unlimited = H5S_UNLIMITED;
  const Handle space(H5Screate_simple(1, &size, &unlimited), H5Sclose);
  Handle dataset(H5Dcreate2(group, column.name.c_str(), types.file.id(), space.id(), H5P_DEFAULT,
                            properties.id(), H5P_DEFAULT),
                 H5Dclose);
  write_attribute(dataset.id(), "units", column.unit);
  write_attribute(dataset.id(), "description", column.description);
  write_attribute(dataset.id(), "show", show_name(column.show));
  if (!column.heading.empty()) write_attribute(dataset.id(), "heading", column.heading);
  return {std::move(dataset), std::move(types.memory)};
}

void NewTable::append(const Table& rows) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    write_values(columns_[i].dataset.id(), columns_[i].type.id(), filled_, rows.columns[i].values);
  }
  filled_ += rows.rows();
}

std::vector<std::string> names_in(hid_t group) {
  // A file's own properties do not tell the order of its root: the root group's do.
  const Handle self(H5Gopen2(group, ".", H5P_DEFAULT), H5Gclose);
  const Handle properties(H5Gget_create_plist(self.id()), H5Pclose);
  unsigned order = 0;
  check(H5Pget_link_creation_order(properties.id(), &order));
  const H5_index_t index = (order & H5P_CRT_ORDER_INDEXED) != 0 ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;

  H5G_info_t info{};
  check(H5Gget_info(group, &info));
  std::vector<std::string> names;
  for (hsize_t i = 0; i < info.nlinks; ++i) {
    const auto name_of = [&](char* buffer, std::size_t size) {
      return H5Lget_name_by_idx(group, ".", index, H5_ITER_INC, i, buffer, size, H5P_DEFAULT);
    };
    const ::ssize_t size = name_of(nullptr, 0);
    check(size < 0 ? -1 : 0);
    std::string name(static_cast<std::size_t>(size), '\0');
    check(name_of(name.data(), name.size() + 1) < 0 ? -1 : 0);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> table_names(hid_t file) {
  std::vector<std::string> names = names_in(file);
  std::erase(names, inputs_group);
  return names;
}

Outline outline(hid_t file, const std::string& table) {
  const Handle group = open_group(file, table);
  Outline result{{table, read_text_attribute(group.id(), "title"), {}}, {}};
  for (const std::string& name : names_in(group.id())) {
    StoredColumn stored = describe(open_dataset(group.id(), name).id(), name);
    if (result.schema.columns.empty()) result.extent.rows = stored.rows;
    if (stored.rows != result.extent.rows) {
      throw Failure("column '" + name + "' has another length than the first");
    }
    result.schema.columns.push_back(std::move(stored.column));
    result.extent.widths.push_back(stored.width);
  }
  return result;
}

Table read_table(hid_t file, const std::string& table) {
  Outline stored = outline(file, table);
  const Handle group = open_group(file, table);
  for (std::size_t i = 0; i < stored.schema.columns.size(); ++i) {
    Column& column = stored.schema.columns[i];
    const Handle dataset = open_dataset(group.id(), column.name);
    const Types types = types_of(column.values, stored.extent.widths[i]);
    std::visit([&](auto& values) { read_values(dataset.id(), types, values, stored.extent.rows); },
               column.values);
  }
  return std::move(stored.schema);
}

}  // namespace memwall::results::hdf5
