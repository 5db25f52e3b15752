# Devices that the daemon tries by itself: at the start, and when they are plugged in again; what fails is tried once more
# before it counts.
set -eu
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/devices.sh"

gate_is_closed() {
    [ "$(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9870/v1/readiness)" = 503 ]
}

daemon_says() {
    curl --silent http://127.0.0.1:9870/v1/readiness >/run/bench/readiness.json
    jq --exit-status "any(.checks[]; .code == \"$1\" and .state == \"$2\" and .reason == \"$3\")" \
        /run/bench/readiness.json
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
expect "the binary is read into memory" md5sum "$BIN_DIR/siaga-agent"
expect "the webcam is plugged in" modprobe vivid
sed -i -e '/^profile = /s/devices/camera/' /tmp/agent.toml
siaga-agent run --config /tmp/agent.toml >>/run/bench/agent.log 2>&1 &
daemon=$!
wait_until 30 "the camera was tried and works" daemon_says CAMERA ok CAMERA_WORKS
expect "the gate is open" curl --silent --fail http://127.0.0.1:9870/v1/readiness
expect_status 3 "a person is told that the daemon does it" check camera

say "Another one is plugged in, in a dark room"
expect "the webcam is gone" modprobe -r vivid
wait_until 20 "the gate is closed" gate_is_closed
plug_in_unseen "the picture is black" "Test Pattern" 5 "OSD Text Mode" 2
wait_until 60 "it was tried: to the schedule an empty room may be dark" daemon_says CAMERA warning CAMERA_DARK

say "Another one is plugged in, whose picture stands still"
expect "the webcam is gone" modprobe -r vivid
wait_until 20 "the gate is closed" gate_is_closed
plug_in_unseen "no time is written on its picture" "OSD Text Mode" 2
wait_until 60 "it failed once: unknown" daemon_says CAMERA unknown DEVICE_RETRYING
wait_until 60 "it failed twice: failed" daemon_says CAMERA failed CAMERA_FROZEN
expect "the gate is closed" gate_is_closed
kill $daemon
wait $daemon
echo "   ok: the daemon ended by SIGTERM"
