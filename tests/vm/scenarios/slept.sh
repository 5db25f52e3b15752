# A machine that sleeps: when it wakes, what was known of its room no longer counts, and is soon known anew.
# init: memory
set -eu
# shellcheck source=/dev/null
. "$BENCH_DIR/guest/devices.sh"

cat >/tmp/agent.toml <<END
room = "bench"
profile = "bench"
state_dir = "/tmp/state"

[[servers]]
address = "127.0.0.1:4433"
ca = "/tmp/srv/ca.pem"

[network]
accept_internal_server = true

[devices]
accept_virtual = true
# What trials find is another story: trials.sh, watched.sh.
active_checks = false

[profiles.bench]
network = { up = "2M", down = "2M" }
camera = {}
END

start_server() {
    NO_COLOR=1 siaga-probe-server run --dir /tmp/srv --listen 127.0.0.1:4433 >>/run/bench/server.log 2>&1 &
    server=$!
    wait_until 20 "the server answers" curl --silent --fail http://127.0.0.1:9871/health
}

enroll() {
    siaga-probe-server token --dir /tmp/srv --room bench |
        siaga-agent enroll --config /tmp/agent.toml --server 127.0.0.1:4433 --ca /tmp/srv/ca.pem --token -
}

# asked FILTER: what the room answers now.
asked() {
    curl --silent http://127.0.0.1:9870/v1/readiness >/run/bench/readiness.json
    jq --exit-status "$1" /run/bench/readiness.json
}

is_linked() {
    curl --silent http://127.0.0.1:9870/v1/status | jq --exit-status '.desk.state == "connected"'
}

a_probe_runs() {
    curl --silent http://127.0.0.1:9871/metrics | grep '^siaga_server_leases{.*} 1$'
}

# By the clock that wakes the machine. Only once in a machine's life: the event that woke an emulated one is there for ever.
sleep_for_ten_seconds() {
    echo +10 >/sys/class/rtc/rtc0/wakealarm
    echo mem >/sys/power/state
}

probes_without_verdict() {
    curl --silent http://127.0.0.1:9870/metrics | grep '^siaga_probes_total{.*gate.*inconclusive.*} 1$'
}

say "A room that is ready"
expect "the server's directory is made" siaga-probe-server init --dir /tmp/srv --name 127.0.0.1
start_server
expect "the room is enrolled" enroll
NO_COLOR=1 siaga-agent run --config /tmp/agent.toml >/run/bench/agent.log 2>&1 &
wait_until 60 "the room is ready" asked '.verdict == "ready"'
wait_until 10 "the server hears it" is_linked

say "It sleeps in the middle of a probe, and its server forgets it meanwhile"
expect "a probe is asked for" \
    curl --silent --fail --request POST --unix-socket /tmp/state/agent.sock http://localhost/v1/probe
between_tries=0 wait_until 60 "it runs" a_probe_runs
kill -KILL $server
expect "the machine wakes" sleep_for_ten_seconds
expect "and nothing that was known of its link counts" asked \
    '.verdict == "unknown" and all(.checks[] | select(.code | test("^NET_(SERVER|UP|DOWN)$")); .state == "unknown")'
expect "because it slept" grep -q 'no longer counts cause=Resumed' /run/bench/agent.log
expect "the gate is closed" gate_is_closed
wait_until 10 "the probe ended without a verdict" probes_without_verdict
start_server
wait_until 30 "the server hears it again" is_linked
wait_until 60 "the room is ready again" asked '.verdict == "ready"'
