#pragma once

#include <filesystem>
#include <string>

#include "memwall/results/file.hpp"

/// POSIX files, with the system's reason in every error.
namespace memwall::results::disk {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// Throws BadFile with the system's words for an errno.
[[noreturn]] void refuse(const std::filesystem::path& file, int error);

/// Throws BadFile where the file cannot be opened for reading or is a folder.
void expect_readable(const std::filesystem::path& file);

/// Throws BadFile where a file of that name cannot be made: it is a folder or a device, or exists and may not
/// be replaced.
void expect_free(const std::filesystem::path& file, Existing existing);

/// Makes a folder, or takes the one that is there.
void make_folder(const std::filesystem::path& folder);

/// Gives a file, flushed already, its final name and flushes the folder.
void publish(const std::filesystem::path& from, const std::filesystem::path& to, Existing existing);

/// Removes a file; does nothing where there is none or it cannot be.
void remove_quietly(const std::filesystem::path& file) noexcept;

/// Takes the lock file of a folder, made where it is not there, for as long as the descriptor lives: also a
/// killed process frees it. Throws BadFile for `owner` where another process holds it.
[[nodiscard]] Descriptor lock(const std::filesystem::path& lock_file, const std::filesystem::path& owner);

/// Makes a file with that text and flushes it; errors name `owner`.
void write_text(const std::filesystem::path& temporary, const std::filesystem::path& owner,
                std::string_view text);

}  // namespace memwall::results::disk
