# A camera in another user's hands, told by the shipped helper to an agent without privileges
# init: systemd
set -eu
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/devices.sh"

install_the_agent() {
    # Not a link: the units hide the directories in which it was built.
    cp "$BIN_DIR/siaga-agent" /usr/bin/siaga-agent
    cp "$PROJECT_DIR"/systemd/siaga-*.service "$PROJECT_DIR"/systemd/siaga-*.socket /etc/systemd/system/
    cp "$PROJECT_DIR/systemd/siaga.sysusers" /usr/lib/sysusers.d/siaga.conf
    mkdir -p /etc/siaga
    cp /tmp/agent.toml /etc/siaga/agent.toml
    systemd-sysusers siaga.conf
    systemctl daemon-reload
}

# asked_by USER GROUP QUESTION: what the helper answers to a program of this user and group.
asked_by() {
    setpriv --reuid "$1" --regid "$2" --clear-groups python3 - "$3" <<'END'
import socket, sys

helper = socket.socket(socket.AF_UNIX)
helper.settimeout(10)
helper.connect("/run/siaga-in-use.sock")
helper.sendall(sys.argv[1].encode() + b"\n")
answer = b""
while part := helper.recv(4096):
    answer += part
print(answer.decode(), end="")
END
}

answers() {
    [ "$(asked_by "$1" "$2" "$3")" = "$4" ]
}

# examined_by GROUPS…: what the doctor finds for a user of these groups.
examined_by() {
    setpriv --reuid 65534 "$@" /usr/bin/siaga-agent doctor --format json --config /etc/siaga/agent.toml >/tmp/doctor.json
}

finds() {
    expect_json /tmp/doctor.json "$1 is $2" "any(.findings[]; .code == \"$1\" and .level == \"$2\")"
}

# Not read, unless the helper took longer than an agent waits for its first answer.
daemon_leaves_it_alone() {
    daemon_says CAMERA unknown DEVICE_NEVER_READ || daemon_says CAMERA in_use CAMERA_IN_USE
}

hold_the_camera() {
    setpriv --reuid 1234 --regid video --clear-groups \
        python3 -c 'import time; camera = open("/dev/video0", "rb"); time.sleep(1000)' &
    holder=$!
    wait_until 20 "another user's program holds the camera" sh -c "ls -l /proc/$holder/fd | grep -q video0"
}

say "The agent and its helper, as they are shipped"
expect "the units are installed" install_the_agent
sed -i -e '/^profile = /s/devices/camera/' /etc/siaga/agent.toml
expect "the webcam is plugged in" modprobe vivid
expect "it belongs to the group video" udevadm settle
expect "the helper's socket listens" systemctl start siaga-in-use.socket

say "Whoever may ask is told"
expect "nobody holds the camera" answers 65534 siaga video0 "video0 no"
hold_the_camera
expect "somebody does" answers 65534 siaga video0 "video0 yes"
expect "root may ask too" answers root root "video0 video2" "video0 yes
video2 no"
expect "what is no question gets no answer" answers root root "video0 /etc/shadow" ""
expect_status 1 "others can't ask" asked_by 65534 nogroup video0

say "The doctor tells a stranger what is missing, and finds all of it in the agent's own groups"
expect_status 2 "a stranger has problems" examined_by --regid nogroup --clear-groups
finds DOCTOR_GROUP_MISSING problem
finds DEVICE_NO_PERMISSION problem
finds DOCTOR_HELPER_ABSENT warning
expect_status 1,2 "with the agent's groups" examined_by --regid siaga --groups video,audio
finds DOCTOR_GROUPS_FINE ok
finds DOCTOR_HELPER_FINE ok
finds DOCTOR_CONFINEMENT_FINE ok
finds CAMERA_IN_USE warning

say "The agent does not touch what is held"
expect "the agent runs" systemctl start siaga-agent.service
expect "without privileges" sh -c '! grep -E "^(Uid|CapEff):" /proc/$(systemctl show -P MainPID siaga-agent)/status |
    grep -E "Uid:.0|CapEff:.*[1-9a-f]"'
wait_until 30 "a camera that is held from the beginning is told to be in use, read or not" daemon_leaves_it_alone
kill $holder
wait_until 60 "when it is free it is tried, and works" daemon_says CAMERA ok CAMERA_WORKS
hold_the_camera
wait_until 30 "when it is held again it is told to be in use" daemon_says CAMERA in_use CAMERA_IN_USE
kill $holder

say "What udev announces is seen within 2 s"
expect "the agent is stopped" systemctl stop siaga-agent.service
sed -i -e '/^scan_interval/d' /etc/siaga/agent.toml
expect "the agent runs" systemctl start siaga-agent.service
wait_until 60 "looking every 30 s, it has tried the camera" daemon_says CAMERA ok CAMERA_WORKS
expect "it listens to udev" metrics_say 'siaga_device_announcements{source="udev"} 1'
expect "the webcam is gone" modprobe -r vivid
sleep 2
expect "2 s later the metrics miss it" metrics_miss_the_camera
expect "it is plugged in again" modprobe vivid
expect "it belongs to the group video" udevadm settle
wait_until 20 "it was tried again" daemon_says CAMERA ok CAMERA_WORKS

say "Without the helper nothing is tried"
expect "the agent is stopped" systemctl stop siaga-agent.service siaga-in-use.socket
hold_the_camera
expect "the helper is not installed" sh -c 'rm /etc/systemd/system/siaga-in-use.socket && systemctl daemon-reload'
expect "the agent runs" systemctl start siaga-agent.service
wait_until 60 "who uses the camera is not known" daemon_says CAMERA warning DEVICE_USE_UNKNOWN
kill $holder
expect_status 1 "no answer of the helper is still about" sh -c 'systemctl list-units --all | grep siaga-in-use@'
expect "the agent is stopped" systemctl stop siaga-agent.service
