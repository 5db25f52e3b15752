# A meeting that begins while a probe runs: the probe ends at once and says why, and none is made into the meeting.
set -eu

cat >/tmp/agent.toml <<END
room = "bench"
profile = "bench"
state_dir = "/tmp/state"

[[servers]]
address = "127.0.0.1:4433"
ca = "/tmp/srv/ca.pem"

[network]
accept_internal_server = true
# After the first gate probe there are streams of four seconds, one after the other.
probe_interval = "1h"
quality_interval = "5s"

[devices]
accept_virtual = true
active_checks = false

[profiles.bench]
network = { up = "2M", down = "2M" }
microphone = {}
END

has_said() {
    grep --extended-regexp --quiet "$1" /run/bench/agent.log
}

no_probe_runs() {
    curl --silent http://127.0.0.1:9871/metrics | grep --quiet '^siaga_server_leases{purpose="routine"} 0$'
}

say "A room with a sound card, and a probe server"
expect "the binaries are read into memory" md5sum "$BIN_DIR/siaga-agent" "$BIN_DIR/siaga-probe-server"
expect "the sound card is plugged in" modprobe snd-aloop
expect "the server's directory is made" siaga-probe-server init --dir /tmp/srv --name 127.0.0.1
NO_COLOR=1 siaga-probe-server run --dir /tmp/srv --listen 127.0.0.1:4433 --open >/run/bench/server.log 2>&1 &
wait_until 20 "it answers" curl --silent --fail http://127.0.0.1:9871/health

say "Somebody begins to record in the middle of the next stream"
# By python and alsa-lib, which are there anyway. It is ready before and only waits for its moment.
python3 - <<'END' >>/run/bench/recorder.log 2>&1 &
import ctypes, pathlib, time

def lines(name):
    path = pathlib.Path("/run/bench", name)
    return path.read_text().splitlines() if path.exists() else []

def grants():
    return sum("probe granted" in line and "mode=quality" in line for line in lines("server.log"))

alsa = ctypes.CDLL("libasound.so.2")
pcm = ctypes.c_void_p()
while not any("mode=gate" in line and "verdict=pass" in line for line in lines("agent.log")):
    time.sleep(0.05)
known = grants()
while grants() == known:
    time.sleep(0.05)
assert alsa.snd_pcm_open(ctypes.byref(pcm), b"hw:CARD=Loopback,DEV=0", 1, 0) == 0
assert alsa.snd_pcm_set_params(pcm, 2, 3, 2, 48000, 0, 500000) == 0
time.sleep(1000)
END
recorder=$!
NO_COLOR=1 siaga-agent run --config /tmp/agent.toml >>/run/bench/agent.log 2>&1 &
daemon=$!
wait_until 60 "the gate has passed" has_said 'mode=gate .*verdict=pass'
wait_until 30 "a probe was ended for the meeting" has_said ' probed mode=quality .*verdict=inconclusive .*reason=MEETING_ON'
expect "the card is in use" grep --quiet RUNNING\\\|PREPARED /proc/asound/Loopback/pcm0c/sub0/status
wait_until 5 "the server knows that it is over" no_probe_runs
expect "what it cost until then is counted" \
    sh -c "curl --silent http://127.0.0.1:9870/metrics | grep 'siaga_probes_total.*quality.*inconclusive.* [1-9]'"

say "No other one is made into the meeting"
wait_until 100 "the next one is put off" has_said 'mode=quality reason=MEETING_ON'
kill $recorder
kill $daemon
wait $daemon
echo "   ok: the daemon ended by SIGTERM"
