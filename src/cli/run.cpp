#include <algorithm>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <tbb/parallel_for.h>
#include <unistd.h>

#include "cli/command.hpp"
#include "cli/common.hpp"
#include "cli/draw.hpp"
#include "cli/shell_line.hpp"
#include "cli/study_tables.hpp"
#include "cli/trends_answer.hpp"
#include "memwall/results/file.hpp"
#include "memwall/results/writer.hpp"
#include "memwall/study/run.hpp"
#include "memwall_build.hpp"

namespace memwall::cli {
namespace {

const Syntax& syntax() {
  static const Syntax syntax{
      "run",
      "Runs a study: prices and fits every point of its grid, or follows the trends that it asks for, and "
      "writes the rows into an HDF5 file, whole or not at all. A grid that was interrupted goes on where it "
      "stopped.",
      {{"STUDY", "a study of the catalog, or the path of a file"}},
      joined({{{"output", "FILE", "the result file (default: results/ID.h5, ID being the study's)"},
               {"figures", "FOLDER", "also draw the study's figures into this folder (default: none)"},
               {"quiet", "", "print no table (default: off)", Option::Kind::flag}},
              format_options()}),
      {"memwall run memory-wall", "memwall run studies/memory-wall.yaml --output wall.h5 --format csv",
       "memwall run memory-wall --quiet --figures figures"}};
  return syntax;
}

/// Tells how far a long run is, on a terminal alone.
class Progress {
 public:
  explicit Progress(std::int64_t points) : points_(points), shown_(isatty(fileno(stderr)) != 0) {}
  ~Progress() {
    if (shown_ && told_) cli::tell("\r\x1b[K");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void tell(std::int64_t done) {
    if (!shown_) return;
    cli::tell(fmt::format("\r{} of {} points", done, points_));
    told_ = true;
  }

 private:
  std::int64_t points_;
  bool shown_;
  bool told_ = false;
};

results::Header header_of(const study::Prepared& prepared, const std::string& command_line) {
  results::Header header;
  header.origin.program_version = build::version;
  header.origin.command_line = command_line;
  for (const auto& input : prepared.inputs()) header.inputs.push_back({input.name, input.text});
  header.fingerprint = results::fingerprint(header.inputs, build::version);
  return header;
}

/// Works out points [first, first + count) on all cores and puts them on disk.
void run_points(const study::Prepared& prepared, results::Points points, results::Writer& writer) {
  std::vector<study::EstimateRow> rows(static_cast<std::size_t>(points.count));
  tbb::parallel_for(std::int64_t{0}, points.count, [&](std::int64_t i) {
    rows[static_cast<std::size_t>(i)] = prepared.evaluate(points.first + i);
  });
  results::Table estimates = estimates_schema();
  results::Table operators = operators_schema();
  for (const study::EstimateRow& row : rows) add_rows(row, estimates, operators);
  writer.write(points, {estimates, operators});
}

void run_all(const study::Prepared& prepared, results::Writer& writer) {
  Progress progress(prepared.points());
  // Begins small so that a slow grid is soon safe on disk, and grows until a chunk takes about a second.
  std::int64_t chunk = 64;
  for (const results::Points& range : writer.missing(prepared.points())) {
    for (std::int64_t first = range.first; first < range.first + range.count;) {
      const results::Points points{first, std::min(chunk, range.first + range.count - first)};
      const auto begin = std::chrono::steady_clock::now();
      run_points(prepared, points, writer);
      first += points.count;
      progress.tell(writer.complete_points());
      const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
      if (taken.count() < 0.5) chunk = std::min<std::int64_t>(chunk * 2, 1 << 16);
      if (taken.count() > 2) chunk = std::max<std::int64_t>(chunk / 2, 1);
    }
  }
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw config::BadFile(folder.string(), error.message());
}

std::filesystem::path output_of(const Values& values, const study::Study& study) {
  if (const auto given = values.text("output")) return *given;
  std::filesystem::path folder = "results";
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  return folder / (study.id + ".h5");
}

/// Works out a grid into the file; what is printed of it.
void run_grid(study::Study study, const std::filesystem::path& file, const std::string& command_line,
              const Values& values) {
  const Format format = format_of(values);
  const Catalogs catalogs = open_catalogs();
  const study::Prepared prepared(std::move(study), catalogs.hardware, catalogs.workloads, catalogs.recipes);
  results::Writer writer(file, header_of(prepared, command_line), {estimates_schema(), operators_schema()},
                         results::Existing::replace);
  for (const std::string& line : writer.dropped()) tell(fmt::format("{}\n", line));
  if (writer.complete_points() > 0)
    tell(fmt::format("going on from {} of {} points\n", writer.complete_points(), prepared.points()));
  run_all(prepared, writer);
  writer.finish(prepared.points(), {devices_table(prepared)});

  if (values.on_off("quiet") != true)
    print(verdicts(results::read_table(file, "estimates"), prepared.study().name, format), format);
  tell(fmt::format("{} points in {}\n", prepared.points(), file.string()));
}

/// Follows trends into the file, and prints what `memwall trends` does.
void follow_trends(const study::Study& study, const std::filesystem::path& file,
                   const std::string& command_line, const Values& values) {
  const Format format = format_of(values);
  const TrendsAnswer answer =
      trends_over(study::selections(study.trends->points, study.trends->since, study.trends->until),
                  open_catalogs(), true);
  write_trends(file, command_line, {{study::input_name(study.file), study.text}}, answer);
  if (values.on_off("quiet") != true) print_trends(answer, {}, format);
  tell(fmt::format("{} points in {}\n", answer.trends.points.size(), file.string()));
}

/// Where figures go, if they are asked for; made at once, so that a bad path fails before a long run.
std::optional<std::filesystem::path> figures_folder(const Values& values, const study::Study& study) {
  const auto folder = values.text("figures");
  if (!folder) return std::nullopt;
  if (study.figures.empty()) {
    throw config::BadInput(
        Values::place("figures"),
        fmt::format("the study '{}' has no figures; leave the option out, or list some under figures in {}",
                    study.id, study.file));
  }
  make_folder(*folder);
  return *folder;
}

/// Draws all figures, also where one cannot be drawn; the first exit code that is not good.
int draw_figures(const study::Study& study, const std::filesystem::path& results,
                 const std::filesystem::path& folder) {
  int code = exit_yes;
  for (const study::FigureEntry& figure : study.figures) {
    const int one = draw_figure(figure, results, folder / figure.output);
    if (one == exit_yes) tell(fmt::format("{}\n", (folder / figure.output).string()));
    if (code == exit_yes) code = one;
  }
  return code;
}

}  // namespace

int run_study(const std::vector<std::string>& arguments) {
  const Values values = parse(syntax(), arguments);
  if (values.help()) return print(help_text(syntax())), exit_yes;
  study::Study study = study::read_study(study_file(values.positional(0)));
  const auto folder = figures_folder(values, study);
  const std::filesystem::path file = output_of(values, study);
  const std::string command_line = shell_line("run", arguments);
  if (study.trends) {
    follow_trends(study, file, command_line, values);
  } else {
    run_grid(study, file, command_line, values);
  }
  return folder ? draw_figures(study, file, *folder) : exit_yes;
}

}  // namespace memwall::cli
