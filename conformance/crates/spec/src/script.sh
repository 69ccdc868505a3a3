#
# What the script cannot do (user, restart, kill_server, serve, main_0 to main_4, require_auth, program,
# wait_for_program) it asks a person to do. To have it done, define the function in a file that the variable BASH_ENV names:
#     user() { USER=$(my-tool add "$1" "$2"); }
# sleep can be defined as well, to move the server's clock instead of waiting.
#
# authenticate does what the server's mode asks for. It takes the mode from the variable AUTH_TYPE, or asks for it:
#     AUTH_TYPE=session_auth bash NAME.sh
#
# It ends with 3 where nobody answers at the URL. Steps are printed as they are written, so:
# shellcheck disable=SC2016

URL=${1:-${URL:-http://127.0.0.1:5000}}
URL=${URL%/}
files=$(mktemp -d) || exit 3
trap 'rm -rf "$files"' EXIT
: > "$files/head"
: > "$files/body"

# Ends the script where nobody answers at the URL.
reach() {
    curl -q --silent --noproxy '*' --max-time 30 -o "$files/body" "$URL/"
    local ended=$?
    : > "$files/body"
    case $ended in
        2 | 3 | 5 | 6 | 7 | 28 | 127)
            echo "nobody answers at $URL (curl ends with $ended):" \
                "start the server there, or say where it is: bash $0 http://HOST:PORT" >&2
            exit 3
            ;;
    esac
}

# Ends the script where no Redis server answers at the URL.
reach_redis() {
    local said ended
    said=$(redis-cli -u "$URL" ping 2>&1)
    ended=$?
    if [ "$ended" -ne 0 ]; then
        echo "nobody answers at $URL (redis-cli ends with $ended: $said):" \
            "start the server there, or say where it is: bash $0 redis://HOST:PORT" >&2
        exit 3
    fi
}

# Prints a step as the transcript does.
step() {
    printf '$ %s\n' "$1"
}

# Runs curl without a person's own settings: `run NAME curl …` keeps the header and the body in files.
run() {
    local name=$1
    shift 2
    : > "$files/$name.head"
    : > "$files/$name.body"
    curl -q --silent --noproxy '*' --max-time 30 -D "$files/$name.head" -o "$files/$name.body" "$@"
}

# Prints the status line of the last answer in a header, as "200 OK".
status() {
    tr -d '\r' < "$1" | sed -n 's|^HTTP/[0-9.]* \([0-9][0-9][0-9]\)|\1|p' | tail -n 1
}

# Prints the fields of the last answer's header that have this name.
fields() {
    tr -d '\r' < "$files/head" | grep -i "^$1:" | sed "s/^[^:]*: */$1: /"
}

# Sends a request and prints what its step shows of the answer: `ask HOW-MUCH curl …`.
ask() {
    local show=$1 line failed
    shift
    run answer "$@"
    failed=$?
    mv "$files/answer.head" "$files/head"
    mv "$files/answer.body" "$files/body"
    line=$(status "$files/head")
    if [ -z "$line" ]; then
        echo "no answer (curl ends with $failed)"
        return
    fi
    case $show:$line in
        2xx:2*) echo 2xx ;;
        not-2xx:[!2]*) echo 'not 2xx' ;;
        refused:401*|refused:403*) echo 'refused' ;;
        below-500:[1-4]*) echo 'below 500' ;;
        status:*) echo "$line" ;;
        exact:*)
            echo "$line"
            fields allow
            fields content-type
            fields set-cookie
            fields access-control-allow-origin
            fields content-length
            body
            ;;
        *)
            echo "$line"
            fields set-cookie
            case $line in 3*) fields location ;; esac
            case $line in 405*) ;; *) body ;; esac
            ;;
    esac
}

# Prints the last body, which may lack its final newline.
body() {
    if [ "$(head -c 5 "$files/body")" = HTTP/ ]; then
        return # curl --head writes the header here once more.
    fi
    cat "$files/body"
    if [ -s "$files/body" ] && [ -n "$(tail -c 1 "$files/body")" ]; then
        echo
    fi
}

