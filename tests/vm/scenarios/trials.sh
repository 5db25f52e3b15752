# Devices really tried: cameras that work, are dark, stop, break or go away, and microphones that hear, hear nothing, or
# are busy. The process that tries them is locked up.
set -eu

cat >/tmp/agent.toml <<END
room = "bench"
profile = "devices"

[devices]
accept_virtual = true
scan_interval = "2s"

[profiles.devices]
camera = {}
microphone = {}

[profiles.camera]
camera = {}

[profiles.microphone]
microphone = {}
END

# Tries the devices and notes the answer; $1: the profile.
check() {
    ended=0
    siaga-agent check --active --profile "$1" --format json --config /tmp/agent.toml \
        >/run/bench/readiness.json 2>>/run/bench/agent.log || ended=$?
    jq . /run/bench/readiness.json
    return $ended
}

# says CHECK STATE REASON: what the answer noted last says of a check.
says() {
    expect_json /run/bench/readiness.json "$1 is $2: $3" \
        "[.checks[] | select(.code == \"$1\") | .state, .reason] == [\"$2\", \"$3\"]"
}

# set_control NAME NUMBER: a control of the camera, by its name in the driver; python because no V4L2 tool is needed else.
set_control() {
    python3 - "$1" "$2" <<'END'
import fcntl, struct, sys

QUERY, SET, NEXT = 0xC0445624, 0xC008561C, 0x80000000
name, value = sys.argv[1], int(sys.argv[2])
with open("/dev/video0", "rb+", buffering=0) as node:
    control = 0
    while True:
        query = fcntl.ioctl(node, QUERY, struct.pack("II32s28x", control | NEXT, 0, b""))
        control, _, found = struct.unpack("II32s28x", query)
        if found.split(b"\0")[0].decode() == name:
            try:
                fcntl.ioctl(node, SET, struct.pack("Ii", control, value))
            except OSError as error:
                # A button that unplugs the camera answers with its absence.
                print(error)
            break
END
}

format_of_the_camera() {
    python3 - <<'END'
import fcntl, struct

# G_FMT of a capture: type, then width, height and pixel format.
data = bytearray(struct.pack("I4x200x", 1))
with open("/dev/video0", "rb+", buffering=0) as node:
    fcntl.ioctl(node, 0xC0D05604, data)
print(struct.unpack_from("II4s", data, 8))
END
}

# Plays a tone, 16 bits, stereo, 48 kHz, into the cable whose other end is the microphone; $1: amplitude. By python and
# alsa-lib, which is there anyway.
play() {
    python3 - "$1" <<'END' >>/run/bench/agent.log 2>&1 &
import array, ctypes, sys

alsa = ctypes.CDLL("libasound.so.2")
PLAYBACK, S16_LE, INTERLEAVED = 0, 2, 3
pcm = ctypes.c_void_p()
assert alsa.snd_pcm_open(ctypes.byref(pcm), b"hw:CARD=Loopback,DEV=1", PLAYBACK, 0) == 0
assert alsa.snd_pcm_set_params(pcm, S16_LE, INTERLEAVED, 2, 48000, 0, 500000) == 0
amplitude = int(sys.argv[1])
tone = array.array("h")
for n in range(4800):
    tone.extend([amplitude if n % 96 < 48 else -amplitude] * 2)
while True:
    if alsa.snd_pcm_writei(pcm, tone.tobytes(), ctypes.c_ulong(4800)) < 0:
        alsa.snd_pcm_prepare(pcm)
END
    player=$!
    wait_until 20 "a tone is played" grep -q RUNNING /proc/asound/Loopback/pcm1p/sub0/status
}

hush() {
    kill $player
    wait_until 20 "the tone has ended" grep -q closed /proc/asound/Loopback/pcm1p/sub0/status
}

gate_is_closed() {
    [ "$(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9870/v1/readiness)" = 503 ]
}

daemon_says() {
    curl --silent http://127.0.0.1:9870/v1/readiness >/run/bench/readiness.json
    jq --exit-status "any(.checks[]; .code == \"$1\" and .state == \"$2\" and .reason == \"$3\")" \
        /run/bench/readiness.json
}

