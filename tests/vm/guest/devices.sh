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

[profiles.large]
camera = { picture = { sizes = ["1280x720", "1920x1080"], min_fps = 30 } }
END

# The agent and its libraries: otherwise pages of them would be fetched from the host while it is timed.
read_into_memory() {
    # shellcheck disable=SC2046
    md5sum "$BIN_DIR/siaga-agent" $(ldd "$BIN_DIR/siaga-agent" | grep --only-matching '/[^ ]*')
}

# Tries the devices and notes the answer; $1: the profile.
check() {
    ended=0
    siaga-agent check --active --profile "$1" --format json --config /tmp/agent.toml \
        >/run/bench/readiness.json 2>>/run/bench/agent.log || ended=$?
    jq . /run/bench/readiness.json
    return $ended
}

# try_by_hand ARGUMENT…: the trial's process alone, its hand held by a pipe that nobody closes.
try_by_hand() {
    [ -p /tmp/hand ] || mkfifo /tmp/hand
    siaga-agent __try-device "$@" <>/tmp/hand >/dev/null
}

# says CHECK STATE REASON: what the answer noted last says of a check.
says() {
    expect_json /run/bench/readiness.json "$1 is $2: $3" \
        "[.checks[] | select(.code == \"$1\") | .state, .reason] == [\"$2\", \"$3\"]"
}

# daemon_says CHECK STATE REASON: what the running daemon says of a check now; each is a pattern of the whole word.
daemon_says() {
    curl --silent http://127.0.0.1:9870/v1/readiness >/run/bench/readiness.json
    jq --exit-status "any(.checks[]; .code == \"$1\" and (.state | test(\"^$2$\")) and (.reason | test(\"^$3$\")))" \
        /run/bench/readiness.json
}

gate_is_closed() {
    [ "$(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:9870/v1/readiness)" = 503 ]
}

metrics_miss_the_camera() {
    curl --silent http://127.0.0.1:9870/metrics >/run/bench/metrics
    grep -q '^siaga_check_state{check="CAMERA",state="failed"} 1$' /run/bench/metrics
}

# metrics_say LINE: a whole line.
metrics_say() {
    curl --silent http://127.0.0.1:9870/metrics | grep --line-regexp --fixed-strings "$1"
}

# A webcam with a real driver; $webcam is what makes it up, see there.
plug_in_usb_webcam() {
    expect "USB cameras have a driver" modprobe -a vhci-hcd uvcvideo
    python3 "$BENCH_DIR/guest/webcam.py" >>/run/bench/agent.log 2>&1 &
    webcam=$!
    wait_until 30 "the webcam is there" test -c /dev/video0
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

# while_it_is_tried COMMAND: by python, once a trial has the camera open; a scan opens it too, for a moment.
while_it_is_tried() {
    python3 - "$1" <<'END' >>/run/bench/agent.log 2>&1 &
import fcntl, glob, os, struct, sys, time

def is_tried():
    for process in glob.glob("/proc/[0-9]*"):
        try:
            if b"__try-device" in open(process + "/cmdline", "rb").read():
                if any(os.readlink(link) == "/dev/video0" for link in glob.glob(process + "/fd/*")):
                    return True
        except OSError:
            pass

def press(camera, button):
    fcntl.ioctl(camera, 0xC008561C, struct.pack("Ii", button, 1))

until = time.monotonic() + 60
while not is_tried():
    assert time.monotonic() < until
    time.sleep(0.05)
exec(sys.argv[1])
END
    meddler=$!
}

# number_of_control NAME
number_of_control() {
    python3 - "$1" <<'END'
import fcntl, struct, sys

with open("/dev/video0", "rb+", buffering=0) as node:
    control, found = 0, b""
    while found.decode() != sys.argv[1]:
        query = fcntl.ioctl(node, 0xC0445624, struct.pack("II32s28x", control | 0x80000000, 0, b""))
        control, _, found = struct.unpack("II32s28x", query)
        found = found.split(b"\0")[0]
print(control)
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

# set_capture ON VOLUME: all capture switches and volumes of the card that has a mixer.
set_capture() {
    python3 - "$1" "$2" <<'END'
import ctypes, sys

alsa = ctypes.CDLL("libasound.so.2")
for first_or_next in (alsa.snd_mixer_first_elem, alsa.snd_mixer_elem_next):
    first_or_next.restype = ctypes.c_void_p
mixer = ctypes.c_void_p()
assert alsa.snd_mixer_open(ctypes.byref(mixer), 0) == 0
assert alsa.snd_mixer_attach(mixer, b"hw:CARD=Dummy") == 0
assert alsa.snd_mixer_selem_register(mixer, None, None) == 0
assert alsa.snd_mixer_load(mixer) == 0
element = alsa.snd_mixer_first_elem(mixer)
while element:
    here = ctypes.c_void_p(element)
    alsa.snd_mixer_selem_set_capture_switch_all(here, int(sys.argv[1]))
    for set_volume in (alsa.snd_mixer_selem_set_capture_volume_all, alsa.snd_mixer_selem_set_playback_volume_all):
        set_volume(here, ctypes.c_long(int(sys.argv[2])))
    element = alsa.snd_mixer_elem_next(here)
END
}

# the_microphone_is STATE REASON: as a scan sees it, without trying it.
the_microphone_is() {
    siaga-agent devices --format json --config /tmp/agent.toml >/run/bench/devices.json 2>>/run/bench/agent.log
    expect_json /run/bench/devices.json "the microphone is $1: $2" \
        "[.microphones[] | .state, .reason] == [\"$1\", \"$2\"]"
}

# speak "words": into the same cable, until hush.
speak() {
    espeak-ng -v id -w /tmp/speech.wav "$1"
    python3 - <<'END' >>/run/bench/agent.log 2>&1 &
import audioop, ctypes, wave

with wave.open("/tmp/speech.wav") as speech:
    rate, mono = speech.getframerate(), speech.readframes(speech.getnframes())
mono, _ = audioop.ratecv(mono, 2, 1, rate, 48000, None)
stereo = audioop.tostereo(mono, 2, 1, 1)
alsa = ctypes.CDLL("libasound.so.2")
pcm = ctypes.c_void_p()
assert alsa.snd_pcm_open(ctypes.byref(pcm), b"hw:CARD=Loopback,DEV=1", 0, 0) == 0
assert alsa.snd_pcm_set_params(pcm, 2, 3, 2, 48000, 0, 500000) == 0
while True:
    for at in range(0, len(stereo), 19200):
        part = stereo[at:at + 19200]
        if alsa.snd_pcm_writei(pcm, part, ctypes.c_ulong(len(part) // 4)) < 0:
            alsa.snd_pcm_prepare(pcm)
END
    player=$!
    wait_until 30 "somebody speaks" grep -q RUNNING /proc/asound/Loopback/pcm1p/sub0/status
}

hush() {
    kill $player
    wait_until 20 "the tone has ended" grep -q closed /proc/asound/Loopback/pcm1p/sub0/status
}
