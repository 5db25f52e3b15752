# shellcheck shell=sh
# The words that scenarios are written in.

# say TEXT: a story begins, and the one before it has ended well.
say() {
    end_story
    story=$* began=$(now)
    echo "== $story"
}

# The line that stands for the story in the summary, with its time by the machine's own clock.
end_story() {
    [ -z "${story:-}" ] || awk -v began="$began" -v now="$(now)" -v story="$story" \
        'BEGIN { printf "ok      %s, %.1f s\n", story, now - began }'
    story=
}

# Seconds since the machine was started.
now() {
    cut -d ' ' -f 1 /proc/uptime
}

# takes_at_most SECONDS "what must be so" COMMAND…: it succeeds within this time; says how long it took.
takes_at_most() {
    most=$1 what=$2 start=$(now)
    shift 2
    expect "$what" "$@"
    awk -v start="$start" -v now="$(now)" -v most="$most" \
        'BEGIN { printf "   took %.1f s\n", now - start; exit now - start > most }' || fail "$what within $most s"
}

# expect "what must be so" COMMAND…: the command must succeed; if not, its output is shown and the scenario fails.
expect() {
    expect_status 0 "$@"
}

# expect_status N[,N…] "what must be so" COMMAND…: the command must end with one of these exit codes.
expect_status() {
    wanted=$1 what=$2 status=0
    shift 2
    "$@" >/tmp/expect.log 2>&1 || status=$?
    case ,$wanted, in
    *,$status,*) echo "   ok: $what" ;;
    *)
        cat /tmp/expect.log
        fail "$what ('$*' ended with $status, not $wanted)"
        ;;
    esac
}

# expect_json FILE "what must be so" FILTER: the jq filter must answer true (or anything but false and null).
expect_json() {
    if jq --exit-status "$3" "$1" >/dev/null; then
        echo "   ok: $2"
    else
        cat "$1"
        fail "$2 (in $1: $3)"
    fi
}

# From here on time passes at once while nobody does anything: for scenarios that wait more than they do, and have read from the
# host what they need.
skip_idle_time() {
    pkill -x md5sum
}

# As it was at the start: for what reads from the host while somebody else waits for an answer.
spend_idle_time() {
    chrt --idle 0 md5sum /dev/zero &
}

# wait_until SECONDS "what is awaited" COMMAND…: tries until the command succeeds, at most so long.
wait_until() {
    deadline=$(($(date +%s) + $1)) what=$2
    shift 2
    until "$@" >/tmp/wait.log 2>&1; do
        if [ "$(date +%s)" -ge "$deadline" ]; then
            cat /tmp/wait.log
            fail "still waiting: $what ('$*')"
        fi
        sleep "${between_tries:-0.2}"
    done
    echo "   ok: $what"
}

fail() {
    echo "   FAILED: $*"
    exit 1
}
