# Completion of memwall in bash: commands, options, their values, and the names of models, devices and the rest.
# Load it with `source <(memwall completion)`. What an option takes is read off the help text of its command, names
# off `memwall completion --words`, so that nothing is listed here a second time.

# The lines of a command's help that describe an option: "--format table|json|csv".
_memwall_options() {
  local line
  while IFS= read -r line; do
    [[ $line =~ ^"  "(--[a-z-]+)(.*) ]] && echo "${BASH_REMATCH[1]}${BASH_REMATCH[2]%%   *}"
  done < <("$1" "$2" --help 2>/dev/null)
}

# Words that the help of an argument lists: "one of workloads, accelerators ..." gives workloads accelerators ...
_memwall_listed() {
  local line found="" text=""
  while IFS= read -r line; do
    if [[ $line == "  $3 "* ]]; then
      found=yes
      text=${line#"  $3 "}
    elif [[ $found && $line == "          "* ]]; then
      text+=" $line"
    elif [[ $found ]]; then
      break
    fi
  done < <("$1" "$2" --help 2>/dev/null)
  for line in ${text//,/ }; do
    [[ $line == one || $line == of || $line == or ]] || echo "$line"
  done
}

# What --set may change: dimensions of the model, figures of the device or system.
_memwall_changes() {
  local program=$1 name fact
  shift
  for name in "$@"; do
    while IFS=, read -r fact _; do
      fact=${fact#\"}
      fact=${fact#dimension }
      fact=${fact%% *}
      # A tier itself is described in words; its figures follow.
      [[ $fact == tiers.* && $fact != tiers.*.* ]] && continue
      [[ $fact == *.* || $fact == power || $fact == price ]] && echo "$fact="
    done < <("$program" show "$name" --format csv 2>/dev/null)
    "$program" show "$name" --format csv 2>/dev/null | sed -n 's/^dimension \([a-z_0-9]*\),.*/\1=/p'
  done
}

_memwall() {
  local program=${COMP_WORDS[0]} current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # bash splits `--format=js` into three words.
  if [[ $current == "=" ]]; then
    current=
  elif [[ $previous == "=" ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" completion --words commands 2>/dev/null) help --help --version" -- "$current")
    return
  fi
  local command=${COMP_WORDS[1]}
  if [[ $command == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$program" completion --words commands 2>/dev/null)" -- "$current")
    return
  fi

  # Options of the command: what each takes, and under which names.
  local -A takes=()
  local line name
  while IFS= read -r line; do
    name=${line%%[ [,]*}
    takes[$name]=${line#"$name"}
    [[ $line == *", --"* ]] && takes[--${line##*, --}]=${line#"$name"}
  done < <(_memwall_options "$program" "$command")

  # The arguments before the cursor that are neither options nor their values.
  local -a arguments=()
  local i phase=training
  for ((i = 2; i < COMP_CWORD; ++i)); do
    name=${COMP_WORDS[i]}
    if [[ $name == --* ]]; then
      [[ ${COMP_WORDS[i + 1]} == "=" ]] && ((++i))
      [[ ${takes[$name]} == " "* || ${COMP_WORDS[i]} == "=" ]] && ((++i))
      [[ $name == --phase ]] && phase=${COMP_WORDS[i]}
    else
      arguments+=("$name")
    fi
  done

  local words="" files=""
  if [[ $previous == --* && -n ${takes[$previous]} && ${takes[$previous]} != ","* ]]; then
    case $previous in
      --recipe | --optimizer | --words)
        [[ $previous == --words ]] && words="commands workloads accelerators systems recipes optimizers studies"
        [[ $previous == --words ]] || words=$("$program" completion --words "${previous#--}s" 2>/dev/null)
        ;;
      --zero) words="0 1 2 3" ;;
      --model) words=$("$program" completion --words workloads 2>/dev/null) ;;
      --operator | --explain)
        words=$("$program" roofline "${arguments[0]}" "${arguments[1]}" --phase "$phase" --format csv 2>/dev/null | sed 1d | cut -d, -f1)
        ;;
      --set)
        words=$(_memwall_changes "$program" "${arguments[@]}")
        compopt -o nospace 2>/dev/null
        ;;
      *)
        local value=${takes[$previous]}
        value=${value%%,*}
        value=${value#[ [=]}
        value=${value#=}
        value=${value%]}
        # Lists have words for what else may stand there, in capitals.
        [[ $value == *"|"* ]] && words=$(tr '|' '\n' <<<"$value" | grep -v '[A-Z]' | tr '\n' ' ')
        [[ $value == FILE || $value == FOLDER ]] && files=yes
        ;;
    esac
    # A flag needs no value: what follows it may as well be something else.
    if [[ ${takes[$previous]} != "["* || ${COMP_WORDS[COMP_CWORD - 1]} == "=" ]]; then
      if [[ $files ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        compopt -o filenames 2>/dev/null
      else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      fi
      return
    fi
  fi

  if [[ $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${!takes[*]}" -- "$current")
    return
  fi
  # The names of the arguments, from the first line of the help: "memwall fit MODEL SYSTEM [options]".
  local -a usage
  read -r -a usage < <("$program" "$command" --help 2>/dev/null)
  files=yes
  case ${usage[2 + ${#arguments[@]}]-} in
    KIND)
      words=$(_memwall_listed "$program" "$command" KIND)
      files=
      ;;
    MODEL) words=$("$program" completion --words workloads 2>/dev/null) ;;
    DEVICE) words=$("$program" completion --words accelerators 2>/dev/null) ;;
    SYSTEM) words=$("$program" completion --words systems 2>/dev/null; "$program" completion --words accelerators 2>/dev/null) ;;
    STUDY) words=$("$program" completion --words studies 2>/dev/null) ;;
    NAME)
      for name in workloads accelerators systems recipes optimizers; do
        words+=" $("$program" completion --words "$name" 2>/dev/null)"
      done
      ;;
    "" | "[options]") files= ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  # A name of the catalog, or a path.
  if [[ $files && (${#COMPREPLY[@]} -eq 0 || $current == */*) ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
  fi
}

complete -F _memwall memwall
