# Runs in the emulated computer: what is done to its camera and its sound cards, and what the program says of that. Each
# part begins with a line `== NAME MILLISECONDS`; the test outside reads them.
cd /tmp || exit 1
# From here it starts faster than from where it lies.
cp out/visavis-cli .
CAMERA=camera:vivid@platform:vivid-000
SIZE=width=640,height=480

cli() { ./visavis-cli --data /tmp/profile "$@" 2>/dev/null; }
part() { echo "== $1 $(date +%s%3N)"; }
control() { v4l2-ctl -d /dev/video0 --set-ctrl="$1" >/dev/null; }

# Starts the program beside, and waits until it has printed a line with a word in it.
begin() {
  local word=$1 line
  shift
  coproc BESIDE { cli "$@"; }
  while read -r line <&"${BESIDE[0]}"; do
    case $line in *\"$word\"*) return ;; esac
  done
  echo "nothing came of: $*"
}

# Prints what it says from now on, until it ends by itself.
hear_out() {
  cat <&"${BESIDE[0]}"
  wait "$BESIDE_PID"
}

end() {
  kill -INT "$(pgrep -P "$BESIDE_PID" || echo "$BESIDE_PID")"
  hear_out
}

part list
cli devices
part plain
cli try camera --for 3 --picture "$SIZE,fps=15"
part odd_rate
cli try camera --for 3 --picture "$SIZE,fps=12.5"
part made_smaller
cli try camera --for 2 --picture "width=320,height=240,fps<=15"
part unmet
cli try camera --picture "width>=5000"

part busy
begin opened try camera --for 60 --picture "$SIZE,fps=10"
cli try camera --picture "width=320,height=180,fps=10"
end >/dev/null

begin pictures try camera --for 60 --picture "$SIZE,fps=10"
part stalled
control percentage_of_dropped_buffers=100
hear_out
part after_the_stall
control percentage_of_dropped_buffers=0
cli try camera --for 2 --picture "$SIZE,fps=10"

begin pictures try camera --for 60 --picture "$SIZE,fps=10"
part failing
control inject_fatal_streaming_error=1
hear_out
part after_the_failure
cli try camera --for 2 --picture "$SIZE,fps=10"

begin pictures try camera --for 60 --picture "$SIZE,fps=10"
part unplugged
echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
hear_out
part without
cli devices
part chosen_but_gone
cli try camera --camera "$CAMERA"
part plugged_again
echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
cli devices
cli try camera --for 2 --picture "$SIZE,fps=10"

part denied
chmod 600 /dev/video0
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups ./visavis-cli --data /tmp/profile "$@" 2>/dev/null; }
nobody devices
nobody try camera --camera "$CAMERA"
chmod 666 /dev/video0

part sound
begin sound try speaker --for 60 --speaker speaker:alsa:plughw:CARD=Loopback,DEV=0
cli try mic --for 3 --mic mic:alsa:plughw:CARD=Loopback,DEV=1
end >/dev/null
part end
