# What a person does here, one line each. `just` alone lists it.

_default:
    @just --list --unsorted

# Check the reference server, or TARGET: a folder or a URL, with any options of `conformance check`
check *TARGET:
    cargo run --release --quiet -p conformance -- check {{ TARGET }}

# Check what runs at a URL, e.g. just check-url http://127.0.0.1:5000 --mode session_auth --user EMAIL:PASSWORD
check-url URL *OPTIONS:
    cargo run --release --quiet -p conformance -- check {{ URL }} {{ OPTIONS }}

# Run every test
test *ARGUMENTS:
    cargo test --workspace {{ ARGUMENTS }}

# Kill the server KILLS times, cut the power CUTS times, fail its disk, damage its files: is anything lost?
crash KILLS="2000" CUTS="100":
    CRASH_KILLS={{ KILLS }} CRASH_CUTS={{ CUTS }} cargo test --release --quiet -p server --test crash

# Accept the transcripts of the reference server anew, and show what changed; compare with the documents by eye
review:
    # --workspace uses what `just test` has built; -p conformance would build with other features.
    INSTA_UPDATE=always cargo test --quiet --workspace --test scenarios -- --quiet reference::
    INSTA_UPDATE=always cargo test --quiet --workspace --test hardened -- accepted::
    INSTA_UPDATE=always cargo test --quiet --workspace --test it -- answers_is_what_is_accepted
    git add --intent-to-add scenarios/snapshots
    @if git diff --quiet -- scenarios/snapshots; then echo "Nothing changed."; else \
        git --no-pager diff --stat -- scenarios/snapshots; \
        echo "Read the difference before you commit it: git diff scenarios/snapshots"; fi

# Write anew what each fault shows, by which a check says what an implementation behaves like
patterns:
    cargo run --release --quiet -p conformance -- faults --patterns scenarios/faults.txt
    git --no-pager diff --stat -- scenarios/faults.txt

# Show where the time of a check goes: the reference, the server and our Flask project, or each FOLDER
bench-check *FOLDER:
    cargo bench --quiet -p conformance --bench check -- {{ FOLDER }}

# Show what requests cost beside bare hyper and axum, all tables or e.g. `just bench --quick cookie basic`
bench *TABLES:
    cargo bench --quiet -p server --features peers --bench requests -- {{ TABLES }}

# Show what durable logins cost beside the disk, bare hyper with a log, and axum; --quick measures less
bench-durable *OPTIONS:
    cargo bench --quiet -p server --features peers --bench durable -- {{ OPTIONS }}

# Show what one, two and four servers on one Redis do, beside the embedded store and the Redis alone
bench-redis *OPTIONS:
    cargo bench --quiet -p server --features peers --bench redis -- {{ OPTIONS }}

# Search: random walks on the reference server, then every parser for SECONDS
fuzz SECONDS="30": walks (fuzz-parsers SECONDS)

# Play random walks against the reference server, or TARGET, with any options of `conformance fuzz`
walks *TARGET:
    cargo run --release --quiet -p conformance -- fuzz {{ TARGET }}

# Search with libFuzzer, for SECONDS each, for what a parser of ours cannot read rightly; keeps it as a test
fuzz-parsers SECONDS="60":
    fuzz/run {{ SECONDS }}

# Play everything against every wrong server, and show what finds which
faults *OPTIONS:
    cargo run --release --quiet -p conformance -- faults {{ OPTIONS }}

# Change the judge and the server in every small way, and see that a test fails; two hours, or `just mutants changed`
mutants *PART:
    .ci/mutants {{ PART }}

# Serve the reference server, e.g. AUTH_TYPE=session_auth just serve
serve:
    cargo run --release --quiet -p server

# Hold the server to server/openapi.yaml; needs `pip install -r .ci/requirements.txt`
openapi:
    cargo build --release --quiet -p server
    .ci/openapi

# Show which steps check each requirement, and what is missing
coverage:
    cargo run --release --quiet -p conformance -- coverage

# Make the picture of the README anew; needs python3 with Flask, and Chromium
picture:
    docs/report

# Format, and let clippy complain
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy -p server --all-targets --no-default-features -- -D warnings
    cargo clippy -p server --benches --features peers -- -D warnings
