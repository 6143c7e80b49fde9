# shellcheck shell=bash
# Two people on one computer, with a server of their own. Everything is in a folder that goes with them.

command_demo() {
  need_packages build
  need_rust
  need_screen
  build_page
  build_programs
  demo_folder=$(mktemp -d "${TMPDIR:-/tmp}/visavis-demo.XXXXXX")
  demo_pids=()
  trap demo_end EXIT
  trap 'exit 130' INT TERM
  demo_server
  "$target/debug/examples/introduce" --server "$demo_url" --into "$demo_folder" >&2 ||
    fail "Ana and Bo could not be introduced to each other: see above."
  demo_windows
}

need_screen() {
  [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] ||
    fail "There is no screen here to open windows on: neither DISPLAY nor WAYLAND_DISPLAY is set."
}

# Starts a server on a free port of this computer alone, and waits for the line by which it says where.
demo_server() {
  local line=''
  mkfifo "$demo_folder/says"
  "$target/debug/visavis-signaling" --listen 127.0.0.1:0 --data "$demo_folder/server" \
    >"$demo_folder/says" 2>"$demo_folder/server.log" &
  demo_pids+=($!)
  read -r line <"$demo_folder/says" || true
  demo_url=$(printf '%s' "$line" | sed -n 's/.*"url" *: *"\([^"]*\)".*/\1/p')
  [ -n "$demo_url" ] || fail "The server did not start: $(cat "$demo_folder/server.log")"
}

demo_windows() {
  local windows=()
  "$target/debug/visavis" --data "$demo_folder/ana" --key-in-file --geometry 640x760+20+40 &
  windows+=($!)
  "$target/debug/visavis" --data "$demo_folder/bo" --key-in-file --geometry 640x760+680+40 &
  windows+=($!)
  demo_pids+=("${windows[@]}")
  step "Ana and Bo are here: double-click Bo in Ana's window to call. Close both windows to end, or press Ctrl+C."
  wait "${windows[@]}" || true
}

demo_end() {
  local pid
  trap - EXIT
  for pid in "${demo_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$demo_folder"
}