say "A webcam and a sound card"
expect "the binary is read into memory" md5sum "$BIN_DIR/siaga-agent"
expect "the webcam is plugged in" modprobe vivid
expect "the sound card is plugged in" modprobe snd-aloop

say "A camera and a microphone that work"
before=$(format_of_the_camera)
play 3000
expect_status 0 "check grants without a warning" check devices
says CAMERA ok CAMERA_WORKS
says MICROPHONE ok MICROPHONE_WORKS
expect_json /run/bench/readiness.json "at 30 pictures a second, a quarter more or less" \
    '.checks[] | select(.code == "CAMERA") | .value > 22 and .value < 38'
expect_json /run/bench/readiness.json "a square wave of 3000 is at -20.8 dBFS" \
    '.checks[] | select(.code == "MICROPHONE") | .value > -21.3 and .value < -20.3'
expect "the camera is set as it was found" test "$(format_of_the_camera)" = "$before"

say "A microphone that is too quiet, or overdriven"
hush
play 20
expect_status 1 "check warns" check microphone
says MICROPHONE warning MICROPHONE_LOW
hush
play 32767
expect_status 1 "check warns" check microphone
says MICROPHONE warning MICROPHONE_CLIPPING
hush

say "A microphone that hears nothing"
expect_status 2 "check denies" check microphone
says MICROPHONE failed MICROPHONE_SILENT

say "A dark room"
expect "the picture is black" set_control "Test Pattern" 5
expect "and nothing is written on it" set_control "OSD Text Mode" 2
expect_status 2 "a person who asks is told so" check camera
says CAMERA failed CAMERA_DARK

say "A covered lens"
expect "the picture is white" set_control "Test Pattern" 6
expect_status 1 "check warns" check camera
says CAMERA warning CAMERA_COVERED

say "A picture that stands still"
expect "colour bars" set_control "Test Pattern" 0
expect_status 2 "check denies" check camera
says CAMERA failed CAMERA_FROZEN
expect "the time is written on it" set_control "OSD Text Mode" 0
expect_status 0 "check grants" check camera
says CAMERA ok CAMERA_WORKS

say "Broken and missing pictures"
expect "half of the pictures are dropped" set_control "Percentage of Dropped Buffers" 50
expect_status 1,2 "check warns or denies" check camera
expect_json /run/bench/readiness.json "pictures are missing or too few" \
    '.checks[0].reason == "CAMERA_BROKEN_FRAMES" or .checks[0].reason == "CAMERA_SLOW"'
expect "all are dropped" set_control "Percentage of Dropped Buffers" 100
expect_status 2 "check denies" check camera
says CAMERA failed CAMERA_NO_FRAMES
expect "none are dropped" set_control "Percentage of Dropped Buffers" 0

say "A camera in use"
python3 -c 'import time; camera = open("/dev/video0", "rb"); time.sleep(1000)' &
holder=$!
wait_until 20 "a program holds the camera" sh -c "ls -l /proc/$holder/fd | grep -q video0"
expect_status 1 "check grants, and warns" check camera
says CAMERA in_use CAMERA_IN_USE
kill $holder
wait $holder 2>/dev/null || true

say "The daemon tries by itself, and again what is plugged in again"
sed -i -e '/^profile = /s/devices/camera/' /tmp/agent.toml
siaga-agent run --config /tmp/agent.toml >>/run/bench/agent.log 2>&1 &
daemon=$!
wait_until 30 "the camera was tried and works" daemon_says CAMERA ok CAMERA_WORKS
expect_status 3 "a person is told that the daemon does it" check camera
expect "the webcam is gone" modprobe -r vivid
wait_until 20 "the gate is closed" gate_is_closed
expect "a webcam is plugged in, which is dark" sh -c "modprobe vivid"
expect "the picture is black" set_control "Test Pattern" 5
expect "and nothing is written on it" set_control "OSD Text Mode" 2
wait_until 60 "it was tried: to the schedule an empty room may be dark" daemon_says CAMERA warning CAMERA_DARK
kill $daemon
wait $daemon
echo "   ok: the daemon ended by SIGTERM"
