# The packages, installed as docs/install.md says: a server and a room on one machine with systemd, what they go through, an
# upgrade, a downgrade, and what is left of them in the end.
# init: systemd
# packages
set -eu
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/devices.sh"

packages=/run/bench/packages
state=/var/lib/siaga-probe-server
# The programs that are installed, not those that were built.
PATH=${PATH#"$BIN_DIR:"}
# Looking takes an emulated processor longer than waiting.
between_tries=3

# With what the two have said last.
fail() {
    journalctl --unit siaga-agent --unit siaga-probe-server --no-pager --lines 30 --output short-monotonic
    echo "   FAILED: $*"
    exit 1
}

# page NAME: runs the page's block of this name.
page() {
    "$PROJECT_DIR/tests/scripts/block" "$1" "$PROJECT_DIR/docs/install.md" >"/tmp/$1.sh" && sh -eu "/tmp/$1.sh"
}

export DPKG_ADMINDIR=/var/lib/dpkg-bench
know_few_packages() {
    mkdir -p $DPKG_ADMINDIR/info $DPKG_ADMINDIR/updates $DPKG_ADMINDIR/triggers
    cp $packages/status $DPKG_ADMINDIR/status
}

install_release() {
    # The index of all manuals would take minutes here.
    DEBIAN_FRONTEND=noninteractive dpkg --install --no-triggers "$packages"/*_"$1"_*.deb
}

is() {
    [ "$(systemctl show --property "$2" --value "$1")" = "$3" ]
}

# refuses WORDS COMMAND…: it ends with 3, and says so.
refuses() {
    said_words=$1 ended_with=0
    shift
    "$@" >/tmp/said 2>&1 || ended_with=$?
    cat /tmp/said
    [ "$ended_with" = 3 ] && grep --quiet "$said_words" /tmp/said
}

status_says() {
    systemctl status --no-pager --full --lines 40 "$1" >/tmp/status 2>&1 || true
    grep --quiet --extended-regexp "$2" /tmp/status || { cat /tmp/status; return 1; }
}

main_process() {
    systemctl show --property MainPID --value "$1"
}

# is_another_than PID UNIT: it runs, and is another process.
is_another_than() {
    [ "$(systemctl is-active "$2")" = active ] && [ "$(main_process "$2")" != "$1" ]
}

is_the_same_as() {
    [ "$(main_process "$2")" = "$1" ]
}

agent_says() {
    curl --silent http://127.0.0.1:9870/v1/status | jq --exit-status "$1"
}

ready() {
    curl --silent http://127.0.0.1:9870/v1/readiness >/run/bench/readiness.json
    jq --exit-status '.verdict == "ready"' /run/bench/readiness.json || {
        jq '[.checks[] | { code, state, reason, age_s }]' /run/bench/readiness.json
        return 1
    }
}

enroll_the_room() {
    page server-token >/tmp/token
    page room-enroll </tmp/token
}

# Of the packages' own files and of what they have written; directories that others use too stay.
no_file_is_left() {
    ! xargs ls -d </tmp/files 2>/dev/null | grep siaga &&
        ! ls -d /var/lib/siaga* /var/lib/private/siaga* /run/siaga* /etc/siaga /etc/systemd/system/*/siaga* 2>/dev/null
}

# What trials read from the host while time is measured: libraries, alsa-lib's configuration.
read_into_memory() {
    # shellcheck disable=SC2046
    cat $(ldd /usr/bin/siaga-agent | grep --only-matching '/[^ ]*') /usr/share/alsa/*.conf /usr/share/alsa/*/*.conf >/dev/null
}

# As dpkg does it when it has unpacked a release over another; $1: the package, $2: the release before.
configure_release() {
    DPKG_MAINTSCRIPT_PACKAGE=$1 DPKG_MAINTSCRIPT_NAME=postinst $DPKG_ADMINDIR/info/"$1".postinst configure "$2"
}

plug_in() {
    modprobe vivid && udevadm settle
}

# As an office's own authority would make them: only root can read them.
have_keys_of_the_office() {
    mkdir -p -m 700 /etc/siaga/identity
    cp /var/lib/private/siaga-agent/identities/*/*.pem /etc/siaga/identity/
}

# An authority that no room knows, as the one that vouches for an office's web servers.
have_a_certificate_signed() {
    siaga-probe-server init --dir /tmp/authority --name probe.example
    mkdir -p /etc/ssl/probe.example
    cp /tmp/authority/server.pem /etc/ssl/probe.example/fullchain.pem
    cp /tmp/authority/server.key /etc/ssl/probe.example/privkey.pem
}

say "An older release, installed from files"
echo '127.0.0.1 probe.example' >>/etc/hosts
# A machine that is a container's image forbids services to start.
rm -f /usr/sbin/policy-rc.d
know_few_packages
# What trials on the host may have left.
rm -rf /etc/siaga /var/lib/siaga-* /var/lib/private/siaga-*
expect "both packages are installed" install_release 0.0.9-1
expect "the agent runs" systemctl is-active siaga-agent.service
expect "it says that it is on its own" status_says siaga-agent 'Status: "Room .*no probe server is configured'
expect "the in-use helper's socket listens" systemctl is-active siaga-in-use.socket
expect "the server waits for its directory" is siaga-probe-server ActiveState inactive
expect "and is no failure" is siaga-probe-server Result success
expect "a first webcam is plugged in" plug_in
expect "and a first sound card" modprobe snd-aloop
play 3000
expect "what is left to read is read" read_into_memory
skip_idle_time

say "The page, word for word: a server, a room, its enrolment"
expect "the server" page server
expect "it runs as its own user" sh -c "ps -o user= -p $(main_process siaga-probe-server) | grep -q siaga-p"
expect "it says how it is" status_says siaga-probe-server 'Probes on UDP 0.0.0.0:4433'
expect "and what counts" page server-show
expect "the CA is copied" cp $state/ca.pem /etc/siaga/ca.pem
expect "the agent is configured" page room-configure
# The bench: devices made of software, a loopback for a line, and rates that an emulated processor holds with ease.
sed -i -e 's/^#room = .*/room = "diskominfo-r2"/' -e 's/^#profile = .*/profile = "bench"/' \
    -e 's/^#accept_internal_server = .*/accept_internal_server = true/' -e 's/^#accept_virtual = .*/accept_virtual = true/' \
    /etc/siaga/agent.toml
cat >>/etc/siaga/agent.toml <<END

[profiles.bench]
network = { up = "2M", down = "2M" }
camera = {}
microphone = {}
END
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

say "An agent that hangs; meanwhile it is handed keys, as is a server that was put back to an older release"
expect "the server ends" systemctl stop siaga-probe-server.service
wait_until 60 "the agent says so" agent_says '.desk.state == "disconnected"'
agent=$(main_process siaga-agent)
expect "the office has keys for it" have_keys_of_the_office
expect "they are handed to it when it starts next" page room-keys
kill -STOP "$agent"
mv /etc/siaga/ca.pem /tmp
expect "that a certificate is missing is told with the line that names it" \
    refuses '50-office.toml, line 3: `servers\[0\].ca`' siaga-agent config check
mv /tmp/ca.pem /etc/siaga
layout=$(sqlite3 $state/rooms.sqlite 'PRAGMA user_version')
expect "the server's file is of a release to come" sqlite3 $state/rooms.sqlite 'PRAGMA user_version = 99'
expect_status 1 "it does not start" systemctl start siaga-probe-server.service
wait_until 60 "after the fifth time it stays ended" is siaga-probe-server ActiveState failed
wait_until 20 "systemctl status says why" status_says siaga-probe-server 'rooms.sqlite was written by a newer version'
expect "as its unit says" journalctl --unit siaga-probe-server --quiet --grep 'Start request repeated too quickly'
expect "an upgrade to that release" sqlite3 $state/rooms.sqlite "PRAGMA user_version = $layout"
expect "mends it" systemctl reset-failed siaga-probe-server.service
expect "an authority signs its HTTPS" have_a_certificate_signed
expect "that key is handed to it" page server-https
expect "the server starts" systemctl start siaga-probe-server.service
expect "HTTPS shows that certificate" curl --silent --cacert /tmp/authority/ca.pem https://probe.example:9871/v1/rooms
wait_until 60 "the agent was started anew" is_another_than "$agent" siaga-agent.service
expect "by the watchdog" journalctl --unit siaga-agent --quiet --grep 'Watchdog timeout'
wait_until 60 "it is back, with keys that only root can read" agent_says '.desk.state == "connected"'

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

say "A configuration that is wrong changes nothing"
agent=$(main_process siaga-agent)
printf 'scan_intervall = "5s"\n' >/etc/siaga/agent.d/90-wrong.toml
configure_release siaga-agent 0.1.0-1 >/tmp/install.log 2>&1
expect "an upgrade does not take it" grep --quiet 'the release before goes on running' /tmp/install.log
expect "systemctl status says what is wrong, and where" status_says siaga-agent '90-wrong.toml, line 1.*scan_intervall'
expect_status 1 "nor does a reload" page room-reload
expect "the agent goes on" is_the_same_as "$agent" siaga-agent.service
rm /etc/siaga/agent.d/90-wrong.toml
server=$(main_process siaga-probe-server)
printf '[limits]\nshare = 101\n' >$state/probe-server.d/90-wrong.toml
configure_release siaga-probe-server 0.1.0-1 >/tmp/install.log 2>&1
expect "nor does the server's upgrade" grep --quiet 'the release before goes on running' /tmp/install.log
expect "with the line" status_says siaga-probe-server '90-wrong.toml, line 2.*1 to 100 per cent'
expect_status 1 "nor its reload" page server-reload
rm $state/probe-server.d/90-wrong.toml
expect "a good one is taken" page server-reload
expect "by the same process" is_the_same_as "$server" siaga-probe-server.service
expect "the agent's too" page room-reload
wait_until 60 "by another process" is_another_than "$agent" siaga-agent.service

say "A disk that is full or can't be written to, a group and a directory that are missing"
private=/var/lib/private/siaga-agent
expect "the agent ends" systemctl stop siaga-agent.service
# A probe beside a trial, on one emulated processor, leaves gaps in what is heard.
expect "the server ends" systemctl stop siaga-probe-server.service
expect "the disk is full" sh -c "cp -a $private /tmp/kept && mount -t tmpfs -o size=1m,mode=0700 full $private &&
    cp -a /tmp/kept/. $private && { dd if=/dev/zero of=$private/filling bs=64k 2>/dev/null || true; }"
expect "the agent runs" systemctl start siaga-agent.service
expect_status 2 "its doctor says what to do" sh -c 'siaga-agent doctor --format json >/tmp/doctor'
expect "about the disk" grep --quiet --extended-regexp 'DOCTOR_(DISK_NEARLY_FULL|STATE_NOT_WRITABLE)' /tmp/doctor
expect "the agent ends" systemctl stop siaga-agent.service
umount $private
expect "/var can't be written to" sh -c 'mount --bind /var /var && mount -o remount,bind,ro /var'
expect "the agent runs" systemctl start siaga-agent.service
wait_until 60 "and tries devices" daemon_says MICROPHONE ok MICROPHONE_WORKS
expect_status 2 "its doctor says what is wrong" sh -c 'siaga-agent doctor --format json >/tmp/doctor'
expect "with the state's directory" grep --quiet DOCTOR_STATE_NOT_WRITABLE /tmp/doctor
expect "the agent ends" systemctl stop siaga-agent.service
umount /var
cp /etc/group /tmp/group
expect "the group to whom cameras belong is missing" sed -i '/^video:/d' /etc/group
expect_status 1 "the agent can't start" systemctl start siaga-agent.service
wait_until 20 "systemctl status says why" status_says siaga-agent 'status=216/GROUP'
expect_status 2 "its doctor says what to do" sh -c 'siaga-agent doctor --format json >/tmp/doctor'
expect "about the group" grep --quiet DOCTOR_GROUP_ABSENT /tmp/doctor
cp /tmp/group /etc/group
systemctl reset-failed siaga-agent.service
mv /etc/siaga/identity /tmp/identity
expect_status 1 "without the directory of its keys it can't either" systemctl start siaga-agent.service
wait_until 20 "systemctl status says so" status_says siaga-agent 'status=243/CREDENTIALS'
expect "the agent ends" systemctl stop siaga-agent.service
mv /tmp/identity /etc/siaga/identity

say "Removed, and purged"
dpkg --listfiles siaga-agent siaga-probe-server >/tmp/files
expect "both are removed" dpkg --remove --no-triggers siaga-agent siaga-probe-server
expect "nothing of them runs" sh -c '! pgrep -x siaga-agent && ! pgrep -x siaga-probe-ser'
expect "what was known is kept" test -e $state/bookings.sqlite -a -e /var/lib/private/siaga-agent/identities
rm -r /etc/siaga/ca.pem /etc/siaga/identity /etc/siaga/agent.d /etc/ssl/probe.example /etc/systemd/system/siaga-*.service.d
expect "both are purged" dpkg --purge --no-triggers siaga-agent siaga-probe-server
expect "no file is left" no_file_is_left
expect "no unit is left" is siaga-agent.service LoadState not-found
expect "of either" is siaga-probe-server.service LoadState not-found
