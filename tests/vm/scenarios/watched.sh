# Devices that the daemon tries by itself: at the start, and when they are plugged in again; what fails is tried once more
# before it counts.
set -eu
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/devices.sh"

# What the daemon answers to whoever asks for trials.
asked_for_trials() {
    curl --silent --output /dev/null --write-out '%{http_code}' --request POST \
        --unix-socket /run/siaga-agent/agent.sock http://localhost/v1/trials
}

# The daemon's memory, in kB, while a trial's process runs.
memory_in_a_trial() {
    until pgrep -f '[_]_try-device' >/dev/null; do sleep 0.1; done
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$daemon/status
}

check_knows_nothing() {
    check camera || [ "$ended" = 3 ]
}

# The last scan is younger than ten seconds, of thirty between two.
looks_go_on() {
    curl --silent http://127.0.0.1:9870/metrics | grep '^siaga_device_scan_age_seconds [0-9]\.'
}

no_trial_is_left() {
    ! pgrep -f '[_]_try-device'
}

# plug_in_unseen "what it is like" CONTROL NUMBER…: a webcam that is made so before the daemon can look at it.
plug_in_unseen() {
    likeness=$1
    shift
    kill -STOP $daemon
    expect "another is plugged in" modprobe vivid
    while [ $# -gt 0 ]; do
        expect "$likeness ($1)" set_control "$1" "$2"
        shift 2
    done
    kill -CONT $daemon
}

say "A webcam that the daemon tries by itself"
expect "the program is read into memory" read_into_memory
expect "the webcam is plugged in" modprobe vivid
sed -i -e '/^profile = /s/devices/camera/' /tmp/agent.toml
siaga-agent run --config /tmp/agent.toml >>/run/bench/agent.log 2>&1 &
daemon=$!
wait_until 30 "the camera was tried and works" daemon_says CAMERA ok CAMERA_WORKS
expect "the gate is open" curl --silent --fail http://127.0.0.1:9870/v1/readiness

say "A person asks beside the daemon, which tries the camera itself"
check camera >/tmp/check.log 2>&1 &
checking=$!
memory=$(memory_in_a_trial)
echo "   the daemon's memory during a trial: $memory kB"
expect "that is less than 30 MB" test "$memory" -gt 0 -a "$memory" -lt 30000
expect "check grants" wait $checking
says CAMERA ok CAMERA_WORKS
says TRIALS ok TRIALS_DONE
expect "it was told what goes on" grep -q 'trying vivid' /run/bench/agent.log
expect "who asks again at once is told to wait" test "$(asked_for_trials)" = 429

say "A person asks while a program has the camera"
python3 -c 'import time; camera = open("/dev/video0", "rb"); time.sleep(1000)' &
holder=$!
wait_until 30 "the camera is in use" daemon_says CAMERA in_use CAMERA_IN_USE
expect_status 1 "a good room is granted with a warning" check camera
says TRIALS warning TRIALS_MEETING_ON
expect "whoever asks is refused" test "$(asked_for_trials)" = 409
kill $holder

say "The webcam is unplugged: the metrics miss it within 2 s"
sed -i -e '/^scan_interval/d' /tmp/agent.toml
kill $daemon
wait $daemon
siaga-agent run --config /tmp/agent.toml >>/run/bench/agent.log 2>&1 &
daemon=$!
wait_until 60 "looking every 30 s, the daemon has tried it" daemon_says CAMERA ok CAMERA_WORKS
expect "the kernel itself announces it" metrics_say 'siaga_device_announcements{source="kernel"} 1'
expect "the webcam is gone" modprobe -r vivid
sleep 2
expect "2 s later the metrics miss it" metrics_miss_the_camera
expect "the gate is closed" gate_is_closed

say "Another one is plugged in, in a dark room"
plug_in_unseen "the picture is black" "Test Pattern" 5 "OSD Text Mode" 2
wait_until 60 "it was tried: to the schedule an empty room may be dark" daemon_says CAMERA warning CAMERA_DARK
expect_status 2 "a person who asks is told to switch on the light" check camera
says CAMERA failed CAMERA_DARK

say "Another one is plugged in, whose picture stands still"
expect "the webcam is gone" modprobe -r vivid
wait_until 20 "it is missed" daemon_says CAMERA failed CAMERA_MISSING
plug_in_unseen "no time is written on its picture" "OSD Text Mode" 2
wait_until 60 "it failed once: unknown" daemon_says CAMERA unknown DEVICE_RETRYING
wait_until 60 "it failed twice: failed" daemon_says CAMERA failed CAMERA_FROZEN
expect "the gate is closed" gate_is_closed
kill $daemon
wait $daemon
echo "   ok: the daemon ended by SIGTERM"

say "A webcam on USB whose driver hangs for ever while it is tried"
expect "the other webcam is gone" modprobe -r vivid
plug_in_usb_webcam
siaga-agent run --config /tmp/agent.toml >>/run/bench/agent.log 2>&1 &
daemon=$!
wait_until 60 "it was tried and works" daemon_says CAMERA ok CAMERA_WORKS
expect "it answers nothing any more" kill -STOP $webcam
# A trial takes 16 s at most, then half a second to let go, and one more to end.
takes_at_most 22 "a person who asks is told that it is not known" check_knows_nothing
says CAMERA unknown DEVICE_RETRYING
expect "the gate is closed" gate_is_closed
trial=$(pgrep -f '[_]_try-device')
expect "the trial hangs in the kernel" grep --quiet '^State:.D' "/proc/$trial/status"
expect "it was killed, and can't end" grep --quiet '^S[a-z]*Pnd:.*[1-9a-f]' "/proc/$trial/status"
expect "that was noticed" grep --quiet 'hangs in a driver' /run/bench/agent.log
wait_until 40 "the daemon goes on looking" looks_go_on
expect "the webcam is pulled out" kill -KILL $webcam
wait_until 20 "it is missed" daemon_says CAMERA failed CAMERA_MISSING
wait_until 20 "no trial is left" no_trial_is_left
kill $daemon
wait $daemon
echo "   ok: the daemon ended by SIGTERM"
