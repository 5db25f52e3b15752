# A room with one webcam and one sound card: the agent finds just these, probes a real server, and says that the room
# is ready; it stops saying so when only real devices count, and when the webcam is unplugged. And a webcam on USB.
set -eu

# What an emulated processor holds with ease, even with unoptimized binaries.
up=2M
down=2M

# The room's configuration; $1: whether virtual devices count.
configure() {
    cat >/tmp/agent.toml <<END
room = "bench"
profile = "bench"

[[servers]]
address = "127.0.0.1:4433"
ca = "/tmp/srv/ca.pem"

[network]
accept_internal_server = true

[devices]
accept_virtual = $1
# What trials find is another story: trials.sh, watched.sh.
active_checks = false

[profiles.bench]
network = { up = "$up", down = "$down" }
camera = {}
microphone = {}

[profiles.devices]
camera = {}
microphone = {}
END
}

devices() {
    siaga-agent devices --format json --config /tmp/agent.toml >/run/bench/devices.json 2>>/run/bench/agent.log
}

# Prints what it answers, to be shown if the exit code is not as expected; $1: the profile.
check() {
    ended=0
    siaga-agent check --profile "$1" --format json --config /tmp/agent.toml \
        >/run/bench/readiness.json 2>>/run/bench/agent.log || ended=$?
    jq . /run/bench/readiness.json
    return $ended
}

# in_devices "what must be so" FILTER, in_readiness likewise: of what the agent printed last.
in_devices() {
    expect_json /run/bench/devices.json "$@"
}

in_readiness() {
    expect_json /run/bench/readiness.json "$@"
}

gate_is_closed() {
    [ "$(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9870/v1/readiness)" = 503 ]
}

say "A room: a webcam with all its nodes, a sound card with its twenty names"
expect "the binaries are built" which siaga-agent siaga-probe-server
# Otherwise pages of them would be fetched from the host in the middle of a probe.
expect "the binaries are read into memory" md5sum "$BIN_DIR/siaga-agent" "$BIN_DIR/siaga-probe-server"
expect "the webcam is plugged in" modprobe vivid
expect "the sound card is plugged in" modprobe snd-aloop

say "A probe server"
expect "its directory is made" siaga-probe-server init --dir /tmp/srv --name 127.0.0.1
siaga-probe-server run --dir /tmp/srv --listen 127.0.0.1:4433 --open >/run/bench/server.log 2>&1 &
wait_until 20 "it answers" curl --silent --fail http://127.0.0.1:9871/health

say "The agent lists what is there"
configure true
expect "the configuration is in order" siaga-agent config check --config /tmp/agent.toml
expect "devices are listed" devices
in_devices "exactly one camera" '.cameras | length == 1'
in_devices "it is known to be virtual" '.cameras[0].virtual'
in_devices "it offers 720p" 'any(.cameras[0].modes[]; .width == 1280 and .height == 720)'
in_devices "it offers 1080p" 'any(.cameras[0].modes[]; .width == 1920 and .height == 1080)'
in_devices "exactly one microphone" '.microphones | length == 1'

say "The room is ready"
expect_status 0,1 "check grants" check bench
in_readiness "the verdict is ready" '.verdict == "ready"'
in_readiness "the link was probed, upwards and downwards" \
    '[.checks[] | select(.code == "NET_UP" or .code == "NET_DOWN") | .state] == ["ok", "ok"]'

say "Only real devices count"
configure false
expect_status 2 "check denies" check devices
in_readiness "the camera is told to be virtual" '.reasons | index("CAMERA_ONLY_VIRTUAL")'
in_readiness "the microphone is told to be virtual" '.reasons | index("MICROPHONE_ONLY_VIRTUAL")'

say "The daemon answers, and the webcam is unplugged while it runs"
configure true
sed -i -e '/^profile = /s/bench/devices/' -e '/^\[devices\]/a scan_interval = "1s"' /tmp/agent.toml
siaga-agent run --config /tmp/agent.toml >>/run/bench/agent.log 2>&1 &
daemon=$!
wait_until 20 "the gate is open: 200" curl --silent --fail http://127.0.0.1:9870/v1/readiness
expect "the webcam is gone" modprobe -r vivid
wait_until 20 "the gate is closed: 503" gate_is_closed
kill "$daemon"
wait "$daemon"
echo "   ok: the daemon ended by SIGTERM"

say "Without a webcam"
expect "devices are listed" devices
in_devices "no camera" '.cameras == []'
in_devices "still one microphone" '.microphones | length == 1'
expect_status 2 "check denies" check devices
in_readiness "the camera is told to be missing" '.reasons | index("CAMERA_MISSING")'

say "A webcam on USB with a real driver: 640×480 in MJPEG, and nothing else"
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/devices.sh"
plug_in_usb_webcam
expect "devices are listed" devices
in_devices "exactly one camera" '.cameras | length == 1'
in_devices "its model is read from USB" '.cameras[0] | .usb_id == "046d:082b" and .usb_mbits == 480'
in_devices "its field of view is that of the catalogue" '.cameras[0].fov | .degrees == 58 and .source == "catalogue"'
in_devices "one size" '.cameras[0].modes == [{ "width": 640, "height": 480, "fps": 15 }]'
expect_status 2 "it is not enough where 720p or 1080p is asked for" check large
says CAMERA_RESOLUTION failed CAMERA_RESOLUTION_MISSING
says CAMERA ok CAMERA_WORKS
in_readiness "its pictures were read, 15 a second, a quarter more or less" \
    '.checks[] | select(.code == "CAMERA") | .value > 11 and .value < 19'

say "Every other of its pictures ends in the middle"
expect "so they do" kill -USR1 $webcam
expect_status 2 "check denies" check camera
says CAMERA failed CAMERA_BROKEN_FRAMES

say "It is pulled out"
kill -KILL $webcam
wait_until 20 "it is gone" sh -c '! test -e /dev/video0'
expect "devices are listed" devices
in_devices "no camera" '.cameras == []'
