# The packages, installed as docs/install.md says: a server and a room on one machine with systemd, what they go through, an
# upgrade, and what is left of them in the end.
# init: systemd
# packages
set -eu
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/packages.sh"

# Of the packages' own files and of what they have written; directories that others use too stay.
no_file_is_left() {
    ! xargs ls -d </tmp/files 2>/dev/null | grep siaga &&
        ! ls -d /var/lib/siaga* /var/lib/private/siaga* /run/siaga* /etc/siaga /etc/systemd/system/*/siaga* 2>/dev/null
}

say "An older release, installed from files"
prepare_the_machine
expect "both packages are installed" install_release 0.0.9-1
expect "the agent runs" systemctl is-active siaga-agent.service
expect "it says that it is on its own" status_says siaga-agent 'Status: "Room .*no probe server is configured'
expect "the in-use helper's socket listens" systemctl is-active siaga-in-use.socket
expect "the server waits for its directory" is siaga-probe-server ActiveState inactive
expect "and is no failure" is siaga-probe-server Result success
have_devices
skip_idle_time

say "The page, word for word: a server, a room, its enrolment"
expect "the server" page server
expect "it runs as its own user" sh -c "ps -o user= -p $(main_process siaga-probe-server) | grep -q siaga-p"
expect "it says how it is" status_says siaga-probe-server 'Probes on UDP 0.0.0.0:4433'
expect "and what counts" page server-show
configure_the_room
before=$(now)
expect "the room is enrolled" enroll_the_room
wait_until 120 "with nobody doing anything, the room is ready" ready
awk -v before="$before" -v now="$(now)" \
    'BEGIN { printf "   %.0f s after its service was started\n", now - before; exit now - before > 120 }' ||
    fail "it took longer than two minutes"
wait_until 30 "the server hears it" agent_says '.desk.state == "connected"'
expect "so does whoever looks" page room-look
expect "and sees what counts" page room-show
expect "a second agent on the machine is refused" refuses 'another siaga-agent' siaga-agent run
expect "systemd is told" status_says siaga-agent 'Room diskominfo-r2 \(bench\): ready, connected to probe.example:4433'
expect "lines in the journal have fields" journalctl --unit siaga-agent SIAGA_VERDICT=pass --quiet --grep probed
memory=$(systemctl show --property MemoryCurrent --value siaga-agent)
echo "   the agent's service takes $((memory / 1000000)) MB"
expect "which is 30 MB at most" test "$memory" -le 30000000

say "A server that hangs; meanwhile a camera is pulled out, and the agent is killed"
server=$(main_process siaga-probe-server)
kill -STOP "$server"
# Not while it is tried.
wait_until 30 "the camera is gone" modprobe -r vivid
wait_until 30 "the room is not ready" daemon_says CAMERA failed CAMERA_MISSING
agent=$(main_process siaga-agent)
kill -KILL "$agent"
expect "the camera is back" plug_in
wait_until 30 "the agent is there again" is_another_than "$agent" siaga-agent.service
wait_until 60 "the camera was tried again, in the sandbox" daemon_says CAMERA ok CAMERA_WORKS
wait_until 60 "the server was started anew" is_another_than "$server" siaga-probe-server.service
expect "by the watchdog" journalctl --unit siaga-probe-server --quiet --grep 'Watchdog timeout'

say "A server that is stopped, and an agent that hangs"
expect "the server ends" systemctl stop siaga-probe-server.service
wait_until 60 "the agent says so" agent_says '.desk.state == "disconnected"'
agent=$(main_process siaga-agent)
kill -STOP "$agent"
expect "the server starts" systemctl start siaga-probe-server.service
wait_until 60 "the agent was started anew" is_another_than "$agent" siaga-agent.service
expect "by the watchdog" journalctl --unit siaga-agent --quiet --grep 'Watchdog timeout'
wait_until 60 "it is back" agent_says '.desk.state == "connected"'

say "An upgrade waits for a meeting's end, and keeps all that was known"
agent=$(main_process siaga-agent)
server=$(main_process siaga-probe-server)
python3 -c 'import time; camera = open("/dev/video0", "rb"); time.sleep(1000)' &
meeting=$!
wait_until 60 "a meeting is on" daemon_says CAMERA in_use CAMERA_IN_USE
spend_idle_time
expect "the newer release is installed" install_release 0.1.0-1
skip_idle_time
wait_until 60 "the server was started anew" is_another_than "$server" siaga-probe-server.service
wait_until 20 "the agent waits" journalctl --unit siaga-agent --quiet --grep 'as soon as no meeting is on'
# It looks every two seconds.
sleep 10
expect "it is the same process" is_the_same_as "$agent" siaga-agent.service
kill $meeting
wait_until 60 "after the meeting it is another one" is_another_than "$agent" siaga-agent.service
wait_until 120 "the room is enrolled, and ready again" ready

say "Removed, and purged"
dpkg --listfiles siaga-agent siaga-probe-server >/tmp/files
expect "both are removed" dpkg --remove --no-triggers siaga-agent siaga-probe-server
expect "nothing of them runs" sh -c '! pgrep -x siaga-agent && ! pgrep -x siaga-probe-ser'
expect "what was known is kept" test -e $state/bookings.sqlite -a -e /var/lib/private/siaga-agent/identities
rm /etc/siaga/ca.pem
expect "both are purged" dpkg --purge --no-triggers siaga-agent siaga-probe-server
expect "no file is left" no_file_is_left
expect "no unit is left" is siaga-agent.service LoadState not-found
expect "of either" is siaga-probe-server.service LoadState not-found
