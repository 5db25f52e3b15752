# shellcheck shell=sh
# The words for scenarios in which the packages are installed as docs/install.md says, with systemd.

# shellcheck source=/dev/null
. "$BENCH_DIR/guest/devices.sh"

packages=/run/bench/packages
state=/var/lib/siaga-probe-server
# The programs that are installed, not those that were built.
PATH=${PATH#"$BIN_DIR:"}
export DPKG_ADMINDIR=/var/lib/dpkg-bench
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

# A machine of its own, with few packages, on which nothing of Siaga is.
prepare_the_machine() {
    echo '127.0.0.1 probe.example' >>/etc/hosts
    # A machine that is a container's image forbids services to start.
    rm -f /usr/sbin/policy-rc.d
    mkdir -p $DPKG_ADMINDIR/info $DPKG_ADMINDIR/updates $DPKG_ADMINDIR/triggers
    cp $packages/status $DPKG_ADMINDIR/status
    # What trials on the host may have left.
    rm -rf /etc/siaga /var/lib/siaga-* /var/lib/private/siaga-*
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

configure_the_room() {
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
}

enroll_the_room() {
    page server-token >/tmp/token
    page room-enroll </tmp/token
}

# What trials read from the host while time is measured: libraries, alsa-lib's configuration.
read_into_memory() {
    # shellcheck disable=SC2046
    cat $(ldd /usr/bin/siaga-agent | grep --only-matching '/[^ ]*') /usr/share/alsa/*.conf /usr/share/alsa/*/*.conf >/dev/null
}

plug_in() {
    modprobe vivid && udevadm settle
}

have_devices() {
    expect "a first webcam is plugged in" plug_in
    expect "and a first sound card" modprobe snd-aloop
    play 3000
    expect "what is left to read is read" read_into_memory
}
