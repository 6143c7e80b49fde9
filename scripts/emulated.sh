# shellcheck shell=bash
# An emulated computer for the tests of devices: a kernel of Debian's with a camera and sound cards in it, which this
# computer need not have, and this computer's own files, read-only.

MODULES=engine/tests/emulated/modules

# Puts the kernel and what it begins with into the target folder.
prepare_machine() {
  # Elsewhere there is no such test.
  [ "$(uname -s)" = Linux ] || return 0
  is_debian || fail "The tests of devices take a kernel from Debian's packages. Run them on Debian or Ubuntu."
  local home=$target/emulated sum
  sum=$(sum_of scripts/emulated.sh "$MODULES" engine/tests/emulated/init)
  if is_stamped emulated "$sum"; then return; fi
  step "Prepare the emulated computer"
  rm -rf "$home"
  mkdir -p "$home"
  fetch_kernel "$home"
  make_beginning "$home"
  rm -rf "$home/kernel"
  keep_stamp emulated "$sum"
}

fetch_kernel() {
  local home=$1 package
  package=$(kernel_package)
  if [ -z "$package" ]; then
    as_root apt-get update >&2
    package=$(kernel_package)
  fi
  [ -n "$package" ] || fail "There is no package linux-image-amd64: the tests of devices need one."
  # Nobody else may read the folder, so that apt downloads as who it is.
  (cd "$home" && apt-get download -o APT::Sandbox::User=root "$package" >&2) ||
    fail "The package $package could not be downloaded: see above."
  dpkg-deb -x "$home/$package"_*.deb "$home/kernel"
  rm "$home/$package"_*.deb
  cp "$home"/kernel/boot/vmlinuz-* "$home/vmlinuz"
}

kernel_package() {
  apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

# The memory disk that a kernel begins with: a shell, the modules, and a script that goes over to this computer's files.
make_beginning() {
  local home=$1 begin=$1/begin modules
  modules=$(echo "$home"/kernel/lib/modules/*)
  mkdir -p "$begin"/{bin,modules,proc,sys,dev,mnt/below,mnt/out,mnt/root}
  cp /bin/busybox "$begin/bin/"
  grep -v '^#' "$MODULES" | while read -r module rest; do
    cp "$modules/$module" "$begin/modules/" || fail "The kernel has no $module."
    printf '%s %s\n' "$(basename "$module")" "$rest" >>"$begin/modules/order"
  done
  install -m 755 engine/tests/emulated/init "$begin/init"
  (cd "$begin" && find . | cpio -o -H newc --quiet | gzip -1) >"$home/begin.gz"
  rm -rf "$begin"
}
