# What goes wrong with packages that are installed: a configuration, a downgrade, a disk, a certificate, a group and a directory
# that are missing.
# init: systemd
# packages
set -eu
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/packages.sh"

# As dpkg does it when it has unpacked a release over another; $1: the package, $2: the release before.
configure_release() {
    DPKG_MAINTSCRIPT_PACKAGE=$1 DPKG_MAINTSCRIPT_NAME=postinst $DPKG_ADMINDIR/info/"$1".postinst configure "$2"
}

# doctor_says CODE: that this is a problem.
doctor_says() {
    jq --exit-status ".findings | any(.code == \"$1\" and .level == \"problem\")" /tmp/doctor || { cat /tmp/doctor; return 1; }
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

say "A server and a room, installed and enrolled"
prepare_the_machine
expect "both packages are installed" install_release 0.1.0-1
have_devices
skip_idle_time
expect "the server" page server
configure_the_room
expect "the room is enrolled" enroll_the_room
wait_until 30 "the server hears it" agent_says '.desk.state == "connected"'

say "Keys that only root can read are handed to both, and one is missing"
expect "the office has keys for the room" have_keys_of_the_office
expect "they are handed to the agent when it starts next" page room-keys
mv /etc/siaga/ca.pem /tmp
expect "that a certificate is missing is told with the line that names it" \
    refuses '50-office.toml, line 3: `servers\[0\].ca`' siaga-agent config check
mv /tmp/ca.pem /etc/siaga
expect "it starts with them" systemctl restart siaga-agent.service
wait_until 60 "and is connected" agent_says '.desk.state == "connected"'
expect "an authority signs the server's HTTPS" have_a_certificate_signed
expect "that key is handed to the server" page server-https

say "The server is put back to an older release"
expect "it ends" systemctl stop siaga-probe-server.service
layout=$(sqlite3 $state/rooms.sqlite 'PRAGMA user_version')
expect "its file is of a release to come" sqlite3 $state/rooms.sqlite 'PRAGMA user_version = 99'
expect_status 1 "it does not start" systemctl start siaga-probe-server.service
wait_until 60 "after the fifth time it stays ended" is siaga-probe-server ActiveState failed
wait_until 20 "systemctl status says why" status_says siaga-probe-server 'rooms.sqlite was written by a newer version'
expect "as its unit says" journalctl --unit siaga-probe-server --quiet --grep 'Start request repeated too quickly'
expect "an upgrade to that release" sqlite3 $state/rooms.sqlite "PRAGMA user_version = $layout"
expect "mends it" systemctl reset-failed siaga-probe-server.service
expect "the server starts" systemctl start siaga-probe-server.service
expect "HTTPS shows the certificate it was handed" curl --silent --cacert /tmp/authority/ca.pem https://probe.example:9871/v1/rooms
wait_until 60 "the room is back" agent_says '.desk.state == "connected"'

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
# A probe beside a trial, on one emulated processor, leaves gaps in what is heard and seen.
expect "the server ends" systemctl stop siaga-probe-server.service
expect "the disk is full" sh -c "cp -a $private /tmp/kept && mount -t tmpfs -o size=1m,mode=0700 full $private &&
    cp -a /tmp/kept/. $private && { dd if=/dev/zero of=$private/filling bs=64k 2>/dev/null || true; }"
expect "the agent runs" systemctl start siaga-agent.service
expect_status 2 "its doctor says what to do" sh -c 'siaga-agent doctor --format json >/tmp/doctor'
expect "about the disk" doctor_says DOCTOR_STATE_NOT_WRITABLE
expect "the agent ends" systemctl stop siaga-agent.service
umount $private
expect "/var can't be written to" sh -c 'mount --bind /var /var && mount -o remount,bind,ro /var'
expect "the agent runs" systemctl start siaga-agent.service
wait_until 60 "and tries devices: the microphone works" daemon_says MICROPHONE ok MICROPHONE_WORKS
wait_until 60 "and so does the camera" daemon_says CAMERA ok CAMERA_WORKS
expect_status 2 "its doctor says what is wrong" sh -c 'siaga-agent doctor --format json >/tmp/doctor'
expect "with the state's directory" doctor_says DOCTOR_STATE_NOT_WRITABLE
expect "the agent ends" systemctl stop siaga-agent.service
umount /var
cp /etc/group /tmp/group
expect "the group to whom cameras belong is missing" sed -i '/^video:/d' /etc/group
expect_status 1 "the agent can't start" systemctl start siaga-agent.service
wait_until 20 "systemctl status says why" status_says siaga-agent 'status=216/GROUP'
expect_status 2 "its doctor says what to do" sh -c 'siaga-agent doctor --format json >/tmp/doctor'
expect "about the group" doctor_says DOCTOR_GROUP_ABSENT
cp /tmp/group /etc/group
systemctl reset-failed siaga-agent.service
mv /etc/siaga/identity /tmp/identity
expect_status 1 "without the directory of its keys it can't either" systemctl start siaga-agent.service
wait_until 20 "systemctl status says so" status_says siaga-agent 'status=243/CREDENTIALS'
expect "the agent ends" systemctl stop siaga-agent.service
mv /tmp/identity /etc/siaga/identity

say "An image is made of the machine"
expect "as the page says" page room-image
expect "no key of the room is left" sh -c '! find /var/lib/private /etc/siaga -name key.pem | grep .'
# The office's authority has keys for none of the copies.
rm -r /etc/siaga/agent.d/50-office.toml /etc/systemd/system/siaga-agent.service.d
expect "systemd is told that they are handed none" systemctl daemon-reload
expect "a copy starts" systemctl start siaga-agent.service
wait_until 30 "and is enrolled nowhere" agent_says '.desk.state == "not_enrolled"'
