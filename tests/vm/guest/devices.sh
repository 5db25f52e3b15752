# shellcheck shell=sh
# The words for scenarios in which devices are tried: a configuration in /tmp/agent.toml, what the agent says, and what
# the virtual camera and sound card are made to do.

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
