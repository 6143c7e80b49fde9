# shellcheck shell=bash
# How ./dev speaks: to standard error, so that what a command prints stays clean; in colour only to a screen.

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' red='' plain=''
fi

step() { printf '%s== %s%s\n' "$bold" "$*" "$plain" >&2; }
say() { printf '%s\n' "$*" >&2; }

fail() {
  printf '%s%s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Where cargo builds to, and where everything of the project's own making goes that is not committed.
prepare() {
  target=${CARGO_TARGET_DIR:-$PWD/target}
  case "$target" in /*) ;; *) target=$PWD/$target ;; esac
  export CARGO_TARGET_DIR=$target
  mkdir -p "$target/stamps"
  # npm and git want a home that can be written to.
  if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
    mkdir -p "$target/home"
    export HOME=$target/home
  fi
}