# Sends the same request many times at once and counts the outcomes: `at_once HOW-MUCH COUNT curl …`.
at_once() {
    local show=$1 count=$2 number good=0 bad=0 silent=0 cookies
    shift 2
    for ((number = 0; number < count; number++)); do
        run "$number" "$@" &
    done
    wait
    for ((number = 0; number < count; number++)); do
        case $(status "$files/$number.head") in
            '') silent=$((silent + 1)) ;;
            2*) good=$((good + 1)) ;;
            *) bad=$((bad + 1)) ;;
        esac
    done
    if [ "$show" = 2xx ] && [ "$good" -gt 0 ]; then
        echo 2xx
    else
        [ "$good" -eq 0 ] || echo "$good × 2xx"
        [ "$bad" -eq 0 ] || echo "$bad × not 2xx"
        [ "$silent" -eq 0 ] || echo "$silent × no answer"
    fi
    cookies=$(cat "$files"/[0-9]*.head | grep -i '^set-cookie: ' | sort -u | grep -c .)
    [ "$cookies" -eq 0 ] || echo "set-cookie: $cookies different ones"
    rm -f "$files"/[0-9]*
}

# Asks a Redis server what stands after its address, and prints the reply as a terminal shows it.
redis() {
    redis-cli -u "$1" --no-raw "${@:2}" 2>&1
}

# Sets CREDENTIAL to the header by which the mode lets a user in: `authenticate EMAIL PASSWORD COOKIE-NAME`.
# Not every script needs it:
# shellcheck disable=SC2034
authenticate() {
    local said id
    [ -n "${AUTH_TYPE+set}" ] || value AUTH_TYPE 'The mode of the server (its AUTH_TYPE; nothing for off)'
    CREDENTIAL=
    case $AUTH_TYPE in
        basic_auth) CREDENTIAL="Authorization: Basic $(printf %s "$1:$2" | base64 | tr -d '\n')" ;;
        session_*)
            said=$(ask 2xx curl "$URL/api/v1/auth_session/login" -X POST \
                --data-urlencode "email=$1" --data-urlencode "password=$2")
            if [ "$said" != 2xx ]; then
                echo "$said"
                return
            fi
            id=$(fields set-cookie | grep -F "set-cookie: $3=" | tail -n 1)
            id=${id#"set-cookie: $3="}
            id=${id%%;*}
            kept "$id" CREDENTIAL
            CREDENTIAL="Cookie: $3=$id"
            ;;
    esac
}

# Prints the last answer as `curl -i` does.
answer() {
    cat "$files/head" "$files/body"
}

# Says so where there was nothing to keep.
kept() {
    [ -n "$1" ] || echo "nothing to keep as $2 in the last answer"
}

# Tells a person what to do and waits for Enter.
by_hand() {
    echo "$1, then press Enter" >&2
    read -r || exit 3
}

# Asks a person for a value; `value NAME WHAT` sets NAME.
value() {
    echo "$2:" >&2
    read -r "$1" || exit 3
}

# Defines a function unless whoever runs the script has done so.
default() {
    declare -F "$1" > /dev/null || eval "$1() { $2; }"
}

default user 'by_hand "Store a user with the email $1 and the password $2"; value USER "Its id"'
default restart 'by_hand "Stop the server and start it again on the same data"'
default kill_server 'by_hand "Kill the server (kill -9) and start it again on the same data"'
default serve 'by_hand "Start the server again on the same data with $*"'
default main_0 'by_hand "Stop the server, run main_0, start it again"; value USER "The id after New user"; value BASIC "The text after Basic Base64"'
default main_1 'by_hand "Run main_1 and compare what it prints"'
default main_2 'by_hand "Run main_2 and compare what it prints"'
default main_3 'by_hand "Stop the server and run main_3 at $URL in its place"'
default main_4 'by_hand "Stop the server and run main_4 at $URL in its place"; value USER "The user id that it prints"; value SESSION "The Session ID that it prints"'
default program 'by_hand "Run $1 against $2 (a subscriber beside all that follows) and compare what it prints"'
default wait_for_program 'by_hand "Compare what the program beside has printed since, and that it has ended"'
default require_auth 'by_hand "Ask require_auth of ${*:2}, where [\"$1\"] is excluded, and compare"'
