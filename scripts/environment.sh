# Read by the other scripts, which set $root to the checkout: makes the virtual environment that a
# script runs in. The environment is used again as long as Python, the checkout's place, the lock
# and pyproject.toml stay the same, and is otherwise made anew; so is one left half made.

lock=$root/tests/requirements.txt
# These would let packages from outside into the environment.
unset PYTHONPATH PYTHONHOME

say() {
  printf '%s\n' "$*" >&2
}

die() {
  say "$@"
  exit 1
}

# find_python: sets $python to a Python that phodang supports; $PYTHON overrides the choice.
find_python() {
  if [ -n "${PYTHON:-}" ]; then
    set -- "$PYTHON"
  else
    set -- python3 python3.13 python3.12 python3.11 python3.10 python
  fi
  found=
  for python do
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
      continue
    case $version in
      3.10 | 3.11 | 3.12 | 3.13) return ;;
    esac
    found="$found $python is Python $version."
  done
  die "phodang needs Python 3.10, 3.11, 3.12 or 3.13, and found none as $*.$found" \
    "Install one of these versions, or say where it is: PYTHON=/path/to/python3.12 $0"
}

# check_venv: stops if $python cannot make virtual environments.
check_venv() {
  "$python" -c 'import venv, ensurepip' 2>/dev/null ||
    die "$python cannot make virtual environments: its modules venv and ensurepip are missing." \
      "On Debian and Ubuntu: apt install python3-venv (or python$version-venv)."
}

# install ARGUMENTS…: pip install into $environment.
install() {
  "$environment/bin/python" -m pip install -qq --disable-pip-version-check "$@" ||
    die "Installing failed; what pip said stands above. If it could not reach the package index," \
      "check the network (HTTPS_PROXY, if there is a proxy). Then run $0 again."
}

# prepare_environment NAME INSTALLER MESSAGE: sets $environment to the folder NAME of the checkout.
# INSTALLER is the function that fills it, MESSAGE says what it is about to do.
prepare_environment() {
  environment=$root/$1
  find_python
  stamp=$(
    {
      "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
      printf '%s\n' "$root"
      cat "$lock" "$root/pyproject.toml"
    } | cksum
  )
  # Written last, so that only a finished environment has it.
  marker=$environment/.finished
  if [ "$(cat "$marker" 2>/dev/null)" = "$stamp" ] && "$environment/bin/python" -c '' 2>/dev/null
  then
    return
  fi
  check_venv
  say "$3"
  rm -f "$marker"
  rm -rf "$environment"
  "$python" -m venv "$environment"
  printf '*\n' > "$environment/.gitignore"
  "$2"
  printf '%s\n' "$stamp" > "$marker"
}

# install_locked: all that is needed to develop, test and train, at the versions of the lock.
install_locked() {
  install -r "$lock"
  install --no-deps --no-build-isolation -e "$root"
}

# prepare_development_environment: the environment of scripts/test and scripts/train_entities.
prepare_development_environment() {
  prepare_environment .venv-dev install_locked "First run: installing the locked dependencies \
with torch into .venv-dev. This takes minutes; on Linux, torch brings gigabytes of CUDA libraries \
unless pip is set up to find a CPU build."
}
