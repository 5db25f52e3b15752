# Devices really tried, because a person asks: cameras that work, are dark, stop, break or go away, and microphones that
# hear, hear nothing, or are busy.
set -eu
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/devices.sh"

say "A webcam alone"
expect "the program is read into memory" read_into_memory
expect "the webcam is plugged in" modprobe vivid
takes_at_most 6 "its trial takes 6 s at most" try_by_hand camera /dev/video0 1280 720 30
expect_status 0 "check grants without a warning" check camera
says CAMERA ok CAMERA_WORKS

say "A camera and a microphone that work"
expect "the sound card is plugged in" modprobe snd-aloop
before=$(format_of_the_camera)
expect_status 1 "the camera is set to another picture ($before)" sh -c "echo '$before' | grep -q '1280, 720'"
play 3000
expect_status 0 "check grants without a warning" check devices
says CAMERA ok CAMERA_WORKS
says MICROPHONE ok MICROPHONE_WORKS
says TRIALS ok TRIALS_DONE
expect_json /run/bench/readiness.json "at 30 pictures a second, a quarter more or less" \
    '.checks[] | select(.code == "CAMERA") | .value > 22 and .value < 38'
expect_json /run/bench/readiness.json "a square wave of 3000 is at -20.8 dBFS" \
    '.checks[] | select(.code == "MICROPHONE") | .value > -21.3 and .value < -20.3'
expect "the camera is set as it was found" test "$(format_of_the_camera)" = "$before"


say "A microphone alone"
expect "the webcam is unplugged" modprobe -r vivid
# Four and a quarter to listen; the rest is the emulated processor's, which asks alsa-lib for its twenty names.
takes_at_most 6 "its trial takes 6 s at most, emulated" try_by_hand microphone hw:CARD=Loopback,DEV=0 48000
expect_status 0 "check grants without a warning" check microphone
says MICROPHONE ok MICROPHONE_WORKS
hush

say "A microphone that hears speech"
speak "Selamat pagi. Rapat dimulai pukul sembilan. Apakah suara saya terdengar dengan jelas?"
expect_status 0 "check grants without a warning" check microphone
says MICROPHONE ok MICROPHONE_WORKS
hush

say "A microphone that is too quiet, or overdriven"
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
expect "the sound card is unplugged" modprobe -r snd-aloop
expect "the webcam is plugged in" modprobe vivid
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

say "Damaged pictures"
button=$(number_of_control "Inject V4L2_BUF_FLAG_ERROR")
# Of a trial at 30 pictures a second one in twelve, at 8 one in three, which is still no failure. In each trial, if one does not do,
# and without keeping the camera open, which the next one would find in use.
while_it_is_tried "
for _ in range(100):
    with open('/dev/video0', 'rb+', buffering=0) as camera:
        press(camera, $button)
    time.sleep(0.4)"
expect_status 1 "check warns" check camera
kill $meddler
wait $meddler || true
expect_json /run/bench/readiness.json "the pictures are told to be damaged" \
    '.checks[0].reason == "CAMERA_BROKEN_FRAMES"'

say "Missing pictures, and none at all"
expect "half of the pictures are dropped" set_control "Percentage of Dropped Buffers" 50
expect_status 1,2 "check warns or denies" check camera
expect_json /run/bench/readiness.json "pictures are missing or too few" \
    '.checks[0].reason == "CAMERA_BROKEN_FRAMES" or .checks[0].reason == "CAMERA_SLOW"'
expect "all are dropped" set_control "Percentage of Dropped Buffers" 100
expect_status 2 "check denies" check camera
says CAMERA failed CAMERA_NO_FRAMES
expect "none are dropped" set_control "Percentage of Dropped Buffers" 0

say "A camera that is unplugged while it is tried"
siaga-agent check --active --profile camera --format json --config /tmp/agent.toml \
    >/run/bench/readiness.json 2>>/run/bench/agent.log &
checking=$!
wait_until 20 "it is being tried" sh -c 'ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q /dev/video0'
expect "it is unplugged" set_control "Disconnect" 1
expect_status 1,2 "check ends" wait $checking
expect_json /run/bench/readiness.json "nothing good is said of it" '.checks[0].state != "ok"'
expect "another one is plugged in" sh -c 'modprobe -r vivid && modprobe vivid'

say "A driver that is taken away while a camera is tried"
while_it_is_tried "open('/sys/bus/platform/drivers/vivid/unbind', 'w').write('vivid.0')"
expect_status 1,2 "check ends" check camera
wait $meddler
expect_json /run/bench/readiness.json "nothing good is said of it" '.checks[0].state != "ok"'
expect "another one is plugged in" sh -c 'modprobe -r vivid && modprobe vivid'

say "A camera and a sound card in use"
expect "the sound card is plugged in" modprobe snd-aloop
python3 - <<'END' &
import ctypes, time

alsa = ctypes.CDLL("libasound.so.2")
pcm = ctypes.c_void_p()
assert alsa.snd_pcm_open(ctypes.byref(pcm), b"hw:CARD=Loopback,DEV=0", 1, 0) == 0
assert alsa.snd_pcm_set_params(pcm, 2, 3, 2, 48000, 0, 500000) == 0
time.sleep(1000)
END
recorder=$!
wait_until 20 "a program holds the card" sh -c '! grep -q closed /proc/asound/Loopback/pcm0c/sub0/status'
python3 -c 'import time; camera = open("/dev/video0", "rb"); time.sleep(1000)' &
holder=$!
wait_until 20 "a program holds the camera" sh -c "ls -l /proc/$holder/fd | grep -q video0"
expect_status 3 "check knows nothing of devices that nobody has read before" check devices
says CAMERA unknown DEVICE_NEVER_READ
says MICROPHONE unknown DEVICE_NEVER_READ
says TRIALS warning TRIALS_MEETING_ON
kill $holder $recorder

say "A microphone that is muted"
wait $holder $recorder 2>/dev/null || true
expect "a card with a mixer is plugged in instead" sh -c 'modprobe -r snd-aloop && modprobe snd-dummy'
expect "its switches are off" set_capture 0 50
the_microphone_is failed MICROPHONE_MUTED
expect "its switches are on" set_capture 1 50
the_microphone_is ok DEVICE_PRESENT
expect "its volume is zero" set_capture 1 -50
the_microphone_is failed MICROPHONE_VOLUME_ZERO

say "A tone goes into a microphone that is tried: the bar on the room's page moves"
expect "the cable is plugged in instead" sh -c 'modprobe -r snd-dummy && modprobe snd-aloop'
play 3000
siaga-agent run --config /tmp/agent.toml >>/run/bench/agent.log 2>&1 &
daemon=$!
wait_until 20 "the page is there" curl --silent --fail --output /dev/null http://127.0.0.1:9870/
curl --silent --no-buffer http://127.0.0.1:9870/page/events >/run/bench/events &
page=$!
# Gaps are the emulator's, where its own machine is busy: what the page shows of the tone stays the same.
wait_until 60 "the daemon has tried the microphone" daemon_says MICROPHONE '(ok|warning)' 'MICROPHONE_(WORKS|GAPS)'
kill $page
# 3000 of 32768 are -21 dB, of the 60 dB that the bar is long.
expect "an open page was told how loud it is" grep --quiet '^data: *6[3-7]$' /run/bench/events
levels=$(grep --count '^event: *level' /run/bench/events)
echo "   $levels levels"
expect "of four seconds, at most twenty a second" test "$levels" -ge 5 -a "$levels" -le 90
kill $player $daemon
wait $daemon
