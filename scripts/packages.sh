# shellcheck shell=bash
# What the system has to provide, by what it is needed for: the one list of it, and how it gets there.

packages_for() {
  case "$1" in
    # To build the app.
    build)
      echo build-essential pkg-config libwebkit2gtk-4.1-dev
      # For sound and pictures: the codecs built from source, and the system's own libraries.
      echo cmake nasm libasound2-dev libclang-dev libvpx-dev
      ;;
    # To check the page: a browser, and letters for every language the page speaks.
    page_test) echo chromium-headless-shell fonts-dejavu-core fonts-wqy-microhei ;;
    # To open real windows on a screen of their own and work in them as a person would.
    window_test)
      echo webkit2gtk-driver xvfb openbox xdotool imagemagick x11-utils dbus dbus-x11 xauth
      echo libgl1-mesa-dri libegl1 fonts-dejavu-core fonts-wqy-microhei
      # Another program's window, to drag files out of.
      echo python3-gi gir1.2-gtk-3.0
      ;;
    # To try calls against what others wrote: a browser, a relay's client, and sound without a sound card.
    call_test) echo chromium coturn pulseaudio pulseaudio-utils ;;
    # For the emulated computer with a camera and sound cards, and what its script uses.
    device_test) echo qemu-system-x86 busybox-static cpio kmod binutils v4l-utils procps util-linux ;;
    # For the network laboratory: hosts in namespaces.
    lab) echo iproute2 ;;
    # What files are measured beside.
    file_bench) echo rsync python3-venv ;;
    # To check these scripts.
    script_check) echo shellcheck ;;
    # To make packages and look into them.
    bundle) echo file dpkg xdg-utils rpm ;;
  esac
}

# Prints the packages of the groups named, one a line.
packages_of() {
  local group
  for group in "$@"; do packages_for "$group"; done | tr ' ' '\n' | sort -u
}

is_debian() { has apt-get && has dpkg-query; }

# Prints those that are not installed.
missing_of() {
  local name
  for name in "$@"; do
    case "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" in
      installed) ;;
      *) printf '%s\n' "$name" ;;
    esac
  done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    fail "This needs root and there is no sudo. Run as root: $*"
  fi
}

need_packages() {
  local wanted missing
  mapfile -t wanted < <(packages_of "$@")
  if ! is_debian; then
    advise_elsewhere
    return
  fi
  has node || wanted+=(nodejs npm)
  mapfile -t missing < <(missing_of "${wanted[@]}")
  [ ${#missing[@]} -eq 0 ] || install_debian "${missing[@]}"
}

install_debian() {
  step "Install ${*}"
  as_root apt-get update -q >&2 || say "The list of packages could not be refreshed; trying with the old one."
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2 ||
    fail "These packages could not be installed: $*. Install them by hand, then run this again."
}

# Elsewhere the packages have other names; go on if the tools are there all the same.
advise_elsewhere() {
  say "Needed on this system: $(names_elsewhere)."
  if [ "$(uname -s)" = Linux ] && ! { has pkg-config && pkg-config --exists webkit2gtk-4.1; }; then
    fail "webkit2gtk-4.1 is not to be found here. Install what is named above, then run this again."
  fi
}

names_elsewhere() {
  case "$(uname -s)" in
    Darwin) echo "Xcode's command line tools (xcode-select --install), cmake, nasm, libvpx and pkg-config (brew install cmake nasm libvpx pkg-config), Node 20.19 or newer" ;;
    MINGW* | MSYS* | CYGWIN*) echo "Microsoft's C++ build tools, cmake, nasm, libvpx, WebView2 (Windows 11 has it), Node 20.19 or newer" ;;
    *)
      if has dnf; then
        echo "sudo dnf install gcc gcc-c++ make cmake nasm pkgconf-pkg-config webkit2gtk4.1-devel alsa-lib-devel clang-devel libvpx-devel nodejs npm"
      elif has pacman; then
        echo "sudo pacman -S base-devel cmake nasm pkgconf webkit2gtk-4.1 alsa-lib clang libvpx nodejs npm"
      else
        echo "a C and C++ compiler, cmake, nasm, pkg-config, libclang, the development files of webkit2gtk-4.1, ALSA and libvpx, Node 20.19 or newer"
      fi
      ;;
  esac
}
