# shellcheck shell=sh
# The words that scenarios are written in.

# say TEXT: a step of the story.
say() {
    echo "== $*"
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

# wait_until SECONDS "what is awaited" COMMAND…: tries until the command succeeds, at most so long.
wait_until() {
    deadline=$(($(date +%s) + $1)) what=$2
    shift 2
    until "$@" >/tmp/wait.log 2>&1; do
        if [ "$(date +%s)" -ge "$deadline" ]; then
            cat /tmp/wait.log
            fail "still waiting: $what ('$*')"
        fi
        sleep 0.2
    done
    echo "   ok: $what"
}

fail() {
    echo "   FAILED: $*"
    exit 1
}
