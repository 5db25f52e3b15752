# The bench itself: the virtual devices come and go, and the machine is fit for the other scenarios.
set -eu

say "The machine is sound"
age=$(($(date +%s) - $(stat -c %Y /run/bench/environment)))
expect "its clock is the host's" test "$age" -ge -1 -a "$age" -le 180
expect "the loopback interface is up" busybox ping -c 1 -w 5 127.0.0.1
expect "random numbers are at hand" head -c 512 /dev/random
expect "a file can be written anywhere but in the project" touch /etc/written-inside
expect_status 1 "the project is read-only" touch "$BENCH_DIR/written-inside"

say "A camera is plugged in"
expect "vivid loads" modprobe vivid
expect "it brings four video nodes" test -c /dev/video0 -a -c /dev/video1 -a -c /dev/video2 -a -c /dev/video3
expect "the first one offers 720p and 1080p in YUYV" python3 - <<'END'
import fcntl, struct

ENUM_FRAMESIZES = 0xC02C564A
FORMAT = "III II 24x"
sizes = set()
with open("/dev/video0", "rb", buffering=0) as node:
    for index in range(32):
        query = struct.pack(FORMAT, index, int.from_bytes(b"YUYV", "little"), 0, 0, 0)
        try:
            sizes.add(struct.unpack(FORMAT, fcntl.ioctl(node, ENUM_FRAMESIZES, query))[3:])
        except OSError:
            break
print(sizes)
assert {(1280, 720), (1920, 1080)} <= sizes
END

say "Sound cards are plugged in"
expect "snd-aloop loads" modprobe snd-aloop
expect "its card has two capture devices" test -c /dev/snd/pcmC0D0c -a -c /dev/snd/pcmC0D1c
expect "snd-dummy loads" modprobe snd-dummy
expect "both cards are listed" grep -Pzq 'Loopback(.|\n)*Dummy' /proc/asound/cards

say "All are unplugged"
expect "vivid unloads" modprobe -r vivid
expect_status 1 "no video node is left" test -e /dev/video0
expect "the sound drivers unload" modprobe -r snd-aloop snd-dummy
expect "no card is left" sh -c '! ls -d /proc/asound/card[0-9]*'
