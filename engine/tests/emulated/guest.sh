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

# Starts the program beside, and waits until it has printed a line with a word in it. The shell forgets a program that has
# ended, so its ends are kept by numbers of their own.
begin() {
  local word=$1
  shift
  coproc BESIDE { cli "$@"; }
  exec 7<&"${BESIDE[0]}" 8>&"${BESIDE[1]}"
  program=$BESIDE_PID
  hear "\"$word\""
}

# Says something to it, and reads on until it has said something.
tell() { echo "$1" >&8; }
hear() {
  local line
  while read -r -t 30 line <&7; do
    if [[ $line == *"$1"* ]]; then return; fi
  done
  echo "nothing was heard of: $1"
}

# Prints what it says from now on, until it ends by itself.
hear_out() {
  exec 8>&-
  cat <&7
  exec 7<&-
  wait "$program" 2>/dev/null
}

end() {
  kill -INT "$(pgrep -P "$program" || echo "$program")"
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

# The whole engine looks through it as it goes and comes.
begin snapshot --picture "$SIZE,fps=10" watch
tell '{"type":"open_preview"}'
hear '"name":"vivid"'
part goes_while_used
echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
hear device_missing
part comes_again
echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
hear '"preview":{"troubles":[]}'
part used_again
end >/dev/null

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
